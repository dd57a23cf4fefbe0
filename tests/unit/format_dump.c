/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes samples to a file (-w FILE), or prints each event of one with all that it refers to,
 * in the form of format_manual.py. */
#include "config.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "format/writer.h"
#include "tests/unit/format_sample.h"

static int make(const char *path)
{
    const struct nst_file_info info = {.salt = {1, 2, 3, 4}, .snaplen = 128, .hostname = "host"};
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    struct nst_writer *w;
    struct sample s;
    bool ok;

    if (fd < 0 || nst_writer_open_salted(&w, fd, &info, NULL) < 0)
        return 1;
    sample_journeys(&s, 21, 2500, 128);
    sample_states(&s, 23);
    ok = sample_write(&s, w);
    sample_free(&s);
    nst_writer_flush(w, NULL);
    sample_chaos(&s, 22, 300, 40, 200);
    ok &= sample_write(&s, w);
    sample_free(&s);
    return nst_writer_close(w, NULL, NULL) < 0 || !ok;
}

static void print_name(const char *s)
{
    if (!s)
        printf("-");
    else if (!*s)
        printf("\"\"");
    for (; s && *s; s++)
        printf("%02x", (unsigned char)*s);
}

static void print_netns(const struct nst_block *b, uint32_t i)
{
    if (i == NST_NONE)
        printf("-");
    else
        printf("%" PRIu64 "/%" PRIu32, b->netns[i].cookie, b->netns[i].inum);
}

static void print_device(const struct nst_block *b, uint32_t i)
{
    if (i == NST_NONE) {
        printf("-");
        return;
    }
    print_netns(b, b->devices[i].netns);
    printf("/%" PRIu32 "/", b->devices[i].ifindex);
    print_name(b->devices[i].name);
}

static void print_task(const struct nst_block *b, uint32_t i)
{
    if (i == NST_NONE) {
        printf("-");
        return;
    }
    printf("%" PRIu32 "/%" PRIu32 "/", b->tasks[i].pid, b->tasks[i].tgid);
    print_name(b->tasks[i].comm);
}

static void print_reason(const struct nst_block *b, uint32_t i)
{
    if (i == NST_NONE) {
        printf("-");
        return;
    }
    printf("%" PRIu32 "/", b->drop_reasons[i].number);
    print_name(b->drop_reasons[i].subsys);
    printf("/");
    print_name(b->drop_reasons[i].name);
}

static void print_stack(const struct nst_block *b, uint32_t i)
{
    printf("[");
    for (; i != NST_NONE; i = b->frames[i].caller) {
        print_name(b->frames[i].name);
        printf(",");
    }
    printf("]");
}

static void print_state(const struct nst_skb *s)
{
    if (!s) {
        printf(" -");
        return;
    }
    printf(" %" PRIu32 "/%" PRIu32 "/%" PRIu32 "/%" PRIu32 "/%" PRIu32 "/%" PRIu32, s->len,
           s->data_len, s->mark, s->hash, s->priority, s->csum);
    printf("/%" PRIu32 "/%" PRIu32 "/%" PRIu32 "/%u/%u/%u", s->users, s->dataref, s->gso_type,
           s->gso_size, s->gso_segs, s->protocol);
    printf("/%u/%u/%u/%u/%u/%u", s->ip_summed, s->csum_level, s->shared_flags, s->frags, s->fclone,
           s->flags);
}

static void print_event(const struct nst_block *b, const struct nst_event *ev)
{
    uint32_t i;

    printf("%" PRIu64 " %" PRIu32 " %" PRIu32 "/", ev->ts_ns, ev->cpu, b->probes[ev->probe].kind);
    print_name(b->probes[ev->probe].symbol);
    printf(" ");
    print_netns(b, ev->netns);
    printf(" %u ", ev->netns_source);
    print_device(b, ev->device);
    printf(" %" PRIu32 " ", ev->rx_ifindex);
    print_task(b, ev->task);
    printf(" ");
    print_reason(b, ev->drop_reason);
    printf(" ");
    print_stack(b, ev->stack);
    printf(" %u %" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, ev->flags,
           (uint32_t)ev->vlan_proto << 16 | ev->vlan_tci, ev->skb, ev->journey_id,
           ev->journey_ts_ns, ev->journey_head);
    printf(" %" PRIu32 " %" PRIu32 " %s", ev->len_bytes, ev->caplen_bytes,
           ev->caplen_bytes ? "" : "-");
    for (i = 0; i < ev->caplen_bytes; i++)
        printf("%02x", ev->packet[i]);
    print_state(ev->state);
    printf("\n");
}

static int dump(const char *path)
{
    const struct nst_block *block;
    struct nst_reader *r;
    uint32_t i;

    if (nst_reader_open(&r, path, NULL, NULL) < 0)
        return 1;
    while (nst_reader_next(r, &block, NULL) == 1) {
        if (block->info.type != NST_BLOCK_EVENTS)
            continue;
        if (nst_reader_load(r, NST_LOAD_PACKETS, NULL) < 0)
            return 1;
        for (i = 0; i < block->info.events; i++)
            print_event(block, &block->events[i]);
    }
    nst_reader_close(r);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "-w") == 0)
        return make(argv[2]);
    return argc == 2 ? dump(argv[1]) : 2;
}
