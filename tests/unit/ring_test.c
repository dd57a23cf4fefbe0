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

#define RING_BYTES 4096
#define RINGS      3

/* A ring as the kernel has it: its data twice in a row, its positions apart. */
struct made {
    uint64_t consumer, producer;
    uint8_t *data;
};

static struct tap tap;

static void make(struct made *made, struct ring *ring)
{
    int fd = memfd_create("ring", MFD_CLOEXEC);
    uint8_t *data;

    if (fd < 0 || ftruncate(fd, RING_BYTES))
        exit(1);
    data = mmap(NULL, 2 * RING_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; data != MAP_FAILED && i < 2; i++)
        if (mmap(data + i * RING_BYTES, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                 fd, 0) == MAP_FAILED)
            exit(1);
    close(fd);
    *made = (struct made){.data = data};
    *ring = (struct ring){.consumer = &made->consumer,
                          .producer = &made->producer,
                          .data = data,
                          .size_bytes = RING_BYTES};
}

static void unmake(struct made *made)
{
    munmap(made->data, 2 * RING_BYTES);
}

/* False: no room. */
static bool put(struct made *made, const void *record, uint32_t length, uint32_t bits)
{
    uint64_t bytes = (length + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
    uint8_t *at = made->data + made->producer % RING_BYTES;
    uint32_t header = length | bits;

    if (made->producer + bytes - made->consumer > RING_BYTES)
        return false;
    memcpy(at, &header, sizeof(header));
    memcpy(at + BPF_RINGBUF_HDR_SZ, record, length);
    made->producer += bytes;
    return true;
}

static bool put_packet(struct made *made, uint64_t ts_ns)
{
    struct ev_record record = {.head.type = EV_PACKET, .packet.ts_ns = ts_ns};

    return put(made, &record, sizeof(record), 0);
}

static bool put_device(struct made *made, uint64_t ref)
{
    struct ev_device device = {.definition = {.head.type = EV_DEVICE, .ref = ref}};

    return put(made, &device, sizeof(device), 0);
}

/* What was taken, as text: "10 D7 20L" for a packet of time 10, a definition of 7, and a late
 * packet of time 20. */
struct taken {
    char text[1024];
    size_t length;
    int stop_after; /* packets; 0: never */
};

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
    taken->length += snprintf(taken->text + taken->length, sizeof(taken->text) - taken->length,
                              "%s%s", taken->length ? " " : "", word);
    if (head->type == EV_PACKET && taken->stop_after && --taken->stop_after == 0)
        return 7;
    return length == 0;
}

static void is(const char *got, const char *wanted, const char *name)
{
    if (!tap_ok(&tap, !strcmp(got, wanted), name))
        printf("# got:    %s\n# wanted: %s\n", got, wanted);
}

static void test_reader(void)
{
    struct made made;
    struct ring ring;
    uint32_t length = 0;
    const char *record;

    make(&made, &ring);
    tap_ok(&tap, !ring_peek(&ring, &length), "an empty ring has nothing");
    put(&made, "first", 6, 0);
    put(&made, "gone", 5, BPF_RINGBUF_DISCARD_BIT);
    put(&made, "second", 7, 0);
    put(&made, "unfinished", 11, BPF_RINGBUF_BUSY_BIT);
    put(&made, "behind", 7, 0);
    record = ring_peek(&ring, &length);
    tap_ok(&tap, record && length == 6 && !strcmp(record, "first"), "the first record");
    tap_ok(&tap, ring_peek(&ring, &length) == record, "looking does not pass it");
    ring_next(&ring);
    record = ring_peek(&ring, &length);
    tap_ok(&tap, record && length == 7 && !strcmp(record, "second"), "a discarded one is skipped");
    tap_ok(&tap, made.consumer == 0 && ring_held(&ring) == 32, "passed is not given back");
    ring_next(&ring);
    tap_ok(&tap, !ring_peek(&ring, &length), "nothing is read past an unfinished record");
    ring_release(&ring);
    tap_ok(&tap, made.consumer == 48 && ring_held(&ring) == 0, "given back");
    tap_ok(&tap, ring_waiting(&ring) == 24 + 16, "what waits is known");
    made.data[48 + 3] &= 0x7f;
    record = ring_peek(&ring, &length);
    tap_ok(&tap, record && length == 11, "it is read once it is finished");
    unmake(&made);
}

/* Many times around, with records that lie across the end. */
static void test_around(void)
{
    struct made made;
    struct ring ring;
    uint8_t sent[300], next_sent = 0, next_read = 0;
    uint32_t length;
    bool same = true;
    unsigned count = 0;

    make(&made, &ring);
    for (int i = 0; i < 2000; i++) {
        const uint8_t *record;

        length = 1 + i * 7 % sizeof(sent);
        for (uint32_t j = 0; j < length; j++)
            sent[j] = next_sent++;
        if (!put(&made, sent, length, 0))
            same = false;
        record = ring_peek(&ring, &length);
        same = same && record && length == 1 + (uint32_t)i * 7 % sizeof(sent);
        for (uint32_t j = 0; same && j < length; j++)
            same = record[j] == next_read++;
        if (!same)
            break;
        ring_next(&ring);
        ring_release(&ring);
        count++;
    }
    tap_ok(&tap, same && count == 2000 && made.producer > 50 * RING_BYTES,
           "around and around, byte for byte");
    unmake(&made);
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
    for (int i = 0; i < RINGS; i++)
        unmake(&m->made[i]);
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
    tap_ok(&tap, m.made[0].consumer == m.made[0].producer, "all room is given back");
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

int main(void)
{
    test_reader();
    test_around();
    test_order();
    test_horizon();
    test_definitions();
    test_stop();
    return tap_done(&tap);
}
