/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Spans that meet a time are those that a look at all of them finds. */
#include "config.h"

#include <stdlib.h>

#include "analyze/spans.h"
#include "tests/unit/tap.h"

#define MOST 40

static uint64_t below(unsigned limit)
{
    return (uint64_t)rand() % limit;
}

static void make(struct span *list, size_t count)
{
    uint64_t ts_ns = 0;

    for (size_t i = 0; i < count; i++) {
        uint64_t length_ns = below(10) ? below(4) : below(100);

        ts_ns += below(4);
        list[i] = (struct span){.first_ns = ts_ns, .last_ns = ts_ns + length_ns};
        if (!below(50))
            list[i].last_ns = UINT64_MAX;
    }
    spans_arrange(list, count);
}

static bool meets(const struct span *span, uint64_t first_ns, uint64_t last_ns)
{
    return span->first_ns <= last_ns && span->last_ns >= first_ns;
}

static bool finds_all(const struct span *list, size_t count, uint64_t first_ns, uint64_t last_ns)
{
    size_t found = 0;

    for (size_t i = 0; i <= count; i++) {
        if (i < count && !meets(&list[i], first_ns, last_ns))
            continue;
        if (spans_next(list, count, found, first_ns, last_ns) != i)
            return false;
        found = i + 1;
    }
    return true;
}

int main(void)
{
    struct span list[MOST];
    struct tap tap = {0};
    bool all = true;

    for (unsigned i = 0; i < 20000; i++) {
        size_t count = below(MOST + 1);
        uint64_t first_ns = below(80);

        make(list, count);
        all &= finds_all(list, count, first_ns, first_ns + below(2) * below(20));
    }
    tap_ok(&tap, all, "those that meet a time are found, one after the other");
    list[0] = (struct span){.first_ns = 5, .last_ns = UINT64_MAX};
    spans_arrange(list, 1);
    tap_ok(&tap, spans_next(list, 1, 0, UINT64_MAX, UINT64_MAX) == 0, "at the end of all time");
    tap_ok(&tap, spans_next(list, 0, 0, 0, UINT64_MAX) == 0, "none among none");
    return tap_done(&tap);
}
