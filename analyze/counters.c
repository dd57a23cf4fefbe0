/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/counters.h"

#include <stdlib.h>
#include <string.h>

#include "format/array.h"

#define LOSS "lost."

bool counters_is_loss(const struct nst_counter *counter)
{
    return !strncmp(counter->name, LOSS, strlen(LOSS));
}

size_t counters_key(char key[COUNTERS_KEY_MAX], const struct nst_counter *counter)
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

static bool add(struct counters *counters, const char *key, size_t length, struct counter_was now)
{
    struct counter_was *values =
        nst_array_room(counters->values, counters->count, &counters->room, sizeof(*values));

    if (!values)
        return false;
    counters->values = values;
    counters->values[counters->count++] = now;
    return intern_add(&counters->index, key, length, (int64_t)counters->count);
}

bool counters_note(struct counters *counters, const struct nst_counter *counter, uint64_t ts_ns,
                   struct counter_was *was)
{
    const struct counter_was now = {
        .told = true, .known = counter->known, .value = counter->value, .ts_ns = ts_ns};
    char key[COUNTERS_KEY_MAX];
    size_t length = counters_key(key, counter);
    int64_t at = intern_find(&counters->index, key, length);

    *was = (struct counter_was){.known = true};
    if (!at)
        return add(counters, key, length, now);
    *was = counters->values[at - 1];
    if (counters_changed(was, counter))
        counters->values[at - 1] = now;
    return true;
}

bool counters_changed(const struct counter_was *was, const struct nst_counter *counter)
{
    return !was->told || was->known != counter->known || was->value != counter->value;
}

void counters_clear(struct counters *counters)
{
    intern_clear(&counters->index);
    free(counters->values);
    *counters = (struct counters){0};
}
