/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The words of a block's dictionaries, and the comments put together from them. */
#include "config.h"

#include "analyze/export_cache.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/be.h"
#include "analyze/clause.h"
#include "analyze/escape.h"

static void say_probe(FILE *out, const struct nst_probe *probe)
{
    fputs("at ", out);
    escape_percent(out, probe->symbol);
}

static void say_reason(FILE *out, const struct nst_drop_reason *reason)
{
    fputs("drop ", out);
    if (reason->subsys) {
        escape_percent(out, reason->subsys);
        fputs("/", out);
    }
    if (reason->name)
        escape_percent(out, reason->name);
    else
        fprintf(out, "%" PRIu32, reason->number);
}

static void say_task(FILE *out, const struct nst_task *task)
{
    fprintf(out, "pid %" PRIu32, task->pid);
    if (task->tgid != task->pid)
        fprintf(out, "/%" PRIu32, task->tgid);
    fputs(" (", out);
    escape_percent(out, task->comm);
    fputs(")", out);
}

/* Ends the words of one entry: notes where they end. */
static struct export_words *close_words(FILE *out, struct export_words *words)
{
    putc(' ', out);
    words->length = (size_t)ftell(out);
    return words + 1;
}

static struct export_words *say_entries(FILE *out, struct export_words *words,
                                        const struct export_block *cached)
{
    const struct nst_block *b = cached->block;

    for (uint32_t i = 0; i < b->devices_count; i++) {
        clause_device(out, b->devices[i].ifindex, b->devices[i].name);
        words = close_words(out, words);
    }
    for (uint32_t i = 0; i < b->probes_count; i++) {
        say_probe(out, &b->probes[i]);
        words = close_words(out, words);
    }
    for (uint32_t i = 0; i < b->drop_reasons_count; i++) {
        say_reason(out, &b->drop_reasons[i]);
        words = close_words(out, words);
    }
    for (uint32_t i = 0; i < b->tasks_count; i++) {
        say_task(out, &b->tasks[i]);
        words = close_words(out, words);
    }
    return words;
}

/* Ends what was said: finds the words in it. False: no memory. */
static bool end_words(FILE *out, struct export_words *words, const struct export_words *end,
                      char *const *text)
{
    size_t pos = 0;
    bool ok;

    fprintf(out, "%*s", WORDS_PIECE, "");
    ok = !ferror(out);
    if (fclose(out) != 0 || !ok)
        return false;
    for (struct export_words *w = words; w < end; w++) {
        size_t next = w->length;

        *w = (struct export_words){.text = *text + pos, .length = next - pos};
        pos = next;
    }
    return true;
}

static bool say_netns(const struct export_block *cached, const struct input *in, uint32_t i,
                      uint64_t ts_ns)
{
    const struct inventory *inv = input_known(in, cached->file);
    const struct nst_netns *netns = &cached->block->netns[i];
    struct export_netns *n = &cached->netns[i];
    size_t size;
    FILE *out;

    free(n->text);
    *n = (struct export_netns){.until_ns = UINT64_MAX};
    out = open_memstream(&n->text, &size);
    if (!out)
        return false;
    inventory_steady(inv, netns, ts_ns, &n->from_ns, &n->until_ns);
    clause_netns(out, netns, inventory_label(inv, netns, ts_ns));
    return end_words(out, &n->words, close_words(out, &n->words), &n->text);
}

static bool say_rest(struct export_block *cached)
{
    const struct nst_block *b = cached->block;
    size_t count =
        (size_t)b->devices_count + b->probes_count + b->drop_reasons_count + b->tasks_count;
    size_t size;
    FILE *out;

    cached->words = calloc(count + 1, sizeof(*cached->words));
    out = cached->words ? open_memstream(&cached->text, &size) : NULL;
    if (!out ||
        !end_words(out, cached->words, say_entries(out, cached->words, cached), &cached->text))
        return false;
    cached->device_words = cached->words;
    cached->probe_words = cached->device_words + b->devices_count;
    cached->reason_words = cached->probe_words + b->probes_count;
    cached->task_words = cached->reason_words + b->drop_reasons_count;
    return true;
}

