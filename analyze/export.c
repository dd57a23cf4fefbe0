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

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyze/escape.h"
#include "analyze/file_kind.h"
#include "analyze/frame.h"
#include "analyze/input.h"
#include "analyze/interfaces.h"
#include "analyze/inventory_label.h"
#include "analyze/inventory_life.h"
#include "analyze/message.h"
#include "analyze/origin.h"
#include "analyze/output.h"
#include "analyze/pcapng.h"
#include "analyze/seen.h"
#include "analyze/skb.h"
#include "analyze/export_cache.h"

/* Unknown, in, out. */
#define WAYS 3

struct exporter {
    const struct export_options *wanted;
    struct input *in;
    struct origins origins;
    struct interfaces interfaces;
    struct export_cache cache;
    uint32_t ways[WAYS]; /* a probe by which packets pass in that direction, or NST_NONE */
    bool several_probes; /* or perhaps: a packet can be seen by more than one in a direction */
    struct seen seen;
    struct stream *out;
    uint32_t snaplen;
    uint64_t lost;     /* events, since the last packet that was written */
    uint64_t left_out; /* events of buffers whose packet the recorder could not find */
    uint8_t frame[FRAME_MAX];
};

static_assert(EXPORT_COMMENT_MAX <= PCAPNG_TEXT_MAX, "a comment fits");

static int no_memory(void)
{
    return message_error(NULL, "no memory for the export");
}

/* It goes out without an Ethernet header. */
static bool is_raw(const struct exporter *x, const struct nst_event *event)
{
    return x->wanted->raw_ip && event->flags & NST_EVENT_L3;
}

/* As it is at a moment, and how long: then its namespace may have another name. */
static void find_interface(struct exporter *x, const struct input_event *e, uint64_t ts_ns,
                           struct export_interface *interface)
{
    const struct inventory *inv = input_known(x->in, e->file->index);
    const struct nst_block *block = e->block;
    uint32_t netns = e->event->netns;
    struct interface_key key = {
        .host = x->origins.list[x->origins.of_file[e->file->index]].host,
        .linktype = is_raw(x, e->event) ? PCAPNG_LINKTYPE_RAW : PCAPNG_LINKTYPE_ETHERNET,
        .device = "",
    };
    const char *name = NULL;

    *interface = (struct export_interface){.until_ns = UINT64_MAX};
    if (e->event->device != NST_NONE) {
        const struct nst_device *device = &block->devices[e->event->device];

        key.has_device = true;
        key.ifindex = device->ifindex;
        key.device = device->name;
        netns = device->netns;
    }
    if (netns != NST_NONE) {
        key.has_netns = true;
        key.netns = block->netns[netns];
        key.life_ns = inventory_life_key(inv, &key.netns, ts_ns);
        name = inventory_label(inv, &key.netns, ts_ns);
        inventory_steady(inv, &key.netns, ts_ns, &interface->from_ns, &interface->until_ns);
    }
    interface->number = interfaces_number(&x->interfaces, &key, name);
}

/* Number NST_NONE: no memory. */
static const struct export_interface *interface_of(struct exporter *x,
                                                   const struct export_block *cached,
                                                   const struct input_event *e, uint64_t ts_ns)
{
    struct export_interface *interface =
        export_block_interface(cached, e->event, is_raw(x, e->event));

    if (ts_ns < interface->from_ns || ts_ns > interface->until_ns)
        find_interface(x, e, ts_ns, interface);
    return interface;
}

/* Of an event, or of a site of the block, which stands for its events between two moments: whenever
 * who its namespace is has changed. */
static int collect_interfaces(struct exporter *x, const struct export_block *cached,
                              const struct input_event *e, uint64_t first_ts_ns,
                              uint64_t last_ts_ns)
{
    const struct export_interface *interface;
    uint64_t ts_ns = first_ts_ns;

    for (;;) {
        interface = interface_of(x, cached, e, ts_ns);
        if (interface->number == NST_NONE)
            return no_memory();
        if (interface->until_ns < ts_ns || interface->until_ns >= last_ts_ns)
            return STATUS_OK;
        ts_ns = interface->until_ns + 1;
    }
}

static void collect_way(struct exporter *x, const struct export_block *cached,
                        const struct nst_event *event)
{
    const struct export_probe *probe = &cached->probes[event->probe];
    uint32_t *way = &x->ways[probe->direction];

    if (event->drop_reason != NST_NONE)
        return;
    if (*way != NST_NONE && *way != probe->number)
        x->several_probes = true;
    *way = probe->number;
}

static int collect_event(struct exporter *x, const struct export_block *cached,
                         struct input_event *e, const struct nst_event *event, uint64_t first_ts_ns,
                         uint64_t last_ts_ns)
{
    e->event = event;
    collect_way(x, cached, event);
    return collect_interfaces(x, cached, e, first_ts_ns, last_ts_ns);
}

