/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/rotation.h"

#include <string.h>
#include <unistd.h>

#include "capture/clock.h"
#include "capture/message.h"
#include "capture/output.h"
#include "format/error.h"

/* After a new file could not be begun. */
#define RETRY_NS (1 * NS_PER_S)

bool rotation_expected(const struct rotation *r)
{
    const struct options *o = r->options;

    return o->file_bytes || o->period_ns || o->keep || o->disk_bytes;
}

static int open_first(struct rotation *r, const struct caller *caller, struct nst_error *err)
{
    const struct options *o = r->options;
    const struct files_options options = {
        .pattern = o->output,
        .series = rotation_expected(r),
        .keep = o->keep,
        .disk_bytes = o->disk_bytes,
    };
    int error;

    if (!o->output)
        return output_none(err);
    if (!strcmp(o->output, "-"))
        return output_stdout(err);
    error = files_new(&r->files, &options, caller, err);
    return error ? error : files_open(r->files, err);
}

int rotation_open(struct rotation *r, const struct options *options, const struct caller *caller,
                  struct nst_error *err)
{
    *r = (struct rotation){.options = options};
    r->fd = open_first(r, caller, err);
    r->waits = r->fd >= 0;
    return r->waits ? 0 : r->fd;
}

int rotation_begin(struct rotation *r, struct file_info *info, const struct nst_writer_hooks *hooks,
                   struct nst_writer **writer, int *fd, struct nst_error *err)
{
    struct nst_error writer_err = {0};
    int error = output_begin(r->fd);

    r->info = info;
    if (error)
        return nst_fail(err, error, "%s: %s", rotation_name(r), strerror(-error));
    if (r->files)
        files_begin(r->files, 0);
    r->began_ns = clock_now_ns();
    *fd = r->fd;
    r->waits = false;
    error = nst_writer_open_hooked(writer, *fd, &r->info->info, hooks, &writer_err);
    if (error)
        return nst_fail(err, error, "%s: %s", rotation_name(r), writer_err.text);
    return 0;
}

void rotation_free(struct rotation *r)
{
    if (r->waits) {
        close(r->fd);
        if (r->files)
            files_give_up(r->files);
    }
    files_free(r->files);
}

const char *rotation_name(const struct rotation *r)
{
    if (r->files)
        return files_name(r->files);
    return r->options->output ? "standard output" : "no file";
}

bool rotation_make_room(struct rotation *r)
{
    if (!r->files || !files_make_room(r->files))
        return false;
    if (!r->full_told)
        message_note("%s: the disk is full: the ring's oldest files go before their time",
                     rotation_name(r));
    r->full_told = true;
    return true;
}

static int begin_next(struct rotation *r, struct upkeep *upkeep, uint64_t now_ns,
                      struct nst_error *err)
{
    struct nst_writer_stats before;
    struct nst_error why = {0};
    int fd = files_open(r->files, err), error;

    if (fd < 0)
        return fd;
    file_info_renew(r->info);
    error = upkeep_rotate(upkeep, fd, &r->info->info, &before, &why);
    if (error) {
        nst_fail(err, error, "%s: %s", files_next_name(r->files), why.text);
        files_give_up(r->files);
        return error;
    }
    files_begin(r->files, before.file_bytes);
    if (!r->went_on)
        r->first_lost = before.lost;
    r->went_on = true;
    upkeep->output = files_name(r->files);
    r->began_ns = now_ns;
    return 0;
}

static bool is_due(const struct rotation *r, const struct nst_writer_stats *stats, bool asked,
                   uint64_t now_ns)
{
    const struct options *o = r->options;

    if (asked)
        return true;
    if (now_ns < r->retry_ns)
        return false;
    return r->asked || (o->file_bytes && stats->file_bytes >= o->file_bytes) ||
           (o->period_ns && now_ns - r->began_ns >= o->period_ns);
}

void rotation_run(struct rotation *r, struct upkeep *upkeep, bool asked, uint64_t now_ns)
{
    struct nst_writer_stats stats;
    struct nst_error err = {0};

    if (!r->files)
        return;
    nst_writer_stats(upkeep->writer, &stats);
    r->asked |= asked;
    if (!is_due(r, &stats, asked, now_ns)) {
        files_grown(r->files, stats.file_bytes);
        return;
    }
    if (begin_next(r, upkeep, now_ns, &err) == 0) {
        r->asked = r->told = false;
        return;
    }
    r->retry_ns = now_ns + RETRY_NS;
    if (!r->told || asked)
        message_note("%s; %s goes on", err.text, rotation_name(r));
    r->told = true;
}
