/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ring reader and the merge, over rings made here instead of by the kernel. */
#include "config.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/event.h"
#include "capture/merge.h"
#include "capture/ring.h"
#include "tests/unit/tap.h"

#define RING_BYTES   4096
#define CHUNK_BYTES  1024
#define RECORD_BYTES 512 /* the longest */
#define STRIDE_BYTES (CHUNK_BYTES + RECORD_BYTES)
#define KEY          0x123456789abcdef0
#define RINGS        3

/* A ring as the programs have it. */
struct made {
    struct ev_ring shared;
    _Alignas(8) uint8_t data[RING_BYTES / CHUNK_BYTES * STRIDE_BYTES];
};

static struct tap tap;

static void make(struct made *made, struct ring *ring)
{
    const struct ring_shape shape = {RING_BYTES, CHUNK_BYTES, STRIDE_BYTES, KEY};

    memset(made, 0, sizeof(*made));
    ring_init(ring, &shape, &made->shared, made->data);
}

static struct ev_head *head_at(struct made *made, uint64_t position)
{
    uint64_t at = position % RING_BYTES;

    return (void *)(made->data + at / CHUNK_BYTES * STRIDE_BYTES + at % CHUNK_BYTES);
}

/* Room for a record, which is not complete. NULL: there is none. */
static struct ev_head *reserve(struct made *made, uint64_t length)
{
    uint64_t position = made->shared.head, bytes = (length + 7) / 8 * 8;

    if (bytes > RECORD_BYTES || position + bytes - made->shared.tail > RING_BYTES)
        return NULL;
    made->shared.head += bytes;
    head_at(made, position)->bytes = bytes;
    return head_at(made, position);
}

/* Completes the record at a position. */
static void finish(struct made *made, uint64_t position)
{
    head_at(made, position)->stamp = ev_stamp(position, KEY);
}

/* A whole record, of which all but the head is given. False: no room. */
static bool put(struct made *made, enum ev_type type, const void *body, size_t length)
{
    uint64_t position = made->shared.head;
    struct ev_head *head = reserve(made, sizeof(*head) + length);

    if (!head)
        return false;
    head->type = type;
    memcpy(head + 1, body, length);
    finish(made, position);
    return true;
}

static bool put_packet(struct made *made, uint64_t ts_ns)
{
    struct ev_record record = {.packet.ts_ns = ts_ns};

    return put(made, EV_PACKET, &record.packet, sizeof(record.packet));
}

static bool put_device(struct made *made, uint64_t ref)
{
    struct ev_device device = {.definition.ref = ref};

    return put(made, EV_DEVICE, &device.definition.head + 1,
               sizeof(device) - sizeof(device.definition.head));
}

/* What was taken, as text: "10 D7 20L" for a packet of time 10, a definition of 7, and a late
 * packet of time 20. */
struct taken {
    char text[1024];
    size_t length;
    int stop_after; /* packets; 0: never */
    int packets;
    struct made *busy; /* gets a packet for each that is taken; NULL: none does */
};

static void go_on(struct taken *taken)
{
    taken->packets++;
    if (taken->busy)
        put_packet(taken->busy, 1000 + (uint64_t)taken->packets);
}

static int take(void *context, const void *record, uint32_t length, bool late)
{
    struct taken *taken = context;
    const struct ev_head *head = record;
    char word[32];

    if (head->type == EV_PACKET)
        snprintf(word, sizeof(word), "%llu%s",
                 (unsigned long long)((const struct ev_record *)record)->packet.ts_ns,
                 late ? "L" : "");
    else
        snprintf(word, sizeof(word), "D%llu",
                 (unsigned long long)((const struct ev_definition *)record)->ref);
    if (!taken->busy)
        taken->length += snprintf(taken->text + taken->length, sizeof(taken->text) - taken->length,
                                  "%s%s", taken->length ? " " : "", word);
    if (head->type == EV_PACKET)
        go_on(taken);
    if (head->type == EV_PACKET && taken->stop_after && --taken->stop_after == 0)
        return 7;
    return length == 0;
}

static void is(const char *got, const char *wanted, const char *name)
{
    if (!tap_ok(&tap, !strcmp(got, wanted), name))
        printf("# got:    %s\n# wanted: %s\n", got, wanted);
}

