/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The file format against what is simplest: the recorder's ring records, copied into blocks of
 * 256 KiB and compressed with LZ4. Sizes, and the time that encoding takes, as ratios of one
 * run: a round measures both sides one after the other, and the median round counts.
 *
 *     NAME: VALUE (target <= T) ok|MISSED
 *     NAME: VALUE (no target)
 *
 * and the absolute figures behind them in lines that begin with #.
 */
#include "config.h"

#include <fcntl.h>
#include <inttypes.h>
#include <lz4.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "format/nstrail.h"
#include "tests/bench/mix.h"

enum {
    EVENTS = 300000,
    ROUNDS = 9,
    RAW_BLOCK = 256 * 1024,
    RAW_MAX = sizeof(struct ev_record) + MIX_SNAPLEN,
};

/* The ring's content, one record after the other. */
struct ring {
    uint8_t *data;
    size_t len;
};

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "format_bench: %s\n", what);
    exit(1);
}

/* Of this thread alone: others' work must not count. */
static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct ring ring_of(const struct mix *m, bool packets)
{
    struct ring r = {.data = malloc(m->count * RAW_MAX)};
    size_t i;

    must(r.data, "out of memory");
    for (i = 0; i < m->count; i++)
        r.len += mix_raw(m, i, packets, r.data + r.len);
    return r;
}

static size_t record_size(const uint8_t *p)
{
    struct ev_record record;

    memcpy(&record, p, sizeof(record));
    return sizeof(record) + (record.packet.caplen + 7u) / 8 * 8;
}

static void write_out(int fd, const void *data, size_t len)
{
    must(write(fd, data, len) == (ssize_t)len, "cannot write");
}

/* Answers the bytes written. */
static size_t write_raw(const struct ring *r, int fd)
{
    static char block[RAW_BLOCK], out[LZ4_COMPRESSBOUND(RAW_BLOCK)];
    size_t pos = 0, fill = 0, total = 0, size;
    int len;

    while (pos < r->len) {
        size = record_size(r->data + pos);
        if (fill + size > RAW_BLOCK || pos + size == r->len) {
            len = LZ4_compress_fast(block, out, (int)fill, sizeof(out), 1);
            write_out(fd, out, (size_t)len);
            total += (size_t)len;
            fill = 0;
        }
        memcpy(block + fill, r->data + pos, size);
        fill += size;
        pos += size;
    }
    return total;
}

static struct nst_writer *new_writer(int fd, bool packets)
{
    const struct nst_file_info info = {.snaplen = packets ? MIX_SNAPLEN : 0};
    struct nst_writer *w;

    must(nst_writer_open(&w, dup(fd), &info, NULL) == 0, "cannot open the writer");
    return w;
}

/* A recorder's writer lives for hours: what it takes to make one is not an event's. Nor are the
 * events made here, as on the other side the records are not. */
struct writing {
    struct nst_writer *writer;
    struct nst_event *events;
    size_t count;
    uint64_t bytes; /* of all passes, with the header and the definitions */
};

static void writing_begin(struct writing *w, const struct mix *m, bool packets, int fd)
{
    struct mix_indices indices;
    size_t i;

    *w = (struct writing){.writer = new_writer(fd, packets),
                          .events = calloc(m->count, sizeof(*w->events)),
                          .count = m->count};
    must(w->events, "out of memory");
    mix_define(m, w->writer, &indices);
    for (i = 0; i < m->count; i++) {
        w->events[i] = mix_event(m, i, &indices);
        if (!packets)
            w->events[i].caplen_bytes = 0;
    }
}

/* All events once, in blocks of their own. Answers the nanoseconds that they took. */
static double writing_pass(struct writing *w)
{
    struct nst_writer_stats stats;
    double start = now_ns(), ns;
    size_t i;

    for (i = 0; i < w->count; i++)
        must(nst_writer_event(w->writer, &w->events[i], NULL) == 0, "an event was refused");
    nst_writer_flush(w->writer, NULL);
    ns = now_ns() - start;
    nst_writer_stats(w->writer, &stats);
    must(stats.lost == 0, "events were lost");
    w->bytes = stats.bytes;
    return ns;
}

