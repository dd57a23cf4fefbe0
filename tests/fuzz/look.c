/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void must(bool promise)
{
    if (!promise)
        abort();
}

static void look_at_name(const char *name, bool always)
{
    must(name || !always);
    must(!name || strlen(name) <= NST_MAX_NAME);
}

static void look_at_bytes(const uint8_t *p, size_t len)
{
    static volatile uint8_t sink;
    uint8_t sum = 0;
    size_t i;

    for (i = 0; i < len; i++)
        sum ^= p[i];
    sink = sum;
    (void)sink;
}

static void look_at_dictionaries(const struct nst_block *b)
{
    uint32_t i;

    look_at_bytes((const uint8_t *)b->netns, b->netns_count * sizeof(*b->netns));
    for (i = 0; i < b->devices_count; i++) {
        must(b->devices[i].netns == NST_NONE || b->devices[i].netns < b->netns_count);
        look_at_name(b->devices[i].name, true);
    }
    for (i = 0; i < b->tasks_count; i++)
        look_at_name(b->tasks[i].comm, true);
    for (i = 0; i < b->probes_count; i++)
        look_at_name(b->probes[i].symbol, true);
    for (i = 0; i < b->drop_reasons_count; i++) {
        look_at_name(b->drop_reasons[i].subsys, false);
        look_at_name(b->drop_reasons[i].name, false);
    }
    for (i = 0; i < b->frames_count; i++) {
        must(b->frames[i].caller == NST_NONE || b->frames[i].caller < i);
        look_at_name(b->frames[i].name, true);
    }
}

static void look_at_event(const struct nst_block *b, const struct nst_event *ev)
{
    must(ev->netns == NST_NONE || ev->netns < b->netns_count);
    must(ev->device == NST_NONE || ev->device < b->devices_count);
    must(ev->task == NST_NONE || ev->task < b->tasks_count);
    must(ev->drop_reason == NST_NONE || ev->drop_reason < b->drop_reasons_count);
    must(ev->stack == NST_NONE || ev->stack < b->frames_count);
    must(ev->probe < b->probes_count);
    must(ev->caplen_bytes <= ev->len_bytes && ev->caplen_bytes <= NST_MAX_SNAPLEN);
    must(ev->journey_id || (!ev->journey_ts_ns && !ev->journey_head));
    must(!ev->packet || ev->caplen_bytes);
    if (ev->packet)
        look_at_bytes(ev->packet, ev->caplen_bytes);
}

static void look_at_text(const char *text)
{
    must(!text || strlen(text) <= NST_MAX_TEXT);
}

static void look_at_inventory(const struct nst_tables *t)
{
    size_t i;

    must(t->netns_count + t->processes_count + t->containers_count + t->devices_count +
             t->addresses_count <=
         NST_MAX_ROWS);
    for (i = 0; i < t->processes_count; i++) {
        look_at_text(t->processes[i].comm);
        look_at_text(t->processes[i].exe);
        look_at_text(t->processes[i].cgroup);
        look_at_text(t->processes[i].cmdline);
    }
    for (i = 0; i < t->containers_count; i++) {
        must(t->containers[i].id);
        look_at_text(t->containers[i].id);
        look_at_text(t->containers[i].image);
        look_at_text(t->containers[i].pod_uid);
    }
    for (i = 0; i < t->devices_count; i++) {
        must(t->devices[i].name);
        look_at_text(t->devices[i].name);
        look_at_text(t->devices[i].kind);
        must(t->devices[i].mac.len <= sizeof(t->devices[i].mac.data));
    }
    for (i = 0; i < t->addresses_count; i++)
        must(t->addresses[i].address.len <= sizeof(t->addresses[i].address.data));
}

static void look_at_tables(const struct nst_tables *t)
{
    size_t i;

    for (i = 0; i < t->netns_names_count; i++)
        look_at_name(t->netns_names[i].name, true);
    for (i = 0; i < t->counters_count; i++) {
        look_at_name(t->counters[i].name, true);
        look_at_name(t->counters[i].probe, false);
        must(t->counters[i].known || !t->counters[i].value);
    }
    look_at_inventory(t);
}

void fuzz_look_at(const struct nst_block *block)
{
    uint32_t i;

    look_at_dictionaries(block);
    for (i = 0; block->events && i < block->info.events; i++)
        look_at_event(block, &block->events[i]);
    if (block->tables)
        look_at_tables(block->tables);
}

int fuzz_file(const uint8_t *data, size_t size)
{
    int fd = memfd_create("nstrail", MFD_CLOEXEC);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) < 0)
        abort();
    return fd;
}
