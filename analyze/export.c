/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * pcapng for Wireshark and all that read it.
 *
 * Every interface must be described before the first packet, because tools stop or lie
 * otherwise. So the files are read twice, the first time only in outlines; where that
 * cannot be, because one of them is a pipe, the packets wait in a file without a name.
 */
#include "config.h"

#include "analyze/export.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyze/escape.h"
#include "analyze/export_internal.h"
#include "analyze/file_kind.h"
#include "analyze/message.h"
#include "analyze/output.h"
#include "analyze/stream.h"

int export_no_memory(void)
{
    return message_error(NULL, "no memory for the export");
}

/* The longest that a packet of the files can be, with what may be put in front of it. */
static uint32_t longest_frame(const struct input *in)
{
    uint32_t snaplen = 0;

    for (unsigned i = 0; i < input_files_count(in); i++) {
        uint32_t here = input_file(in, i)->info->snaplen;

        if (here == 0 || here > NST_MAX_SNAPLEN)
            return FRAME_MAX;
        snaplen = here > snaplen ? here : snaplen;
    }
    return snaplen + FRAME_ETHERNET_BYTES + FRAME_VLAN_BYTES;
}

/* The texts are escaped here: programs that read the file print them to terminals as they are. */
static bool write_section(struct exporter *x)
{
    const struct nst_file_info *info = input_file(x->in, 0)->info;
    bool one_host = x->origins.hosts_count == 1;
    char *machine = escape_text_copy(info->machine ? info->machine : "");
    char *release = escape_text_copy(info->kernel_release ? info->kernel_release : "");
    char *version = escape_text_copy(info->kernel_version ? info->kernel_version : "");
    char *writer = escape_text_copy(info->writer ? info->writer : "an unknown program");
    bool ok = machine && release && version && writer;
    char os[512], application[512];

    if (ok) {
        snprintf(os, sizeof(os), "Linux %s %s", release, version);
        snprintf(application, sizeof(application), "nstrail %s (recorded by %s)", NSTRAIL_VERSION,
                 writer);
        pcapng_section(x->out, &(struct pcapng_section){
                                   .hardware = one_host && *machine ? machine : NULL,
                                   .os = one_host && *release ? os : NULL,
                                   .application = application,
                               });
    }
    free(machine);
    free(release);
    free(version);
    free(writer);
    return ok;
}

/* Section and interfaces. */
static int write_head(struct exporter *x)
{
    const struct interface_key none = {.linktype = PCAPNG_LINKTYPE_ETHERNET, .device = ""};

    if (!write_section(x) || !export_make_lost_interfaces(x))
        return export_no_memory();
    /* tcpdump and editcap refuse a file without an interface, even if it has no packet. */
    if (!x->interfaces.count && interfaces_number(&x->interfaces, &none, NULL) == NST_NONE)
        return export_no_memory();
    if (!interfaces_describe(&x->interfaces, x->out, x->snaplen, x->origins.hosts,
                             x->origins.hosts_count))
        return export_no_memory();
    return STATUS_OK;
}

/* Packets go into a file without a name; then the interfaces that they turned out to have are
 * written, and the packets copied behind them. */
static int write_by_way_of_scratch(struct exporter *x, int fd)
{
    int scratch = output_scratch();
    int status;

    if (scratch < 0)
        return STATUS_FAILED;
    stream_redirect(x->out, scratch);
    x->several_probes = true;
    status = export_events(x);
    if (stream_flush(x->out))
        status = message_error("temporary file", "%s", strerror(stream_error(x->out)));
    stream_redirect(x->out, fd);
    if (status == STATUS_OK)
        status = write_head(x);
    if (status == STATUS_OK)
        stream_copy(x->out, scratch);
    close(scratch);
    return status;
}

static int write_directly(struct exporter *x)
{
    int status = export_collect(x);

    if (status == STATUS_OK)
        status = write_head(x);
    return status == STATUS_OK ? export_events(x) : status;
}

static int write_all(struct exporter *x, const struct output *output)
{
    int status, error;

    x->snaplen = longest_frame(x->in);
    x->out = stream_new(output->fd);
    if (!x->out || !origins_learn(&x->origins, x->in) ||
        (!x->wanted->all_events && !dedup_init(&x->dedup)))
        return export_no_memory();
    status = input_can_restart(x->in) ? write_directly(x) : write_by_way_of_scratch(x, output->fd);
    if (status != STATUS_OK)
        return status;
    export_count_lost(x);
    interfaces_statistics(&x->interfaces, x->out);
    error = stream_flush(x->out);
    /* A reader of the pipe that has seen enough is no failure. The output may be a pipe by name. */
    if (error && error != EPIPE)
        return message_error(output->path, "%s", strerror(error));
    if (x->left_out)
        message_warn(output->path,
                     "%" PRIu64 " event%s had no packet to be found in the buffer; --all-events has "
                     "them, with no bytes",
                     x->left_out, MESSAGE_PLURAL(x->left_out));
    return STATUS_OK;
}

static int refuse_own_input(const struct export_options *wanted)
{
    struct stat out, in;

    if (!strcmp(wanted->output, "-") || stat(wanted->output, &out) < 0 || !S_ISREG(out.st_mode))
        return STATUS_OK;
    for (int i = 0; i < wanted->paths_count; i++)
        if (stat(wanted->paths[i], &in) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
            return message_error(wanted->output, "is also to be read: it would be overwritten");
    return STATUS_OK;
}

/* A recording cannot be made again, nor a database without all of the captures that went into it.
 */
static int refuse_kept(const char *path)
{
    enum file_kind kind = strcmp(path, "-") ? file_kind(path) : FILE_KIND_OTHER;

    if (kind == FILE_KIND_OTHER)
        return STATUS_OK;
    return message_error(path, "is a %s itself: it is not overwritten; remove it first",
                         kind == FILE_KIND_CAPTURE ? "capture" : "database");
}

static int export_to(struct exporter *x, const struct output *output)
{
    const struct export_options *wanted = x->wanted;
    int status, read_status;

    status =
        input_open(&x->in, wanted->paths, wanted->paths_count, wanted->filter, NST_LOAD_PACKETS);
    if (status == STATUS_FAILED)
        return status;
    status = write_all(x, output);
    read_status = input_close(x->in);
    return status == STATUS_OK ? read_status : status;
}

int export_packets(const struct export_options *wanted)
{
    struct exporter *x;
    struct output output;
    int status;

    if (refuse_own_input(wanted) != STATUS_OK || refuse_kept(wanted->output) != STATUS_OK ||
        output_open(&output, wanted->output) != STATUS_OK)
        return STATUS_FAILED;
    x = calloc(1, sizeof(*x));
    if (x) {
        x->wanted = wanted;
        interfaces_init(&x->interfaces);
        status = export_to(x, &output);
        export_cache_free(&x->cache);
        origins_free(&x->origins);
        dedup_free(&x->dedup);
        stream_free(x->out);
        interfaces_free(&x->interfaces);
        free(x);
    } else {
        status = export_no_memory();
    }
    if (status == STATUS_FAILED)
        output_abort(&output);
    else if (output_commit(&output) != STATUS_OK)
        status = STATUS_FAILED;
    return status;
}
