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

static void test_blocks(struct tap *tap, struct anchors *a)
{
    tap_ok(tap, dates(a, 7, 0) && anchors_ts(a, 7) == 7, "without any, a time is as it was");
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
    tap_ok(tap,
           anchors_ts(&both, 1100 + 50) == 1100 && anchors_ts(&both, 1400 + 9000) == 1400 &&
               anchors_ts(&both, 2100 - 7000) == 2100,
           "and the way back");
    anchors_free(&next);
    anchors_free(&both);
}

int main(void)
{
    struct anchors anchors = {.count = 0};
    struct tap tap = {0};

    test_blocks(&tap, &anchors);
    test_join(&tap, &anchors);
    anchors_free(&anchors);
    return tap_done(&tap);
}
