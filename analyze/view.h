/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the export has worked out about a block, once for all of its events, or for those between
 * two changes of who their namespace is: the interfaces of its devices, the directions of its
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

/* What is worked out for a namespace is for events of a time, CLOCK_MONOTONIC: it may have other
 * names before and after. */
struct view_netns {
    uint64_t from_ns, until_ns;
    char *text; /* of the words */
    struct view_words words;
};

struct view_interface {
    uint64_t from_ns, until_ns;
    uint32_t number;
};

struct view {
    /* Which block this is; blocks come and go at the same address. */
    const struct nst_block *block;
    unsigned file;
    uint64_t offset;
    uint64_t sequence;

    struct view_netns *netns;
    uint32_t netns_count;
    struct view_interface *interfaces; /* see view_interface() */
    struct view_probe *probes;
    char *text;
    struct view_words *words; /* of devices, probes, drop reasons, tasks in turn */
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

/* Where an event's interface is kept, of no time at first: one a device, and one a namespace and
 * for none for events without a device; all of these for each of two linktypes. */
struct view_interface *view_interface(const struct view *view, const struct nst_event *event,
                                      bool raw);

/* The words for an event are there. */
static inline bool view_is_said(const struct view *view, const struct nst_event *event)
{
    const struct view_netns *n = &view->netns[event->netns == NST_NONE ? 0 : event->netns];

    return view->words && (event->netns == NST_NONE ||
                           (event->ts_ns >= n->from_ns && event->ts_ns <= n->until_ns));
}

/* Makes them. False: no memory. */
bool view_say(struct view *view, const struct input *in, const struct nst_event *event);
/* Writes an event's comment, as nstrail(1) describes it; its words are there. say_vlan: its
 * VLAN tag is nowhere in its bytes. to: VIEW_COMMENT_MAX bytes. Answers the length. */
size_t view_comment(const struct view *view, const struct nst_event *event, bool say_vlan,
                    char *to);

#endif
