/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/upkeep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/clock.h"
#include "capture/message.h"
#include "format/error.h"

/* How often upkeep_run() looks whether something is due; --live shows events at that pace. */
#define RUN_NS      (100 * NS_PER_MS)
#define RUN_LIVE_NS (50 * NS_PER_MS)
/* So long at most an event waits in an unfinished block, or a row of the inventory for others. */
#define FLUSH_NS      (1 * NS_PER_S)
#define FLUSH_LIVE_NS (50 * NS_PER_MS)
/* The counters are asked of the kernel by a call for each kprobe. */
#define REFRESH_NS (1 * NS_PER_S)
/* The counters are written after so long or so many bytes, and soon while something is lost, so
 * that a file without an end still says when that was. */
#define TABLES_NS        (10 * NS_PER_S)
#define TABLES_LOSSES_NS (1 * NS_PER_S)
#define TABLES_BYTES     (64ull << 20)
/* All of the inventory is written again after so long or so many bytes, so that a damaged block
 * does not cost a file all of its names; and soon where the disk refused some of it. */
#define REPEAT_NS      (180 * NS_PER_S)
#define REPEAT_LOST_NS (2 * NS_PER_S)
#define REPEAT_BYTES   (64ull << 20)
/* The inventory's first scan may hold up the start so long; most often it is over by then. */
#define FIRST_SCAN_NS (500 * NS_PER_MS)
/* Somebody has set the clock, if it went so far between two looks: adjtimex(2) moves it by 50 us.
 */
#define CLOCK_STEP_NS (1 * NS_PER_MS)

int upkeep_init(struct upkeep *u, const char *output, struct nst_writer *writer,
                const struct attachment *attachment, struct inventory *inventory, bool live,
                struct nst_error *err)
{
    *u = (struct upkeep){
        .output = output,
        .writer = writer,
        .counters = counters_new(attachment),
        .tracks = tracks_new(attachment),
        .attachment = attachment,
        .placement = placement_new(attach_cpus(attachment)),
        .written = calloc(attach_cpus(attachment), sizeof(*u->written)),
        .inventory = inventory,
        .every_ns = live ? RUN_LIVE_NS : RUN_NS,
        .flush_ns = live ? FLUSH_LIVE_NS : FLUSH_NS,
    };
    if (u->counters && u->tracks && u->written)
        return 0;
    upkeep_free(u);
    return nst_fail(err, -ENOMEM, "no memory for the counters");
}

void upkeep_free(struct upkeep *u)
{
    counters_free(u->counters);
    tracks_free(u->tracks);
    placement_free(u->placement);
    free(u->written);
    *u = (struct upkeep){0};
}

static void gather_tables(struct upkeep *u, struct nst_tables *tables)
{
    struct inventory_counts counts;

    *tables = (struct nst_tables){.ts_ns = clock_now_ns()};
    if (u->inventory && inventory_counts(u->inventory, &counts))
        counters_inventory(u->counters, &counts);
    tables->counters = counters_list(u->counters, &tables->counters_count);
}

static void mark_done(const struct upkeep *u, struct upkeep_done *done, uint64_t now_ns)
{
    struct nst_writer_stats stats;

    nst_writer_stats(u->writer, &stats);
    *done = (struct upkeep_done){.ts_ns = now_ns, .bytes = stats.bytes};
}

static bool is_due(const struct upkeep *u, const struct upkeep_done *last, uint64_t now_ns,
                   uint64_t after_ns, uint64_t after_bytes)
{
    struct nst_writer_stats stats;

    nst_writer_stats(u->writer, &stats);
    return now_ns - last->ts_ns > after_ns || stats.bytes - last->bytes > after_bytes;
}

/* A failed write shows in the writer's statistics. */
static void write_tables(struct upkeep *u, uint64_t now_ns)
{
    struct nst_tables tables;

    gather_tables(u, &tables);
    nst_writer_tables(u->writer, &tables, NULL);
    mark_done(u, &u->tables, now_ns);
    u->lost_told = u->lost;
}