static bool says(const struct ev_head *head, const char *text)
{
    return head && !strcmp((const char *)(head + 1), text);
}

static void test_reader(void)
{
    struct made made;
    struct ring ring;
    uint32_t length = 0;
    const struct ev_head *record;

    make(&made, &ring);
    tap_ok(&tap, !ring_peek(&ring, &length), "an empty ring has nothing");
    put(&made, EV_PACKET, "first", 6);
    put(&made, EV_PACKET, "the second", 11);
    reserve(&made, sizeof(*record) + 8);
    put(&made, EV_PACKET, "behind", 7);
    record = ring_peek(&ring, &length);
    tap_ok(&tap, says(record, "first") && length == 24, "the first record");
    tap_ok(&tap, ring_peek(&ring, &length) == record, "looking does not pass it");
    ring_next(&ring);
    record = ring_peek(&ring, &length);
    tap_ok(&tap, says(record, "the second") && length == 32, "the second");
    tap_ok(&tap, made.shared.tail == 0 && ring_held(&ring) == 24, "passed is not given back");
    ring_next(&ring);
    tap_ok(&tap, !ring_peek(&ring, &length), "nothing is read past an unfinished record");
    ring_release(&ring);
    tap_ok(&tap, made.shared.tail == 56 && ring_held(&ring) == 0, "given back");
    tap_ok(&tap, ring_waiting(&ring) == 48, "what waits is known");
    finish(&made, 56);
    tap_ok(&tap, ring_peek(&ring, &length) && length == 24, "it is read once it is finished");
    ring_next(&ring);
    record = ring_peek(&ring, &length);
    tap_ok(&tap, says(record, "behind"), "and what is behind it");
}

/* A stamp vouches for a record's place, and its length is judged all the same. */
static void test_strange(void)
{
    struct made made;
    struct ring ring;
    uint32_t length = 1;

    make(&made, &ring);
    reserve(&made, 64);
    head_at(&made, 0)->stamp = ev_stamp(RING_BYTES, KEY);
    tap_ok(&tap, !ring_peek(&ring, &length), "a stamp of another round is none");
    finish(&made, 0);
    head_at(&made, 0)->bytes = 8;
    tap_ok(&tap, ring_peek(&ring, &length) && length == 0, "a record shorter than its head");
    head_at(&made, 0)->bytes = STRIDE_BYTES + 8;
    tap_ok(&tap, ring_peek(&ring, &length) && length == 0, "a record beyond its chunk");
}

/* Many times around, with records that lie across the ends of chunks. */
static void test_around(void)
{
    struct made made;
    struct ring ring;
    uint8_t sent[300], next_sent = 0, next_read = 0;
    uint32_t length;
    bool same = true;
    unsigned count = 0;

    make(&made, &ring);
    for (int i = 0; same && i < 2000; i++) {
        uint32_t size = 1 + (uint32_t)i * 7 % sizeof(sent);
        const struct ev_head *record;

        for (uint32_t j = 0; j < size; j++)
            sent[j] = next_sent++;
        same = put(&made, EV_PACKET, sent, size);
        record = ring_peek(&ring, &length);
        same = same && record && length == (sizeof(*record) + size + 7) / 8 * 8;
        for (uint32_t j = 0; same && j < size; j++)
            same = ((const uint8_t *)(record + 1))[j] == next_read++;
        ring_next(&ring);
        ring_release(&ring);
        count += same;
    }
    tap_ok(&tap, same && count == 2000 && made.shared.head > 50 * RING_BYTES,
           "around and around, byte for byte");
}

struct merged {
    struct made made[RINGS];
    struct ring rings[RINGS];
    struct merge *merge;
    struct taken taken;
};

static void merged_begin(struct merged *m)
{
    memset(m, 0, sizeof(*m));
    for (int i = 0; i < RINGS; i++)
        make(&m->made[i], &m->rings[i]);
    m->merge = merge_new(m->rings, RINGS);
}

static void merged_end(struct merged *m)
{
    merge_free(m->merge);
}

static int run(struct merged *m, uint64_t horizon_ns)
{
    memset(m->taken.text, 0, sizeof(m->taken.text));
    m->taken.length = 0;
    return merge_run(m->merge, horizon_ns, take, &m->taken);
}

