/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/pid_spans.h"

#include <stdlib.h>

static int compare_starts(const void *a, const void *b)
{
    const struct nst_process *left = ((const struct pid_span *)a)->process;
    const struct nst_process *right = ((const struct pid_span *)b)->process;

    if (left->start_ns != right->start_ns)
        return left->start_ns < right->start_ns ? -1 : 1;
    return (left->first_ts_ns > right->first_ts_ns) - (left->first_ts_ns < right->first_ts_ns);
}

static int compare_since(const void *a, const void *b)
{
    const struct pid_span *left = a, *right = b;

    return (left->since_ns > right->since_ns) - (left->since_ns < right->since_ns);
}

static struct pid_span *collect(const struct inventory *inv, uint64_t pid, size_t *rows_count)
{
    size_t count, kept = 0;
    const struct nst_process *list = inventory_processes(inv, &count);
    struct pid_span *rows;

    for (size_t i = 0; i < count; i++)
        kept += list[i].pid == pid;
    *rows_count = kept;
    rows = calloc(kept + 1, sizeof(*rows));
    for (size_t i = 0; rows && i < count; i++)
        if (list[i].pid == pid)
            rows[--kept].process = &list[i];
    return rows;
}

/* A process was where it was first seen since its start, as far as anybody knows. That is a little
 * early if the host has slept since. */
static uint64_t process_since(const struct inventory *inv, const struct nst_process *p)
{
    uint64_t start_ns = p->start_ns > inv->asleep_ns ? p->start_ns - inv->asleep_ns : 0;

    return !p->start_ns || start_ns > p->first_ts_ns ? p->first_ts_ns : start_ns;
}

/* Sorts them by it. */
static void find_since(const struct inventory *inv, struct pid_span *rows, size_t count)
{
    const struct nst_process *first = NULL;

    qsort(rows, count, sizeof(*rows), compare_starts);
    for (size_t i = 0; i < count; i++) {
        const struct nst_process *p = rows[i].process;

        if (!first || first->start_ns != p->start_ns)
            first = p;
        rows[i].since_ns =
            first->first_ts_ns < p->first_ts_ns ? p->first_ts_ns : process_since(inv, p);
    }
    qsort(rows, count, sizeof(*rows), compare_since);
}

/* The recorder looks at everything every two seconds: a process was where it is seen last for some
 * of the time until it is missed. */
#define MISSED_NS 2000000000ULL

/* Until when the process may have been there: not beyond the time when its pid was another's, or it
 * was seen elsewhere. The rows are sorted by since when they hold. */
static uint64_t process_until(const struct pid_span *rows, size_t count,
                              const struct nst_process *p)
{
    uint64_t until_ns =
        p->last_ts_ns < UINT64_MAX - MISSED_NS ? p->last_ts_ns + MISSED_NS : UINT64_MAX;
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (rows[middle].since_ns <= p->last_ts_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && rows[low].since_ns <= until_ns ? rows[low].since_ns - 1 : until_ns;
}

struct pid_span *pid_spans(const struct inventory *inv, uint64_t pid, size_t *count)
{
    struct pid_span *rows = collect(inv, pid, count);

    if (!rows)
        return NULL;
    find_since(inv, rows, *count);
    for (size_t i = 0; i < *count; i++)
        rows[i].until_ns = process_until(rows, *count, rows[i].process);
    return rows;
}