static int collect_block(struct exporter *x, const struct input_block *b)
{
    const struct nst_block *block = b->block;
    struct input_event e = {.block = block, .file = b->file};
    int status = STATUS_OK;
    struct export_block *cached;
    bool fresh;

    cached = export_cache_get(&x->cache, b->file, block, &fresh);
    if (!cached)
        return no_memory();
    for (uint32_t i = 0; !block->events && i < block->sites_count && status == STATUS_OK; i++)
        status = collect_event(x, cached, &e, &block->sites[i], block->info.first_ts_ns,
                               block->info.last_ts_ns);
    for (uint32_t i = 0; i < b->count && status == STATUS_OK; i++) {
        const struct nst_event *event = &block->events[b->events[i]];

        status = collect_event(x, cached, &e, event, event->ts_ns, event->ts_ns);
    }
    return status;
}

/* Learns which interfaces there will be, and whether probes overlap. */
static int collect(struct exporter *x)
{
    /* What is asked of single events needs single events. */
    unsigned load = filter_is_set(x->wanted->filter) ? NST_LOAD_META : NST_LOAD_SITES;
    struct input_block block;
    int status = STATUS_OK;

    if (!input_restart(x->in, load))
        return STATUS_FAILED;
    for (unsigned i = 0; i < WAYS; i++)
        x->ways[i] = NST_NONE;
    while (status == STATUS_OK && input_next_block(x->in, &block))
        status = collect_block(x, &block);
    x->several_probes |= x->ways[PCAPNG_DIRECTION_UNKNOWN] != NST_NONE;
    export_cache_free(&x->cache);
    if (!input_restart(x->in, NST_LOAD_PACKETS))
        return STATUS_FAILED;
    return status;
}

static void make_frame(struct exporter *x, const struct nst_event *event, struct pcapng_packet *out)
{
    bool raw = is_raw(x, event);
    struct frame frame;

    if (frame_get(event, raw ? FRAME_ANY : FRAME_ETHERNET, x->frame, &frame)) {
        out->data = frame.data;
        out->caplen = frame.caplen < x->snaplen ? frame.caplen : x->snaplen;
        out->len = frame.len > frame.caplen ? frame.len : frame.caplen;
    } else {
        /* Recorded without bytes: that it passed, and when and where, is still worth a line. */
        out->len = event->len_bytes;
        if (event->flags & NST_EVENT_L3 && !raw)
            out->len += FRAME_ETHERNET_BYTES;
    }
}

/* Each packet once a (device, direction), each drop always. */
static bool is_wanted(struct exporter *x, const struct export_block *cached,
                      const struct input_event *e, uint32_t interface)
{
    const struct nst_event *event = e->event;
    const struct export_probe *probe = &cached->probes[event->probe];
    struct seen_where where = {
        .origin = x->origins.of_file[e->file->index],
        .interface = interface,
        .direction = probe->direction,
        .probe = probe->number,
    };

    if (x->wanted->all_events || event->drop_reason != NST_NONE)
        return true;
    /* LOOPBACK_IFINDEX: the kernel gives it to every namespace's loopback device and to no
     * other. */
    where.loopback = event->device != NST_NONE && e->block->devices[event->device].ifindex == 1;
    if (!where.loopback && !x->several_probes)
        return true;
    return seen_counts(&x->seen, event->journey_id, &where);
}

static uint32_t offload_of(const struct nst_skb *skb)
{
    uint32_t flags = skb_is_tcp_gso(skb) ? PCAPNG_TCP_OFFLOADED : 0;

    if (skb->ip_summed == NST_CSUM_PARTIAL)
        flags |= PCAPNG_CHECKSUM_NOT_READY;
    if (skb->ip_summed == NST_CSUM_UNNECESSARY)
        flags |= PCAPNG_CHECKSUM_VALID;
    return flags;
}

static int write_event(struct exporter *x, struct export_block *cached, const struct input_event *e)
{
    const struct nst_event *event = e->event;
    struct pcapng_packet packet = {.time_ns = e->time_ns, .id = event->journey_id};
    char *comment;

    packet.interface = interface_of(x, cached, e, event->ts_ns)->number;
    if (packet.interface == NST_NONE ||
        (!export_has_words(cached, event) && !export_make_words(cached, x->in, event)))
        return no_memory();
    if (!is_wanted(x, cached, e, packet.interface))
        return STATUS_OK;
    /* To who reads pcapng a packet of no length is a malformed one. */
    if (!event->len_bytes && !x->wanted->all_events) {
        x->left_out++;
        return STATUS_OK;
    }
    make_frame(x, event, &packet);
    packet.direction = cached->probes[event->probe].direction;
    packet.offload = event->state ? offload_of(event->state) : 0;
    packet.dropped = x->lost;
    x->lost = 0;
    comment = pcapng_packet(x->out, &packet);
    pcapng_comment(x->out, comment,
                   export_comment(cached, event, is_raw(x, event) && event->vlan_proto, comment));
    interfaces_count(&x->interfaces, packet.interface, e->time_ns);
    return STATUS_OK;
}

