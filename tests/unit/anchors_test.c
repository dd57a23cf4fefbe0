/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How what stands beside the events is dated by the blocks around it. */
#include "config.h"

#include "analyze/anchors.h"
#include "tests/unit/tap.h"

static bool add(struct anchors *a, uint32_t type, uint64_t first_ns, uint64_t last_ns,
                int64_t offset_ns)
{
    return anchors_add_block(a, &(struct nst_block_info){.type = type,
                                                         .first_ts_ns = first_ns,
                                                         .last_ts_ns = last_ns,
                                                         .realtime_offset_ns = offset_ns});
}

static bool dates(const struct anchors *a, uint64_t ts_ns, int64_t offset_ns)
{
    return anchors_time(a, ts_ns) == ts_ns + (uint64_t)offset_ns;
}

static bool spans(const struct anchors *a, uint64_t first_ts_ns, uint64_t last_ts_ns,
                  uint64_t earliest_ns, uint64_t latest_ns)
{
    struct anchors_span span = anchors_span(a, first_ts_ns, last_ts_ns);

    return span.earliest_ns == earliest_ns && span.latest_ns == latest_ns;
}

static void test_blocks(struct tap *tap, struct anchors *a)
{
    tap_ok(tap, dates(a, 7, 0) && spans(a, 7, 9, 7, 9), "without any, a time is as it was");
    /* The last is late: what it has is from before the one that stands before it. */
    tap_ok(tap,
           add(a, NST_BLOCK_EVENTS, 1000, 1100, 50) && add(a, NST_BLOCK_TABLES, 1150, 1150, 52) &&
               add(a, NST_BLOCK_EVENTS, 1120, 1200, 51) && add(a, NST_BLOCK_END, 0, 0, 53) &&
               add(a, NST_BLOCK_EVENTS, 1300, 1400, 9000) &&
               add(a, NST_BLOCK_TABLES, 1500, 1500, 9001) &&
               add(a, NST_BLOCK_EVENTS, 1205, 1210, 51),
           "blocks of a file");
    anchors_settle(a);
    tap_ok(tap, dates(a, 1000, 50) && dates(a, 1100, 50) && dates(a, 1120, 51), "events by theirs");
    tap_ok(tap, dates(a, 1150, 51), "tables by that of the events around them");
    tap_ok(tap, dates(a, 1500, 9001), "by their own where there are none");
    tap_ok(tap, dates(a, 10, 50) && dates(a, (uint64_t)-10, 50) && dates(a, 9999, 9001),
           "what is before or after all by the nearest");
    tap_ok(tap, dates(a, 1254, 51) && dates(a, 1255, 9000), "in between by the nearest, too");
}

static void test_join(struct tap *tap, const struct anchors *first)
{
    struct anchors next = {.count = 0}, both = {.count = 0};
    bool ok = add(&next, NST_BLOCK_EVENTS, 2000, 2100, -7000);

    anchors_settle(&next);
    ok = ok && anchors_join(&both, &next) && anchors_join(&both, first);
    anchors_settle(&both);
    tap_ok(tap, ok && dates(&both, 1254, 51) && dates(&both, 2050, -7000), "of several files");
    tap_ok(tap, dates(&both, 1999, 9001), "between them by the one before");
    anchors_free(&next);
    anchors_free(&both);
}

#define S 1000000000ull

static void test_set_back(struct tap *tap)
{
    struct anchors a = {.count = 0};
    bool ok = add(&a, NST_BLOCK_EVENTS, 100 * S, 109 * S, 1000 * S) &&
              add(&a, NST_BLOCK_EVENTS, 110 * S, 119 * S, 1000 * S - 100);

    anchors_settle(&a);
    tap_ok(tap, ok && !anchors_set_back(&a), "what reading clocks costs sets none back");
    ok = add(&a, NST_BLOCK_EVENTS, 121 * S, 129 * S, 940 * S) &&
         add(&a, NST_BLOCK_EVENTS, 131 * S, 139 * S, 5000 * S) &&
         add(&a, NST_BLOCK_EVENTS, 141 * S, 149 * S, 4990 * S);
    anchors_settle(&a);
    tap_ok(tap, ok && anchors_set_back(&a), "a clock that was set back, and on, and back");
    tap_ok(tap, spans(&a, 100 * S, 110 * S, 1100 * S, 1110 * S - 100), "before that");
    tap_ok(tap, spans(&a, 110 * S, 125 * S, 1060 * S, 1120 * S - 101), "over it");
    tap_ok(tap, spans(&a, 120 * S, 125 * S, 1060 * S, 1065 * S), "from it on");
    tap_ok(tap, spans(&a, 121 * S, 135 * S, 1061 * S, 5135 * S), "where it was set on");
    tap_ok(tap, spans(&a, 110 * S, 145 * S, 1060 * S, 5140 * S - 1), "over both");
    tap_ok(tap, spans(&a, 135 * S, 145 * S, 5130 * S, 5140 * S - 1), "over the second");
    anchors_free(&a);
}

int main(void)
{
    struct anchors anchors = {.count = 0};
    struct tap tap = {0};

    test_blocks(&tap, &anchors);
    test_join(&tap, &anchors);
    test_set_back(&tap);
    anchors_free(&anchors);
    return tap_done(&tap);
}
