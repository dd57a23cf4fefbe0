/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/stacks.h"

#include <bpf/bpf.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/event.h"

/* A tracepoint calls its programs by no more functions than these. */
#define OWN_FRAMES 8

/* No function is longer. */
#define FUNCTION_BYTES_MAX (1u << 20)
/* Stacks without a place of their own that are at hand. */
#define AT_HAND 256

/* One that came with an event. */
struct told {
    uint64_t addresses[EV_STACK_FRAMES]; /* zeros: none */
    uint32_t frame;
};

struct stacks {
    int map_fd;
    const struct symbols *symbols;
    uint32_t known[STACKS_MAX]; /* the writer's frame, plus 1; 0: not yet asked for */
    struct told told[AT_HAND];
};

struct stacks *stacks_new(int map_fd, const struct symbols *symbols)
{
    struct stacks *s = calloc(1, sizeof(*s));

    if (s) {
        s->map_fd = map_fd;
        s->symbols = symbols;
    }
    return s;
}

void stacks_free(struct stacks *s)
{
    free(s);
}

static const char *function_of(const struct stacks *s, uint64_t address, uint64_t *start)
{
    return s->symbols ? symbols_find(s->symbols, address, start) : NULL;
}

static bool begins_with(const char *text, const char *prefix)
{
    return !strncmp(text, prefix, strlen(prefix));
}

/* Fentry and tracepoints call programs by functions of their own. */
static bool is_called(const struct probe *probe)
{
    return probe->kind == NST_PROBE_RAW_TRACEPOINT || probe->kind == NST_PROBE_FENTRY;
}

/* By these a tracepoint does. */
static bool is_way(const char *function)
{
    return function &&
           (begins_with(function, "bpf_trace_run") || begins_with(function, "__bpf_trace_") ||
            begins_with(function, "__traceiter_"));
}

/* The function that fentry is at. */
static bool is_traced(const struct probe *probe, const char *function)
{
    return probe->kind == NST_PROBE_FENTRY && function && !strcmp(function, probe_name(probe));
}

/* BPF's way to our program, and that itself: both may have come after the symbols were read, so
 * they are taken for the last function before them, far away. */
static bool is_own(const char *function, uint64_t offset)
{
    return !function || offset >= FUNCTION_BYTES_MAX || begins_with(function, "bpf_") ||
           is_way(function);
}

/* The last function of a module may as well be near: what is before BPF's way is our program's,
 * whatever it is taken for. */
static size_t count_own(const struct stacks *s, const struct probe *probe,
                        const uint64_t *addresses, size_t count)
{
    bool leading = true;
    size_t own = 0;

    for (size_t i = 0; i < count && i < OWN_FRAMES; i++) {
        uint64_t start = 0;
        const char *function = function_of(s, addresses[i], &start);

        if (is_traced(probe, function))
            return i;
        leading = is_way(function) || (leading && is_own(function, addresses[i] - start));
        if (leading)
            own = i + 1;
    }
    return own;
}

/* What a module has that came after the symbols were read has no name. */
static void name_frame(const struct stacks *s, uint64_t address, char *name, size_t room)
{
    uint64_t start = 0;
    const char *function = function_of(s, address, &start);

    if (function && address - start < FUNCTION_BYTES_MAX)
        snprintf(name, room, "%s+0x%" PRIx64, function, address - start);
    else
        snprintf(name, room, "0x%" PRIx64, address);
}

static uint32_t write_frames(const struct stacks *s, struct nst_writer *writer,
                             const uint64_t *addresses, size_t count)
{
    uint32_t caller = NST_NONE;

    while (count--) {
        char name[NST_MAX_NAME + 1];
        struct nst_frame frame = {.caller = caller, .name = name};

        name_frame(s, addresses[count], name, sizeof(name));
        caller = nst_writer_frame(writer, &frame);
        if (caller == NST_NONE)
            break;
    }
    return caller;
}

static uint32_t name_all(const struct stacks *s, struct nst_writer *writer,
                         const uint64_t *addresses, const struct probe *probe)
{
    size_t count = 0, own;

    while (count < EV_STACK_FRAMES && addresses[count])
        count++;
    own = is_called(probe) && s->symbols ? count_own(s, probe, addresses, count) : 0;
    return write_frames(s, writer, addresses + own, count - own);
}

uint32_t stacks_find(struct stacks *s, struct nst_writer *writer, uint32_t id,
                     const struct probe *probe)
{
    uint64_t addresses[EV_STACK_FRAMES] = {0};

    if (id >= STACKS_MAX)
        return NST_NONE;
    if (s->known[id])
        return s->known[id] - 1;
    if (bpf_map_lookup_elem(s->map_fd, &id, addresses))
        return NST_NONE;
    s->known[id] = name_all(s, writer, addresses, probe) + 1;
    return s->known[id] - 1;
}

static uint32_t hash(const uint64_t *addresses)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < EV_STACK_FRAMES && addresses[i]; i++)
        sum = (sum ^ addresses[i]) * 0x9e3779b97f4a7c15;
    return sum >> 32;
}

uint32_t stacks_name(struct stacks *s, struct nst_writer *writer, const uint64_t *addresses,
                     const struct probe *probe)
{
    struct told *told = &s->told[hash(addresses) % AT_HAND];

    if (!addresses[0])
        return NST_NONE;
    if (memcmp(told->addresses, addresses, sizeof(told->addresses))) {
        memcpy(told->addresses, addresses, sizeof(told->addresses));
        told->frame = name_all(s, writer, addresses, probe);
    }
    return told->frame;
}