/* The losses as they were when the last look found no new ones: so that a reader of the next tables
 * knows since when something is lost, to a look rather than to TABLES_NS. */
static void write_last_calm(struct upkeep *u)
{
    struct nst_tables tables = {.ts_ns = u->calm_ns};

    tables.counters = counters_last_losses(u->counters, &tables.counters_count);
    nst_writer_tables(u->writer, &tables, NULL);
}

/* A block says once for all of its events how far the time of day is from CLOCK_MONOTONIC. When
 * somebody has set the clock, the events from before go out in a block with the old distance. */
static void tell_clock(struct upkeep *u)
{
    struct clocks clocks;
    int64_t offset_ns, before_ns = u->realtime_offset_ns;

    clock_read(&clocks);
    offset_ns = (int64_t)(clocks.realtime_ns - clocks.monotonic_ns);
    if (offset_ns - before_ns > (int64_t)CLOCK_STEP_NS ||
        before_ns - offset_ns > (int64_t)CLOCK_STEP_NS)
        nst_writer_flush(u->writer, NULL);
    u->realtime_offset_ns = offset_ns;
    nst_writer_clock(u->writer, offset_ns);
}

/* Blocks from now on say how many events were lost until then. */
static void tell_losses(struct upkeep *u)
{
    struct nst_writer_stats stats;
    struct losses losses;
    uint64_t outside;

    counters_losses(u->counters, &losses);
    outside = losses.ring + losses.recursion + losses.missed;
    nst_writer_stats(u->writer, &stats);
    u->lost = outside + stats.lost;
    nst_writer_lost(u->writer, outside);
}

static void tell_writer(struct upkeep *u)
{
    tell_clock(u);
    tell_losses(u);
}

static void choose_cpus(struct upkeep *u, uint64_t now_ns)
{
    bool behind;

    if (!u->placement)
        return;
    behind = attach_written(u->attachment, u->written);
    placement_look(u->placement, now_ns, u->written, behind);
}

static void say_unwritten(const struct upkeep *u, int error)
{
    /* The writer's answer when a pipe had no room until it was time to stop. */
    if (error == ETIMEDOUT)
        message_note("%s: its reader is too slow; what it had not taken when it was time to stop "
                     "is lost",
                     u->output);
    else
        message_note("%s: %s; events are lost until it can be written again", u->output,
                     strerror(error));
}

/* Says once of each file that some of its events could not be written. */
static void check_writes(struct upkeep *u)
{
    struct nst_writer_stats stats;

    nst_writer_stats(u->writer, &stats);
    if (stats.write_error == EPIPE) {
        u->reader_gone = true;
    } else if (stats.lost > u->lost_before && !u->unwritten_said) {
        u->unwritten_said = true;
        say_unwritten(u, stats.write_error);
    }
}

static void write_inventory(struct upkeep *u)
{
    if (!inventory_write(u->inventory, u->writer))
        u->inventory_lost = true;
}

static void repeat_inventory(struct upkeep *u, uint64_t now_ns)
{
    mark_done(u, &u->repeat, now_ns);
    u->inventory_lost = false;
    inventory_again(u->inventory);
}

void upkeep_begin(struct upkeep *u)
{
    uint64_t now_ns = clock_now_ns();

    u->run_ns = now_ns;
    u->repeat = (struct upkeep_done){.ts_ns = now_ns};
    tell_writer(u);
    write_tables(u, now_ns);
    if (!u->inventory)
        return;
    /* Who reads a pipe, and asks for a namespace by its name, cannot go back to events that came
     * before the name. */
    inventory_wait(u->inventory, FIRST_SCAN_NS);
    write_inventory(u);
}

static bool rows_due(const struct upkeep *u, uint64_t now_ns)
{
    return inventory_full(u->inventory) ||
           (inventory_pending(u->inventory) && now_ns - u->rows_ns > u->flush_ns);
}

