/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A cache of what the export works out once for all events of a block: the interfaces of its
 * devices, the directions of its probes, and the words of its dictionaries' entries, of which
 * events' comments are put together. What belongs to a namespace is worked out again whenever the
 * namespace has another name.
 */
#ifndef NST_ANALYZE_EXPORT_CACHE_H
#define NST_ANALYZE_EXPORT_CACHE_H

#include "analyze/input.h"
#include "analyze/intern.h"
#include "analyze/inventory_label.h"
#include "analyze/pcapng.h"

/* Words are copied in whole pieces of this size, which the compiler does without a call to
 * memcpy(): so many bytes behind their end may be read, and where they go, written. */
#define WORDS_PIECE 64

/* No comment is longer: it has a label and five names, of which each byte becomes three where it is
 * escaped, and numbers. */
#define EXPORT_COMMENT_MAX (3 * (INVENTORY_LABEL_MAX + 5 * NST_MAX_NAME) + 512 + WORDS_PIECE)

struct export_words {
    const char *text; /* ends with a space; WORDS_PIECE more bytes can be read */
    size_t length;
};

struct export_probe {
    enum pcapng_direction direction;
    uint16_t number; /* the same in every block */
};

/* A namespace may have other names before and after: what is worked out of it holds for events from
 * one time until another (CLOCK_MONOTONIC). */
struct export_netns {
    uint64_t from_ns, until_ns;
    char *text; /* owns what the words point to */
    struct export_words words;
};

struct export_interface {
    uint64_t from_ns, until_ns;
    uint32_t number;
};

struct export_block {
    /* Which block this is. The address alone does not tell: memory is used again. */
    const struct nst_block *block;
    unsigned file;
    uint64_t offset;
    uint64_t sequence;

    struct export_netns *netns;
    uint32_t netns_count;
    struct export_interface *interfaces; /* see export_block_interface() */
    struct export_probe *probes;
    char *text;                 /* owns what the words point to */
    struct export_words *words; /* of devices, probes, drop reasons, tasks in turn; NULL: not yet */
    const struct export_words *device_words, *probe_words, *reason_words, *task_words;
};

/* Events of several files come mixed, and so do those of neighbouring blocks of one file. */
#define CACHED_BLOCKS_MAX 64

struct export_cache {
    struct intern probes; /* all that were met: a probe's number, plus one */
    struct export_block list[CACHED_BLOCKS_MAX];
    unsigned count;
    unsigned oldest;
};

void export_cache_free(struct export_cache *cache);

/* What is worked out of a block, at first nothing; *fresh: the block was not in the cache. NULL: no
 * memory. Valid until the next call. */
struct export_block *export_cache_get(struct export_cache *cache, const struct input_file *file,
                                      const struct nst_block *block, bool *fresh);

/* Where the interface of an event is kept; at first it holds for no time. There is one for each
 * device; for events without a device, one for each namespace; and one for events with neither.
 * Each of them twice: for raw-IP packets (raw) and for Ethernet's. */
struct export_interface *export_block_interface(const struct export_block *cached,
                                                const struct nst_event *event, bool raw);

/* Whether the words for the event's comment are made. */
static inline bool export_has_words(const struct export_block *cached,
                                    const struct nst_event *event)
{
    const struct export_netns *n = &cached->netns[event->netns == NST_NONE ? 0 : event->netns];

    return cached->words && (event->netns == NST_NONE ||
                             (event->ts_ns >= n->from_ns && event->ts_ns <= n->until_ns));
}

/* Makes them. False: no memory. */
bool export_make_words(struct export_block *cached, const struct input *in,
                       const struct nst_event *event);
/* Writes an event's comment, as nstrail(1) describes it, from words that are made. say_vlan: its
 * VLAN tag is nowhere in its bytes. to: EXPORT_COMMENT_MAX bytes. Answers the length. */
size_t export_comment(const struct export_block *cached, const struct nst_event *event,
                      bool say_vlan, char *to);

#endif
