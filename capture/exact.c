/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/exact.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/kprobe_event.h"
#include "capture/misses.h"
#include "format/error.h"

/* Calls of all CPUs that have entered such a function and not returned yet. */
#define MOVING_MAX 4096

enum need {
    NEEDED,  /* what a kernel without it frees, nobody would see */
    INSTEAD, /* needed where the one before it is missing, and only there */
    /* A copy or a segment is a journey of its own without it, as on all kernels without kprobes. */
    USEFUL,
};

struct place {
    const char *function;
    const char *program; /* in the BPF object */
    bool at_return;
    enum need need;
};

static const struct place places[] = {
    {"skb_free_head", "exact_free", false, NEEDED},
    {"skb_release_data", "exact_release", false, INSTEAD},
    {"kfree_skb_partial", "exact_partial", false, NEEDED},
    {"napi_skb_free_stolen_head", "exact_stolen", false, NEEDED},
    /* Who returns should have been seen to enter: the return's probe is opened first. */
    {"pskb_expand_head", "exact_expanded", true, NEEDED},
    {"pskb_expand_head", "exact_expand", false, NEEDED},
    {"skb_copy_header", "exact_copy", false, USEFUL},
    {"skb_segment", "exact_segmented", true, USEFUL},
    {"skb_segment", "exact_segment", false, USEFUL},
    {"__tcp_retransmit_skb", "exact_resend", false, USEFUL},
};

#define PLACES (sizeof(places) / sizeof(places[0]))

struct exact {
    int events[PLACES]; /* <0: this kernel lacks it */
    int links[PLACES];  /* <0: not attached; 0: its event holds it */
    int programs[PLACES];
};

/* Whether another place does for one that is missing. */
static bool has_other(size_t i)
{
    return i + 1 < PLACES && places[i + 1].need == INSTEAD;
}

static int open_place(struct exact *exact, int type, size_t i, struct nst_error *err)
{
    const struct place *place = &places[i];

    if (place->need == INSTEAD && exact->events[i - 1] >= 0)
        return 0;
    exact->events[i] = kprobe_event_open(type, place->function, 0, place->at_return);
    if (exact->events[i] >= 0 || place->need == USEFUL)
        return 0;
    if (exact->events[i] == -ENOENT && has_other(i))
        return 0;
    if (exact->events[i] == -ENOENT)
        return nst_fail(err, -EOPNOTSUPP, "this kernel has no function %s", place->function);
    return nst_fail(err, exact->events[i], "no kprobe at %s: %s", place->function,
                    strerror(-exact->events[i]));
}

int exact_open(struct exact **exact, struct nst_error *err)
{
    int type = kprobe_event_type(), error = 0;
    struct exact *e;

    if (type < 0)
        return nst_fail(err, -EOPNOTSUPP, "this kernel has no kprobes");
    e = calloc(1, sizeof(*e));
    if (!e)
        return nst_fail(err, -ENOMEM, "no memory for tracking");
    for (size_t i = 0; i < PLACES; i++)
        e->events[i] = e->links[i] = e->programs[i] = -1;
    for (size_t i = 0; !error && i < PLACES; i++)
        error = open_place(e, type, i, err);
    if (error) {
        exact_free(e);
        return error;
    }
    *exact = e;
    return 0;
}

int exact_prepare(const struct exact *exact, struct bpf_object *object)
{
    struct bpf_map *moving = bpf_object__find_map_by_name(object, "moving");
    int error = moving ? bpf_map__set_max_entries(moving, exact ? MOVING_MAX : 1) : -ENOENT;

    for (size_t i = 0; !error && i < PLACES; i++) {
        struct bpf_program *program = bpf_object__find_program_by_name(object, places[i].program);

        error =
            program ? bpf_program__set_autoload(program, exact && exact->events[i] >= 0) : -ENOENT;
    }
    return error;
}

/* Before 5.15 an event has no link. */
static int attach_place(struct exact *exact, size_t i, const struct bpf_object *object)
{
    const struct bpf_program *program = bpf_object__find_program_by_name(object, places[i].program);
    uint64_t cookie = 0;

    exact->programs[i] = bpf_program__fd(program);
    exact->links[i] = kprobe_event_attach(exact->events[i], exact->programs[i], &cookie);
    if (exact->links[i] < 0)
        exact->links[i] = kprobe_event_attach(exact->events[i], exact->programs[i], NULL);
    return exact->links[i] < 0 ? exact->links[i] : 0;
}

int exact_attach(struct exact *exact, const struct bpf_object *object, struct nst_error *err)
{
    for (size_t i = 0; exact && i < PLACES; i++) {
        int error = exact->events[i] < 0 ? 0 : attach_place(exact, i, object);

        if (error)
            return nst_fail(err, error, "cannot attach to %s: %s", places[i].function,
                            strerror(-error));
    }
    return 0;
}

void exact_detach(struct exact *exact)
{
    for (size_t i = 0; exact && i < PLACES; i++) {
        if (exact->links[i] > 0)
            close(exact->links[i]);
        if (exact->events[i] >= 0)
            close(exact->events[i]);
        exact->links[i] = exact->events[i] = -1;
    }
}

void exact_free(struct exact *exact)
{
    exact_detach(exact);
    free(exact);
}

bool exact_missed(const struct exact *exact, uint64_t *missed)
{
    bool known = true;

    *missed = 0;
    for (size_t i = 0; exact && i < PLACES; i++) {
        uint64_t skipped;

        if (exact->links[i] < 0)
            continue;
        known &= misses_of_program(exact->programs[i], &skipped);
        *missed += skipped;
        if (exact->links[i] > 0)
            *missed += misses_of_link(exact->links[i], false);
    }
    return known;
}