bool export_make_words(struct export_block *cached, const struct input *in,
                       const struct nst_event *event)
{
    return (event->netns == NST_NONE || say_netns(cached, in, event->netns, event->ts_ns)) &&
           (cached->words || say_rest(cached));
}

static char *put_words(char *to, const struct export_words *words)
{
    memcpy(to, words->text, WORDS_PIECE);
    for (size_t done = WORDS_PIECE; done < words->length; done += WORDS_PIECE)
        memcpy(to + done, words->text + done, WORDS_PIECE);
    return to + words->length;
}

static inline char *put_text(char *to, const char *text)
{
    size_t length = strlen(text);

    memcpy(to, text, length);
    return to + length;
}

/* Numbers bring a space along, as words do. */
static char *put_decimal(char *to, uint32_t value)
{
    char digits[10];
    unsigned n = 0;

    do
        digits[n++] = (char)('0' + value % 10);
    while (value /= 10);
    while (n)
        *to++ = digits[--n];
    *to++ = ' ';
    return to;
}

/* The 8 digits of a number, all at once: each has a byte of a word. */
static inline void put_8_hex(char *to, uint32_t value)
{
    uint64_t digits = value, letters;

    digits = (digits | digits << 16) & 0x0000ffff0000ffff;
    digits = (digits | digits << 8) & 0x00ff00ff00ff00ff;
    digits = (digits | digits << 4) & 0x0f0f0f0f0f0f0f0f;
    /* 1 in the bytes of 10 to 15. */
    letters = (digits + 0x0606060606060606) >> 4 & 0x0101010101010101;
    put_be64((uint8_t *)to, digits + 0x3030303030303030 + letters * ('a' - '0' - 10));
}

/* Without leading zeros. */
static char *put_hex(char *to, uint64_t value)
{
    unsigned unused = value ? (unsigned)__builtin_clzll(value) / 4 : 15;

    value <<= 4 * unused;
    put_8_hex(to, (uint32_t)(value >> 32));
    put_8_hex(to + 8, (uint32_t)value);
    to += 16 - unused;
    *to = ' ';
    return to + 1;
}

/* What of an skb says where a packet came from and goes to. */
static char *put_skb(char *to, const struct nst_skb *skb)
{
    if (skb->mark)
        to = put_hex(put_text(to, "mark 0x"), skb->mark);
    if (skb->priority)
        to = put_hex(put_text(to, "priority 0x"), skb->priority);
    if (skb->hash)
        to = put_hex(put_text(to, "hash 0x"), skb->hash);
    if (skb->gso_size) {
        to = put_decimal(put_text(to, "gso "), skb->gso_size);
        to[-1] = '/';
        to = put_decimal(to, skb->gso_segs);
    }
    return to;
}

size_t export_comment(const struct export_block *cached, const struct nst_event *event,
                      bool say_vlan, char *to)
{
    const char *start = to;

    if (event->netns != NST_NONE)
        to = put_words(to, &cached->netns[event->netns].words);
    if (event->device != NST_NONE)
        to = put_words(to, &cached->device_words[event->device]);
    if (event->rx_ifindex)
        to = put_decimal(put_text(to, "rxif "), event->rx_ifindex);
    if (say_vlan)
        to = put_decimal(put_text(to, "vlan "), event->vlan_tci & 0xfff);
    to = put_words(to, &cached->probe_words[event->probe]);
    if (event->journey_id)
        to = put_hex(put_text(to, "track 0x"), event->journey_id);
    if (event->drop_reason != NST_NONE)
        to = put_words(to, &cached->reason_words[event->drop_reason]);
    if (event->state)
        to = put_skb(to, event->state);
    if (event->task != NST_NONE)
        to = put_words(to, &cached->task_words[event->task]);
    /* Without the last part's space. */
    return (size_t)(to - start) - 1;
}
