/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/counts.h"

#include <stdlib.h>
#include <string.h>

#include "format/array.h"

#define LOSS "lost."

bool counts_is_loss(const struct nst_counter *counter)
{
    return !strncmp(counter->name, LOSS, strlen(LOSS));
}

size_t counts_key(char key[COUNTS_KEY_MAX], const struct nst_counter *counter)
{
    size_t name = strnlen(counter->name, NST_MAX_NAME);
    size_t probe = counter->probe ? strnlen(counter->probe, NST_MAX_NAME) : 0;

    memcpy(key, counter->name, name);
    key[name] = '\0';
    if (probe)
        memcpy(key + name + 1, counter->probe, probe);
    key[name + 1 + probe] = '\0';
    memcpy(key + name + 1 + probe + 1, &counter->cpu, sizeof(counter->cpu));
    return name + 1 + probe + 1 + sizeof(counter->cpu);
}

static bool add(struct counts *counts, const char *key, size_t length, struct count_was now)
{
    struct count_was *values =
        nst_array_room(counts->values, counts->count, &counts->room, sizeof(*values));

    if (!values)
        return false;
    counts->values = values;
    counts->values[counts->count++] = now;
    return intern_add(&counts->index, key, length, (int64_t)counts->count);
}

bool counts_note(struct counts *counts, const struct nst_counter *counter, uint64_t ts_ns,
                 struct count_was *was)
{
    const struct count_was now = {
        .told = true, .known = counter->known, .value = counter->value, .ts_ns = ts_ns};
    char key[COUNTS_KEY_MAX];
    size_t length = counts_key(key, counter);
    int64_t at = intern_find(&counts->index, key, length);

    *was = (struct count_was){.known = true};
    if (!at)
        return add(counts, key, length, now);
    *was = counts->values[at - 1];
    if (counts_changed(was, counter))
        counts->values[at - 1] = now;
    return true;
}

bool counts_changed(const struct count_was *was, const struct nst_counter *counter)
{
    return !was->told || was->known != counter->known || was->value != counter->value;
}

void counts_clear(struct counts *counts)
{
    intern_clear(&counts->index);
    free(counts->values);
    *counts = (struct counts){0};
}