static int write_run(struct exporter *x, const struct input_run *run)
{
    int status = STATUS_OK;
    struct export_block *cached;
    bool fresh;

    cached = export_cache_get(&x->cache, run->file, run->block, &fresh);
    if (!cached)
        return no_memory();
    if (fresh)
        x->lost += origin_lost(&x->origins.list[x->origins.of_file[run->file->index]],
                               run->block->info.lost);
    for (uint32_t i = 0; i < run->count && status == STATUS_OK; i++) {
        struct input_event event = input_run_event(run, i);

        status = write_event(x, cached, &event);
    }
    return status;
}

static int write_events(struct exporter *x)
{
    struct input_run run;
    int status = STATUS_OK;

    while (status == STATUS_OK && !stream_error(x->out) && input_next_run(x->in, &run))
        status = write_run(x, &run);
    return status;
}

/* Of what was lost nobody knows the device: the interface without one has it. Of the first one's
 * link type, because tcpdump refuses files of several. NST_NONE: no memory. */
static uint32_t lost_interface(struct exporter *x, unsigned host)
{
    const struct interfaces *set = &x->interfaces;
    struct interface_key key = {
        .host = host,
        .linktype = set->count ? set->list[0].key.linktype : PCAPNG_LINKTYPE_ETHERNET,
        .device = "",
    };

    return interfaces_number(&x->interfaces, &key, NULL);
}

/* Before interfaces are described: it is only known that something was lost. */
static bool number_lost(struct exporter *x)
{
    for (unsigned i = 0; i < input_files_count(x->in); i++)
        if (input_totals(x->in, i)->lost &&
            lost_interface(x, x->origins.list[x->origins.of_file[i]].host) == NST_NONE)
            return false;
    return true;
}

/* After the last packet: also what was lost behind it. */
static void count_lost(struct exporter *x)
{
    for (unsigned i = 0; i < input_files_count(x->in); i++) {
        const struct input_totals *totals = input_totals(x->in, i);
        struct origin *origin = &x->origins.list[x->origins.of_file[i]];

        origin_lost(origin, totals->lost);
        if (origin->lost_here)
            interfaces_dropped(&x->interfaces, lost_interface(x, origin->host), origin->lost_here,
                               totals->first_time_ns, totals->last_time_ns);
        origin->lost_here = 0;
    }
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

/* Its texts go to terminals: programs that read the file print them as they are. */
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
    if (!write_section(x) || !number_lost(x))
        return no_memory();
    /* tcpdump and editcap refuse a file without an interface, even if it has no packet. */
    if (!x->interfaces.count)
        interfaces_number(&x->interfaces,
                          &(struct interface_key){
                              .linktype = PCAPNG_LINKTYPE_ETHERNET,
                              .device = "",
                          },
                          NULL);
    if (!interfaces_describe(&x->interfaces, x->out, x->snaplen, x->origins.hosts,
                             x->origins.hosts_count))
        return no_memory();
    return STATUS_OK;
}

/* Packets first into a file without a name, then after the interfaces that they turned out to
 * have. */
static int write_by_way_of_scratch(struct exporter *x, int fd)
{
    int scratch = output_scratch();
    int status;

    if (scratch < 0)
        return STATUS_FAILED;
    stream_redirect(x->out, scratch);
    x->several_probes = true;
    status = write_events(x);
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
    int status = collect(x);

    if (status == STATUS_OK)
        status = write_head(x);
    return status == STATUS_OK ? write_events(x) : status;
}

static int write_all(struct exporter *x, const struct output *output)
{
    int status, error;

    x->snaplen = longest_frame(x->in);
    x->out = stream_new(output->fd);
    if (!x->out || !origins_learn(&x->origins, x->in) ||
        (!x->wanted->all_events && !seen_init(&x->seen)))
        return no_memory();
    status = input_can_restart(x->in) ? write_directly(x) : write_by_way_of_scratch(x, output->fd);
    if (status != STATUS_OK)
        return status;
    count_lost(x);
    interfaces_statistics(&x->interfaces, x->out);
    error = stream_flush(x->out);
    /* Who reads from the pipe may have seen enough, whatever name it was given by. */
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

/* A recording cannot be had back; nor can a database without all of its captures. */
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
        seen_free(&x->seen);
        stream_free(x->out);
        interfaces_free(&x->interfaces);
        free(x);
    } else {
        status = no_memory();
    }
    if (status == STATUS_FAILED)
        output_abort(&output);
    else if (output_commit(&output) != STATUS_OK)
        status = STATUS_FAILED;
    return status;
}
