/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Stays in namespaces, from events. */
#include "config.h"

#include "analyze/hop.h"
#include "tests/unit/tap.h"

/* The wall clock went back by an hour between the two. */
#define STEP 3600000000000u

static bool same_stay(const struct hop_stay *a, const struct hop_stay *b)
{
    return a->netns == b->netns && a->entered_ts_ns == b->entered_ts_ns &&
           a->entered_clock_ns == b->entered_clock_ns && a->left_clock_ns == b->left_clock_ns &&
           a->events == b->events && a->first_event == b->first_event &&
           a->prev_netns == b->prev_netns && a->latency_ns == b->latency_ns;
}

static void test_one(struct tap *tap)
{
    struct hop_trail trail = {0};
    struct hop_stay finished;
    bool moved = false;

    moved |= hop_add(&trail, &(struct hop_event){1, 0, 100, 10, false}, &finished);
    tap_ok(tap, !moved && trail.stays == 0, "no stay without a namespace");
    moved |= hop_add(&trail, &(struct hop_event){2, 5, 200, 20, false}, &finished);
    moved |= hop_add(&trail, &(struct hop_event){3, 5, 300, 30, false}, &finished);
    moved |= hop_add(&trail, &(struct hop_event){4, 0, 400, 40, false}, &finished);
    tap_ok(tap,
           !moved && trail.stays == 1 &&
               same_stay(&trail.open, &(struct hop_stay){.netns = 5,
                                                         .entered_ts_ns = 200,
                                                         .entered_clock_ns = 20,
                                                         .left_clock_ns = 30,
                                                         .events = 2,
                                                         .first_event = 2}),
           "events of one namespace are one stay, one without does not prolong it");
}

static void test_move(struct tap *tap)
{
    struct hop_trail trail = {0};
    struct hop_stay first = {0}, second = {0};
    bool moved;

    hop_add(&trail, &(struct hop_event){1, 5, STEP + 100, 100, false}, &first);
    moved = hop_add(&trail, &(struct hop_event){2, 6, 150, 150, false}, &first);
    tap_ok(tap, moved && first.netns == 5 && first.events == 1 && first.prev_netns == 0,
           "another namespace ends a stay");
    moved = hop_add(&trail, &(struct hop_event){3, 5, 170, 170, false}, &second);
    tap_ok(tap,
           moved && same_stay(&second, &(struct hop_stay){.netns = 6,
                                                          .entered_ts_ns = 150,
                                                          .entered_clock_ns = 150,
                                                          .left_clock_ns = 150,
                                                          .events = 1,
                                                          .first_event = 2,
                                                          .prev_netns = 5,
                                                          .latency_ns = 50}),
           "latencies do not see that the wall clock was set");
    tap_ok(tap, trail.stays == 3 && trail.open.netns == 5 && trail.open.prev_netns == 6,
           "coming back is a stay of its own");
    hop_add(&trail, &(struct hop_event){4, 7, 190, 190, false}, &first);
    tap_ok(tap, trail.first_netns == 5 && trail.open.netns == 7, "where it began and where it is");
}

/* One namespace's bridge sends to two others, which then receive. */
static void test_flood(struct tap *tap)
{
    struct hop_trail trail = {0};
    struct hop_stay stay;

    hop_add(&trail, &(struct hop_event){1, 5, 10, 10, true}, &stay);
    hop_add(&trail, &(struct hop_event){2, 6, 20, 20, false}, &stay);
    hop_add(&trail, &(struct hop_event){3, 6, 30, 30, true}, &stay);
    hop_add(&trail, &(struct hop_event){4, 6, 40, 40, true}, &stay);
    hop_add(&trail, &(struct hop_event){5, 7, 50, 50, false}, &stay);
    tap_ok(tap, trail.open.prev_netns == 6 && trail.open.latency_ns == 10, "the first one's");
    hop_add(&trail, &(struct hop_event){6, 8, 70, 70, false}, &stay);
    tap_ok(tap, trail.open.prev_netns == 6 && trail.open.latency_ns == 30,
           "the other's did not come from the first one");
    hop_add(&trail, &(struct hop_event){7, 9, 80, 80, true}, &stay);
    tap_ok(tap, trail.open.prev_netns == 8, "all have arrived: the next is from the one before");
    hop_add(&trail, &(struct hop_event){8, 5, 95, 95, false}, &stay);
    tap_ok(tap, trail.open.prev_netns == 9 && trail.open.latency_ns == 15,
           "who sends it on is who it came from");
}

static void test_flood_stays(struct tap *tap)
{
    struct hop_trail trail = {0};
    struct hop_stay stay;

    hop_add(&trail, &(struct hop_event){1, 6, 30, 30, true}, &stay);
    hop_add(&trail, &(struct hop_event){2, 6, 40, 40, true}, &stay);
    hop_add(&trail, &(struct hop_event){3, 7, 50, 50, false}, &stay);
    hop_add(&trail, &(struct hop_event){4, 6, 60, 60, false}, &stay);
    tap_ok(tap, trail.stays == 3 && trail.open.prev_netns == 0,
           "what is still where it was sent from came from nowhere");
    hop_add(&trail, &(struct hop_event){5, 8, 70, 70, false}, &stay);
    tap_ok(tap, trail.open.prev_netns == 6 && trail.open.latency_ns == 10,
           "and the rest arrives from there");
}

/* A host that hands a packet from one's device to another's by bpf_redirect_peer(). */
static void test_redirected(struct tap *tap)
{
    struct hop_trail trail = {0};
    struct hop_stay stay;

    hop_add(&trail, &(struct hop_event){1, 5, 10, 10, true}, &stay);
    hop_add(&trail, &(struct hop_event){2, 6, 20, 20, false}, &stay);
    hop_add(&trail, &(struct hop_event){3, 7, 30, 30, false}, &stay);
    tap_ok(tap, trail.open.prev_netns == 6 && trail.open.latency_ns == 10,
           "who sent it once sent it to one");
}

int main(void)
{
    struct tap tap = {0};

    test_one(&tap);
    test_move(&tap);
    test_flood(&tap);
    test_flood_stays(&tap);
    test_redirected(&tap);
    return tap_done(&tap);
}
