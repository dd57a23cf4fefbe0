/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/session.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/attach.h"
#include "capture/clock.h"
#include "capture/filters.h"
#include "capture/inventory/inventory.h"
#include "capture/live.h"
#include "capture/merge.h"
#include "capture/message.h"
#include "capture/record.h"
#include "capture/session_internal.h"
#include "capture/signals.h"
#include "capture/stacks.h"
#include "capture/summary.h"
#include "capture/symbols.h"

/* How long a program may take from reading the clock to finishing its record. */
#define HORIZON_NS (10 * NS_PER_MS)
/* The rings wake us when much waits; the rest is fetched so often. */
#define WAIT_MS 100

/* How long to wait for events: until something else is due, or it is time to stop. */
static int wait_ms(const struct session *s)
{
    uint64_t now_ns = clock_now_ns(), due_ns = upkeep_due_ns(&s->upkeep), left_ms;

    if (s->ending.deadline_ns && s->ending.deadline_ns < due_ns)
        due_ns = s->ending.deadline_ns;
    if (now_ns >= due_ns)
        return 0;
    left_ms = (due_ns - now_ns) / NS_PER_MS + 1;
    return left_ms < WAIT_MS ? (int)left_ms : WAIT_MS;
}

/* Perhaps whoever read what it printed went away. A file is recorded all the same. */
static void printer_ended(struct session *s)
{
    if (s->options->output)
        message_note("nothing is shown any more");
    else
        s->done = true;
}

static void wait_for_events(struct session *s)
{
    struct epoll_event events[16];
    int count = epoll_pwait(s->epoll, events, 16, wait_ms(s), &s->ending.signals);

    for (int i = 0; i < count; i++) {
        switch (events[i].data.u32) {
        case WAKE_RING:
            doorbell_clear(attach_doorbell(s->attachment));
            break;
        case WAKE_INVENTORY:
            inventory_take(s->inventory);
            break;
        case WAKE_FILTERS:
            s->filters_due = true;
            break;
        case WAKE_OUTPUT:
            s->upkeep.reader_gone = true;
            s->done = true;
            break;
        case WAKE_PRINTER:
            printer_ended(s);
            break;
        case WAKE_COMMAND:
            s->done = true;
            break;
        }
    }
    if (ending_due(&s->ending))
        s->done = true;
}

static void rotate(struct session *s)
{
    bool asked = s->ending.next_file;

    s->ending.next_file = s->block_made = false;
    rotation_run(&s->rotation, &s->upkeep, asked, clock_now_ns());
}

/* Between two events a file may end. */
static int take(void *context, const void *record, uint32_t length, bool late)
{
    struct session *s = context;
    int result = recorder_take(s->recorder, record, length, late);

    if (!result && s->block_made)
        rotate(s);
    return result;
}

/* Records what the rings have up to the horizon. */
static int drain(struct session *s, uint64_t horizon_ns, struct nst_error *err)
{
    int result = merge_run(s->merge, horizon_ns, take, s);

    if (result > 0)
        s->full = s->done = true;
    if (result >= 0)
        return 0;
    *err = *recorder_error(s->recorder);
    return result;
}

/* Closing has added to what the writer counted. */
static uint64_t bytes_written(const struct session *s, const struct nst_writer_stats *stats)
{
    struct stat file;

    if (s->rotation.files && stat(rotation_name(&s->rotation), &file) == 0 && S_ISREG(file.st_mode))
        return stats->bytes - stats->file_bytes + file.st_size;
    return stats->bytes;
}

/* What somebody reads us through, or did, in words; NULL: the output was no pipe. */
static const char *reader_of(const struct session *s)
{
    if (!s->to_reader)
        return NULL;
    return s->rotation.files ? "the pipe" : "standard output";
}

/* A pipe can only be the first output. */
static uint64_t lost_by_reader(const struct session *s, const struct nst_writer_stats *stats)
{
    if (!s->to_reader)
        return 0;
    return s->rotation.went_on ? s->rotation.first_lost : stats->lost;
}

static void say_counts(const struct session *s, const struct nst_writer_stats *stats, bool asked)
{
    struct summary summary = {
        .written = stats->written,
        .bytes = bytes_written(s, stats),
        .lost_disk = stats->lost - lost_by_reader(s, stats),
        .lost_reader = lost_by_reader(s, stats),
        .to_disk = !s->to_reader || s->rotation.went_on,
        .reader_of = reader_of(s),
        .reader_gone = s->upkeep.reader_gone,
        .kept = s->options->output,
        .live = s->live,
        .skipped = s->live ? live_skipped(s->live) : 0,
    };

    counters_losses(s->upkeep.counters, &summary.losses);
    if (asked || !s->options->quiet || summary_has_losses(&summary))
        summary_print(&summary);
}