static bool repeat_due(const struct upkeep *u, uint64_t now_ns)
{
    return is_due(u, &u->repeat, now_ns, u->inventory_lost ? REPEAT_LOST_NS : REPEAT_NS,
                  REPEAT_BYTES);
}

static bool losses_due(const struct upkeep *u, uint64_t now_ns)
{
    return u->lost != u->lost_told && now_ns - u->tables.ts_ns > TABLES_LOSSES_NS;
}

static bool events_due(const struct upkeep *u, uint64_t now_ns)
{
    uint64_t first_ns;

    return nst_writer_pending(u->writer, &first_ns) && now_ns > first_ns &&
           now_ns - first_ns > u->flush_ns;
}

static void write_due(struct upkeep *u, uint64_t now_ns)
{
    bool losses = losses_due(u, now_ns);

    if (u->lost == u->lost_told)
        u->calm_ns = now_ns;
    else if (losses && u->calm_ns > u->tables.ts_ns)
        write_last_calm(u);
    if (losses || is_due(u, &u->tables, now_ns, TABLES_NS, TABLES_BYTES))
        write_tables(u, now_ns);
    else if (events_due(u, now_ns))
        nst_writer_flush(u->writer, NULL);
}

uint64_t upkeep_due_ns(const struct upkeep *u)
{
    return u->run_ns + u->every_ns;
}

void upkeep_run(struct upkeep *u, uint64_t now_ns)
{
    /* Rows come in at any time, and there may soon be no room for more. */
    if (u->inventory && rows_due(u, now_ns)) {
        write_inventory(u);
        u->rows_ns = now_ns;
    }
    if (now_ns < upkeep_due_ns(u))
        return;
    u->run_ns = now_ns;
    if (u->inventory) {
        inventory_remind(u->inventory);
        if (repeat_due(u, now_ns))
            repeat_inventory(u, now_ns);
    }
    counters_evicted(u->counters, tracks_sweep(u->tracks, now_ns));
    choose_cpus(u, now_ns);
    if (now_ns - u->refreshed_ns > REFRESH_NS) {
        counters_refresh(u->counters);
        u->refreshed_ns = now_ns;
    }
    tell_writer(u);
    write_due(u, now_ns);
    check_writes(u);
}

int upkeep_rotate(struct upkeep *u, int fd, const struct nst_file_info *info,
                  struct nst_writer_stats *before, struct nst_error *err)
{
    uint64_t now_ns = clock_now_ns();
    struct nst_tables tables;
    int error;

    tell_writer(u);
    nst_writer_flush(u->writer, NULL);
    if (u->inventory)
        write_inventory(u);
    nst_writer_stats(u->writer, before);
    gather_tables(u, &tables);
    error = nst_writer_rotate(u->writer, fd, info, &tables, err);
    if (error)
        return error;
    u->lost_before = before->lost;
    u->unwritten_said = false;
    write_tables(u, now_ns);
    if (u->inventory)
        repeat_inventory(u, now_ns);
    return 0;
}

int upkeep_end(struct upkeep *u, struct nst_writer_stats *stats, struct nst_error *err)
{
    struct nst_tables tables;
    int error;

    tell_writer(u);
    nst_writer_flush(u->writer, NULL);
    check_writes(u);
    /* What room a full disk has left is for the counts of what was lost. */
    if (u->inventory && !u->reader_gone && !u->unwritten_said) {
        if (u->inventory_lost)
            repeat_inventory(u, clock_now_ns());
        inventory_finish(u->inventory);
        write_inventory(u);
        check_writes(u);
    }
    nst_writer_stats(u->writer, stats);
    gather_tables(u, &tables);
    error = nst_writer_close(u->writer, &tables, err);
    u->writer = NULL;
    /* That events were lost, or who took them went away, has been said. */
    return u->reader_gone || stats->lost ? 0 : error;
}
