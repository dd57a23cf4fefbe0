/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A tree: the middle one of a list knows where the last of the list ends, and so on for the two
 * halves beside it. */
#include "config.h"

#include "analyze/spans.h"

static uint64_t arrange(struct span *list, size_t low, size_t high)
{
    size_t middle = low + (high - low) / 2;
    uint64_t latest_ns, side_ns;

    if (low == high)
        return 0;
    latest_ns = list[middle].last_ns;
    side_ns = arrange(list, low, middle);
    latest_ns = side_ns > latest_ns ? side_ns : latest_ns;
    side_ns = arrange(list, middle + 1, high);
    latest_ns = side_ns > latest_ns ? side_ns : latest_ns;
    list[middle].latest_ns = latest_ns;
    return latest_ns;
}

void spans_arrange(struct span *list, size_t count)
{
    arrange(list, 0, count);
}

/* Of those from low on, the first one from that place on that has not ended at the moment. high:
 * none. */
static size_t find_lasting(const struct span *list, size_t low, size_t high, size_t from,
                           uint64_t ts_ns)
{
    size_t middle = low + (high - low) / 2, found;

    if (high <= from || low == high || list[middle].latest_ns < ts_ns)
        return high;
    found = find_lasting(list, low, middle, from, ts_ns);
    if (found < middle)
        return found;
    if (middle >= from && list[middle].last_ns >= ts_ns)
        return middle;
    return find_lasting(list, middle + 1, high, from, ts_ns);
}

size_t spans_next(const struct span *list, size_t count, size_t from, uint64_t first_ns,
                  uint64_t last_ns)
{
    size_t found = find_lasting(list, 0, count, from, first_ns);

    return found < count && list[found].first_ns <= last_ns ? found : count;
}
