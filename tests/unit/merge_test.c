/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Files with blocks and events in whatever order come out sorted: against qsort() over all
 * events, for random captures with many equal times.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyze/filter.h"
#include "analyze/input.h"
#include "analyze/message.h"
#include "analyze/options.h"
#include "format/nstrail.h"
#include "tests/unit/tap.h"

#define FILES     3
#define EVENTS    400 /* of a file */
#define ROUNDS    40
#define OFFSET_NS UINT64_C(1700000000000000000)

/* An event as it was written; its skb says which it is. */
struct written {
    uint64_t ts_ns;
    unsigned file;
    unsigned index;
};

struct round {
    char paths[FILES][64];
    struct written events[FILES * EVENTS];
    size_t count;
};

static struct tap tap;

/* xorshift: the same sequence everywhere. */
static uint32_t random_below(uint32_t limit)
{
    static uint32_t state = 2463534242;

    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % limit;
}

static void die(const char *what)
{
    perror(what);
    exit(99);
}

static struct nst_writer *open_file(const char *path, unsigned file)
{
    struct nst_file_info info = {.capture_id = {1}, .sequence = file};
    struct nst_writer *w;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0 || nst_writer_open(&w, fd, &info, NULL) < 0)
        die(path);
    nst_writer_clock(w, (int64_t)OFFSET_NS);
    return w;
}

static void write_file(struct round *r, unsigned file)
{
    const struct nst_probe probe = {NST_PROBE_KPROBE, "ip_rcv"};
    struct nst_writer *w = open_file(r->paths[file], file);
    uint64_t now_ns = 1000;

    for (unsigned i = 0; i < EVENTS; i++) {
        struct nst_event event = {.netns = NST_NONE,
                                  .device = NST_NONE,
                                  .task = NST_NONE,
                                  .drop_reason = NST_NONE,
                                  .stack = NST_NONE,
                                  .probe = nst_writer_probe(w, &probe)};

        /* Steps of 0 make equal times, and some events come late. */
        now_ns += random_below(3);
        event.ts_ns = now_ns - (random_below(8) ? 0 : random_below(60));
        event.skb = (uint64_t)file << 32 | i;
        r->events[r->count++] = (struct written){event.ts_ns, file, i};
        if (nst_writer_event(w, &event, NULL) < 0)
            die("nst_writer_event");
        if (!random_below(20) && nst_writer_flush(w, NULL) < 0)
            die("nst_writer_flush");
    }
    if (nst_writer_close(w, NULL, NULL) < 0)
        die("nst_writer_close");
}

static int compare(const void *a, const void *b)
{
    const struct written *left = a, *right = b;

    if (left->ts_ns != right->ts_ns)
        return left->ts_ns < right->ts_ns ? -1 : 1;
    if (left->file != right->file)
        return left->file < right->file ? -1 : 1;
    return left->index < right->index ? -1 : left->index > right->index;
}

static struct filter *window(const char *since, const char *until)
{
    struct filter *f = filter_new();

    for (const struct option_spec *spec = filter_options; f && spec->letter; spec++)
        if ((!strcmp(spec->name, "since") && filter_option(f, spec->letter, since)) ||
            (!strcmp(spec->name, "until") && filter_option(f, spec->letter, until)))
            exit(99);
    return f;
}

/* The events from since_ns to until_ns, in the order that they should have. */
static bool is_merged(struct round *r, struct filter *filter, uint64_t since_ns, uint64_t until_ns)
{
    char *paths[FILES];
    struct input *in;
    struct input_event got;
    size_t at = 0;
    bool same = true;

    for (unsigned i = 0; i < FILES; i++)
        paths[i] = r->paths[i];
    if (input_open(&in, paths, FILES, filter, NST_LOAD_META) != STATUS_OK)
        exit(99);
    while (same && input_next(in, &got) > 0) {
        while (at < r->count && r->events[at].ts_ns < since_ns)
            at++;
        same = at < r->count && r->events[at].ts_ns == got.event->ts_ns &&
               r->events[at].file == got.file->index && r->events[at].index == got.event_index &&
               got.event->skb == ((uint64_t)got.file->index << 32 | got.event_index) &&
               got.time_ns == got.event->ts_ns + OFFSET_NS;
        if (!same)
            printf("# event %zu: got %llu of file %u, event %llu\n", at,
                   (unsigned long long)got.event->ts_ns, got.file->index,
                   (unsigned long long)got.event_index);
        at++;
    }
    if (same && at < r->count && r->events[at].ts_ns < until_ns) {
        printf("# it ends before event %zu\n", at);
        same = false;
    }
    return input_close(in) == STATUS_OK && same;
}

static void test_round(const char *directory, unsigned number)
{
    struct filter *filter = window("1700000000.000001100", "1700000000.000001237");
    struct round *r = calloc(1, sizeof(*r));
    char name[64];

    if (!r || !filter)
        die("calloc");
    for (unsigned i = 0; i < FILES; i++) {
        snprintf(r->paths[i], sizeof(r->paths[i]), "%s/%u.nst", directory, i);
        write_file(r, i);
    }
    qsort(r->events, r->count, sizeof(r->events[0]), compare);
    snprintf(name, sizeof(name), "round %u: all events in order", number);
    tap_ok(&tap, is_merged(r, NULL, 0, UINT64_MAX), name);
    snprintf(name, sizeof(name), "round %u: those of a time", number);
    tap_ok(&tap, is_merged(r, filter, 1100, 1237), name);
    for (unsigned i = 0; i < FILES; i++)
        unlink(r->paths[i]);
    filter_free(filter);
    free(r);
}

int main(void)
{
    char directory[] = "merge_test.XXXXXX";

    if (!mkdtemp(directory))
        die("mkdtemp");
    for (unsigned i = 0; i < ROUNDS; i++)
        test_round(directory, i);
    rmdir(directory);
    return tap_done(&tap);
}