static void test_order(void)
{
    struct merged m;

    merged_begin(&m);
    for (int i = 0; i < 4; i++)
        for (int ring = 0; ring < RINGS; ring++)
            put_packet(&m.made[ring], 10 * (i + 1) + ring);
    tap_ok(&tap, run(&m, UINT64_MAX) == 0, "a merge ends well");
    is(m.taken.text, "10 11 12 20 21 22 30 31 32 40 41 42", "by time, whatever the ring");
    tap_ok(&tap, m.made[0].shared.tail == m.made[0].shared.head, "all room is given back");
    put_packet(&m.made[1], 35);
    put_packet(&m.made[2], 50);
    run(&m, UINT64_MAX);
    is(m.taken.text, "35L 50", "what comes too late is marked");
    put_packet(&m.made[1], 45);
    run(&m, UINT64_MAX);
    is(m.taken.text, "45L", "also against an earlier run");
    merged_end(&m);
}

static void test_horizon(void)
{
    struct merged m;

    merged_begin(&m);
    put_packet(&m.made[0], 10);
    put_packet(&m.made[0], 20);
    put_packet(&m.made[1], 15);
    run(&m, 12);
    is(m.taken.text, "10", "nothing from beyond the horizon while a ring is empty");
    put_packet(&m.made[2], 18);
    run(&m, 12);
    is(m.taken.text, "15", "it is when no ring is: the rest of them cannot come before");
    run(&m, 18);
    is(m.taken.text, "18", "the horizon itself is within");
    run(&m, UINT64_MAX);
    is(m.taken.text, "20", "and the rest");
    for (int i = 0; i < 23; i++)
        put_packet(&m.made[0], 100 + i);
    run(&m, 50);
    is(m.taken.text, "100 101", "a ring more than half full does not wait");
    merged_end(&m);
}

static void test_definitions(void)
{
    struct merged m;

    merged_begin(&m);
    put_device(&m.made[0], 1);
    put_packet(&m.made[0], 20);
    put_device(&m.made[0], 2);
    put_packet(&m.made[0], 30);
    put_packet(&m.made[1], 25);
    run(&m, UINT64_MAX);
    is(m.taken.text, "D1 20 D2 25 30", "definitions after all that stands before them");
    put_device(&m.made[1], 3);
    put_packet(&m.made[1], 90);
    run(&m, 50);
    is(m.taken.text, "D3", "a definition waits for no horizon");
    run(&m, 50);
    is(m.taken.text, "", "and is taken once");
    merged_end(&m);
}

static void test_stop(void)
{
    struct merged m;

    merged_begin(&m);
    for (int i = 0; i < 5; i++)
        put_packet(&m.made[i % 2], 10 + i);
    m.taken.stop_after = 3;
    tap_ok(&tap, run(&m, UINT64_MAX) == 7, "who takes can stop it");
    is(m.taken.text, "10 11 12", "exactly there");
    tap_ok(&tap, run(&m, UINT64_MAX) == 0, "and go on");
    is(m.taken.text, "13 14", "where it was");
    merged_end(&m);
}

/* A program that is as fast as we are. */
static void test_busy(void)
{
    struct merged m;
    struct ring *ring = &m.rings[0];

    merged_begin(&m);
    make(&m.made[0], ring);
    merge_free(m.merge);
    m.merge = merge_new(ring, 1);
    for (int i = 0; i < 10; i++)
        put_packet(&m.made[0], 10 + (uint64_t)i);
    m.taken.busy = &m.made[0];
    m.taken.stop_after = 10000;
    tap_ok(&tap, run(&m, 50) == 0 && m.taken.packets < 10000,
           "a run ends, though the ring is never empty");
    tap_ok(&tap, m.taken.packets >= 10, "not before it has taken what was there");
    m.taken.busy = NULL;
    tap_ok(&tap, run(&m, UINT64_MAX) == 0 && !ring_waiting(ring), "the next one takes the rest");
    merged_end(&m);
}

int main(void)
{
    test_reader();
    test_strange();
    test_around();
    test_order();
    test_horizon();
    test_definitions();
    test_stop();
    test_busy();
    return tap_done(&tap);
}