static void report_if_asked(const struct session *s)
{
    struct nst_writer_stats stats;

    if (!signals_take_report())
        return;
    nst_writer_stats(s->upkeep.writer, &stats);
    say_counts(s, &stats, true);
}

/* More namespaces than there is room for: those that are known are recorded all the same. */
static int note_full(struct session *s, int error, struct nst_error *err)
{
    if (error != -E2BIG)
        return error;
    if (!s->filters_full)
        message_note("%s: no further ones are taken in", err->text);
    s->filters_full = true;
    return 0;
}

/* Names of namespaces are looked up when a mount tells that there may be new ones, or, where
 * nothing tells, each time. */
static int update_filters(struct session *s, struct nst_error *err)
{
    int error = note_full(s, filters_apply_rows(s->filters, err), err);

    if (error)
        return error;
    if (!s->filters_due && filters_fd(s->filters) >= 0)
        return 0;
    s->filters_due = false;
    return note_full(s, filters_rescan(s->filters, err), err);
}

static int record(struct session *s, struct nst_error *err)
{
    int error = 0;

    while (!error && !s->done) {
        uint64_t now_ns;

        wait_for_events(s);
        now_ns = clock_now_ns();
        error = update_filters(s, err);
        if (!error)
            error = drain(s, now_ns - HORIZON_NS, err);
        upkeep_run(&s->upkeep, now_ns);
        if (s->upkeep.reader_gone)
            s->done = true;
        if (s->live)
            live_push(s->live);
        if (!error)
            rotate(s);
        report_if_asked(s);
    }
    return error;
}

static int status_of(const struct session *s, const struct nst_writer_stats *stats)
{
    if (s->upkeep.reader_gone || !stats->lost)
        return STATUS_OK;
    return stats->written ? STATUS_PARTIAL : STATUS_FAILED;
}

/* Detaches everything and writes all that was seen; where the reader went away, it is lost by that.
 * said: the message of the failure that ended the recording, if one did; it is not repeated. */
static int finish(struct session *s, const char *said)
{
    struct nst_writer_stats stats;
    struct nst_error err = {0};
    int status = STATUS_OK;

    counters_refresh(s->upkeep.counters);
    attach_stop(s->attachment);
    command_finish(&s->command, s->options->quiet);
    if (!s->full && drain(s, UINT64_MAX, &err) && strcmp(err.text, said))
        status = message_error("%s", err.text);
    if (s->live)
        live_last(s->live);
    if (upkeep_end(&s->upkeep, &stats, &err))
        status = message_error("%s: %s", rotation_name(&s->rotation), err.text);
    if (s->live && !live_finish(s->live, &s->ending) && !s->options->output)
        status = STATUS_FAILED;
    say_counts(s, &stats, false);
    return status == STATUS_OK ? status_of(s, &stats) : status;
}

static void session_free(struct session *s)
{
    merge_free(s->merge);
    recorder_free(s->recorder);
    upkeep_free(&s->upkeep);
    inventory_free(s->inventory);
    rotation_free(&s->rotation);
    file_info_free(&s->file);
    live_free(s->live);
    attach_free(s->attachment);
    filters_free(s->filters);
    known_devices_free(&s->devices);
    stacks_free(s->stacks);
    symbols_free(s->symbols);
    probes_free(&s->probes);
    kernel_facts_free(&s->facts);
    if (s->epoll >= 0)
        close(s->epoll);
}

int session_run(const struct options *options, int argc, char **argv)
{
    struct session s = {.options = options, .base_ts_ns = clock_now_ns(), .epoll = -1};
    struct nst_error err = {0};
    int error, status;

    command_prepare(&s.command);
    ending_begin(&s.ending, !options->output || !strcmp(options->output, "-"));
    error = signals_catch(&s.ending.signals, &err);
    if (!error)
        error = session_set_up(&s, argc, argv, &err);
    if (!error)
        error = record(&s, &err);
    status = error ? message_error("%s", err.text) : STATUS_OK;
    if (s.upkeep.writer) {
        int finished = finish(&s, err.text);

        status = status ? status : finished;
    } else if (s.writer) {
        nst_writer_close(s.writer, NULL, NULL);
    }
    session_free(&s);
    return status;
}
