/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the export has worked out about a block, once for all of its events, or for those between
 * two changes of who its namespaces are: the interfaces of its devices, the directions of its
 * probes, and the words of its dictionaries' entries, of which an event's comment is put together.
 */
#ifndef NST_ANALYZE_VIEW_H
#define NST_ANALYZE_VIEW_H

#include "analyze/input.h"
#include "analyze/inventory_label.h"
#include "analyze/pcapng.h"

/* Words are copied in pieces of this size, which need no call: so much may be read and written
 * behind their end. */
#define VIEW_PIECE 64

/* No comment is longer: a label and five names, each escaped byte of which takes three, and
 * numbers. */
#define VIEW_COMMENT_MAX (3 * (INVENTORY_LABEL_MAX + 5 * NST_MAX_NAME) + 512 + VIEW_PIECE)

struct view_words {
    const char *text; /* with a space behind, and VIEW_PIECE bytes that can be read */
    size_t length;
};

struct view_probe {
    enum pcapng_direction direction;
    uint16_t number; /* the same for the same probe in every block */
};

struct view {
    /* Which block this is; blocks come and go at the same address. */
    const struct nst_block *block;
    unsigned file;
    uint64_t offset;
    uint64_t sequence;

    /* CLOCK_MONOTONIC: for which events the interfaces and the words of namespaces are. */
    uint64_t from_ns, until_ns;

    uint32_t *interfaces; /* see view_interface() */
    struct view_probe *probes;
    char *text, *netns_text;
    struct view_words *words; /* of devices, probes, drop reasons, tasks in turn */
    struct view_words *netns_words;
    const struct view_words *device_words, *probe_words, *reason_words, *task_words;
};

/* Events of several files come mixed, and so do neighbouring blocks of one. */
#define VIEWS_MAX 64

struct views {
    struct nst_probe *probes; /* all that were met; a probe's number is its index */
    uint32_t probes_count;
    struct view list[VIEWS_MAX];
    unsigned count;
    unsigned oldest;
};

void views_free(struct views *views);

/* The view of a block; *fresh: it was made just now. NULL: no memory. Valid until the next call. */
struct view *views_get(struct views *views, const struct input_file *file,
                       const struct nst_block *block, bool *fresh);

/* Where the number of an event's interface is kept, NST_NONE at first: one a device, and one a
 * namespace and for none for events without a device; all of these for each of two linktypes. */
uint32_t *view_interface(const struct view *view, const struct nst_event *event, bool raw);

static inline bool view_is_of(const struct view *view, uint64_t ts_ns)
{
    return ts_ns >= view->from_ns && ts_ns <= view->until_ns;
}

/* Makes it one for events of that time, in which namespaces may have other names than before. */
void view_move(struct view *view, const struct input *in, uint64_t ts_ns);
/* Makes the words for that time, those that are not there yet. False: no memory. */
bool view_say(struct view *view, const struct input *in, uint64_t ts_ns);
/* Writes an event's comment, as nstrail(1) describes it; view_say() came before. say_vlan: its
 * VLAN tag is nowhere in its bytes. to: VIEW_COMMENT_MAX bytes. Answers the length. */
size_t view_comment(const struct view *view, const struct nst_event *event, bool say_vlan,
                    char *to);

#endif
