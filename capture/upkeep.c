/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/upkeep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/clock.h"
#include "capture/message.h"
#include "format/error.h"

#define EVERY_NS      (100 * NS_PER_MS)
#define EVERY_LIVE_NS (50 * NS_PER_MS)
/* An event waits no longer in an unfinished block, nor does what is new in the inventory. */
#define FLUSH_NS      (1 * NS_PER_S)
#define FLUSH_LIVE_NS (50 * NS_PER_MS)
/* So long the first scan may hold up the start; most often it is over by then. */
#define FIRST_SCAN_NS (500 * NS_PER_MS)
#define TABLES_NS     (10 * NS_PER_S)
/* While something is lost, it is told so often. */
#define LOSSES_NS (1 * NS_PER_S)
/* The clock was set, if it went so far between two looks: adjtimex(2) moves it by 50 us. */
#define CLOCK_STEP_NS (1 * NS_PER_MS)
/* The kernel is asked for each kprobe. */
#define REFRESH_NS   (1 * NS_PER_S)
#define TABLES_BYTES (64ull << 20)
/* All of the inventory is said again after so much and so long, so that a damaged block does not
 * cost a file all of its names; and soon when the disk refused some of it. */
#define AGAIN_NS      (180 * NS_PER_S)
#define AGAIN_LOST_NS (2 * NS_PER_S)

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
        .every_ns = live ? EVERY_LIVE_NS : EVERY_NS,
        .flush_ns = live ? FLUSH_LIVE_NS : FLUSH_NS,
    };
    if (u->counters && u->tracks && u->written)
        return 0;
    upkeep_free(u);
    return nst_fail(err, -ENOMEM, "no memory");
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

/* A failed write shows in the writer's statistics. */
static void write_tables(struct upkeep *u, uint64_t now_ns)
{
    struct nst_tables tables;
    struct nst_writer_stats stats;

    gather_tables(u, &tables);
    nst_writer_tables(u->writer, &tables, NULL);
    nst_writer_stats(u->writer, &stats);
    u->tables_ns = now_ns;
    u->tables_bytes = stats.bytes;
    u->lost_told = u->lost;
}

/* So that it can be seen when losses began. */
static void write_calm(struct upkeep *u)
{
    struct nst_tables tables = {.ts_ns = u->calm_ns};

    tables.counters = counters_last_losses(u->counters, &tables.counters_count);
    nst_writer_tables(u->writer, &tables, NULL);
}

/* A block has one distance for all of its events: those from before somebody set the clock go out
 * with the old one. */
static void tell_clock(struct upkeep *u)
{
    struct clocks clocks;
    int64_t now_ns, before_ns = u->clock_ns;

    clock_read(&clocks);
    now_ns = (int64_t)(clocks.realtime_ns - clocks.monotonic_ns);
    if (now_ns - before_ns > (int64_t)CLOCK_STEP_NS || before_ns - now_ns > (int64_t)CLOCK_STEP_NS)
        nst_writer_flush(u->writer, NULL);
    u->clock_ns = now_ns;
    nst_writer_clock(u->writer, now_ns);
}

/* What the blocks that are written from now on say of losses. */
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

static void check_writes(struct upkeep *u)
{
    struct nst_writer_stats stats;

    nst_writer_stats(u->writer, &stats);
    if (stats.write_error == EPIPE) {
        u->reader_gone = true;
    } else if (stats.write_error == ETIMEDOUT && stats.lost > u->disk_lost && !u->disk_told) {
        u->disk_told = true;
        message_note("%s: its reader is too slow; what it had not taken when it was time to stop "
                     "is lost",
                     u->output);
    } else if (stats.lost > u->disk_lost && !u->disk_told) {
        u->disk_told = true;
        message_note("%s: %s; events are lost until it can be written again", u->output,
                     strerror(stats.write_error));
    }
}

static void write_inventory(struct upkeep *u)
{
    if (!inventory_write(u->inventory, u->writer))
        u->inventory_lost = true;
}

static void ask_again(struct upkeep *u, uint64_t now_ns)
{
    struct nst_writer_stats stats;

    nst_writer_stats(u->writer, &stats);
    u->again_ns = now_ns;
    u->again_bytes = stats.bytes;
    u->inventory_lost = false;
    inventory_again(u->inventory);
}

/* Who reads a pipe, and asks for a namespace by its name, has no second look at events that come
 * before the name. */
static void write_first_inventory(struct upkeep *u)
{
    inventory_wait(u->inventory, FIRST_SCAN_NS);
    write_inventory(u);
}

void upkeep_begin(struct upkeep *u)
{
    uint64_t now_ns = clock_now_ns();

    u->last_ns = u->again_ns = now_ns;
    tell_writer(u);
    write_tables(u, now_ns);
    if (u->inventory)
        write_first_inventory(u);
}

static bool inventory_due(const struct upkeep *u, uint64_t now_ns)
{
    return u->inventory &&
           (inventory_full(u->inventory) ||
            (inventory_pending(u->inventory) && now_ns - u->inventory_ns > u->flush_ns));
}

static bool again_due(const struct upkeep *u, uint64_t now_ns)
{
    struct nst_writer_stats stats;

    nst_writer_stats(u->writer, &stats);
    return now_ns - u->again_ns > (u->inventory_lost ? AGAIN_LOST_NS : AGAIN_NS) ||
           stats.bytes - u->again_bytes > TABLES_BYTES;
}

static bool losses_due(const struct upkeep *u, uint64_t now_ns)
{
    return u->lost != u->lost_told && now_ns - u->tables_ns > LOSSES_NS;
}

static void write_due(struct upkeep *u, uint64_t now_ns)
{
    struct nst_writer_stats stats;
    uint64_t first_ns;

    nst_writer_stats(u->writer, &stats);
    if (u->lost == u->lost_told)
        u->calm_ns = now_ns;
    else if (losses_due(u, now_ns) && u->calm_ns > u->tables_ns)
        write_calm(u);
    if (now_ns - u->tables_ns > TABLES_NS || losses_due(u, now_ns) ||
        stats.bytes - u->tables_bytes > TABLES_BYTES)
        write_tables(u, now_ns);
    else if (nst_writer_pending(u->writer, &first_ns) && now_ns > first_ns &&
             now_ns - first_ns > u->flush_ns)
        nst_writer_flush(u->writer, NULL);
}

uint64_t upkeep_due_ns(const struct upkeep *u)
{
    return u->last_ns + u->every_ns;
}

void upkeep_run(struct upkeep *u, uint64_t now_ns)
{
    if (inventory_due(u, now_ns)) {
        write_inventory(u);
        u->inventory_ns = now_ns;
    }
    if (now_ns - u->last_ns < u->every_ns)
        return;
    u->last_ns = now_ns;
    if (u->inventory) {
        inventory_remind(u->inventory);
        if (again_due(u, now_ns))
            ask_again(u, now_ns);
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
    u->disk_lost = before->lost;
    u->disk_told = false;
    write_tables(u, now_ns);
    if (u->inventory)
        ask_again(u, now_ns);
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
    if (u->inventory && !u->reader_gone && !u->disk_told) {
        if (u->inventory_lost)
            ask_again(u, clock_now_ns());
        inventory_finish(u->inventory);
        write_inventory(u);
        check_writes(u);
    }
    nst_writer_stats(u->writer, stats);
    gather_tables(u, &tables);
    error = nst_writer_close(u->writer, &tables, err);
    u->writer = NULL;
    /* Already known and said. */
    return u->reader_gone || stats->lost ? 0 : error;
}