static void writing_end(struct writing *w)
{
    nst_writer_close(w->writer, NULL, NULL);
    free(w->events);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof(*values), by_value);
    return values[count / 2];
}

/* target 0: none. */
static void report(const char *name, double value, double target)
{
    if (target > 0)
        printf("%s: %.3f (target <= %.2f) %s\n", name, value, target,
               value <= target ? "ok" : "MISSED");
    else
        printf("%s: %.3f (no target)\n", name, value);
}

/* The file in memory, read again. */
static double read_ns(int fd, unsigned load, size_t events)
{
    const struct nst_block *block;
    struct nst_reader *r;
    double start = now_ns();
    size_t seen = 0;

    must(nst_reader_fdopen(&r, dup(fd), NULL, NULL) == 0, "cannot read");
    while (nst_reader_next(r, &block, NULL) == 1) {
        seen += block->info.events;
        if (load)
            must(nst_reader_load(r, load, NULL) == 0, "cannot load");
    }
    nst_reader_close(r);
    must(seen == events, "events are missing");
    return (now_ns() - start) / (double)events;
}

static void report_reading(const struct mix *m, bool packets)
{
    int fd = memfd_create("bench", MFD_CLOEXEC);
    double meta[ROUNDS], full[ROUNDS], skip[ROUNDS];
    struct writing w;
    int i;

    writing_begin(&w, m, packets, fd);
    writing_pass(&w);
    writing_end(&w);
    for (i = 0; i < ROUNDS; i++) {
        skip[i] = read_ns(fd, 0, m->count);
        meta[i] = read_ns(fd, NST_LOAD_META, m->count);
        full[i] = read_ns(fd, NST_LOAD_PACKETS, m->count);
    }
    printf("# reading: all %.1f ns, without packets %.1f ns, headers alone %.2f ns an event\n",
           median(full, ROUNDS), median(meta, ROUNDS), median(skip, ROUNDS));
    close(fd);
}

/* Size and time of both sides; a target of 0 is none. */
static void compare(const char *name, const struct mix *m, bool packets, double size_target,
                    double time_target)
{
    struct ring ring = ring_of(m, packets);
    double ratios[ROUNDS], ours[ROUNDS], raws[ROUNDS], start;
    size_t raw_bytes = 0, bytes;
    int null = open("/dev/null", O_WRONLY), i;
    struct writing w;
    char text[64];

    writing_begin(&w, m, packets, null);
    writing_pass(&w);
    bytes = w.bytes;
    for (i = 0; i < ROUNDS; i++) {
        start = now_ns();
        raw_bytes = write_raw(&ring, null);
        raws[i] = now_ns() - start;
        ours[i] = writing_pass(&w);
        ratios[i] = ours[i] / raws[i];
    }
    writing_end(&w);
    close(null);
    free(ring.data);
    printf("# %s: %.1f bytes and %.0f ns an event, raw records and LZ4 %.1f bytes and %.0f ns\n",
           name, (double)bytes / (double)m->count, median(ours, ROUNDS) / (double)m->count,
           (double)raw_bytes / (double)m->count, median(raws, ROUNDS) / (double)m->count);
    snprintf(text, sizeof(text), "format.%s.size", name);
    report(text, (double)bytes / (double)raw_bytes, size_target);
    snprintf(text, sizeof(text), "format.%s.time", name);
    report(text, median(ratios, ROUNDS), time_target);
}

int main(void)
{
    struct mix *m = mix_new(EVENTS);

    must(m, "out of memory");
    printf("# mix: %zu events, %.2f a packet\n", m->count, (double)m->count / (double)m->journeys);
    compare("mix", m, true, 0.55, 0.65);
    report_reading(m, true);
    compare("mix.no_packets", m, false, 0.40, 0.65);
    report_reading(m, false);
    mix_free(m);

    m = mix_flood_new(EVENTS, MIX_CONSTANT_PAYLOAD);
    must(m, "out of memory");
    compare("flood", m, true, 0.55, 0);
    mix_free(m);
    m = mix_flood_new(EVENTS, MIX_RANDOM_PAYLOAD);
    must(m, "out of memory");
    compare("flood.random", m, true, 0, 0);
    printf("# flood.random: the floor is %.1f bytes an event, the payload alone\n", 64 / 2.0);
    mix_free(m);
    return 0;
}
