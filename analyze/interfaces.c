/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/interfaces.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/clause.h"
#include "analyze/escape.h"
#include "analyze/names.h"

void interfaces_init(struct interfaces *set)
{
    *set = (struct interfaces){0};
}

void interfaces_free(struct interfaces *set)
{
    for (uint32_t i = 0; i < set->count; i++) {
        free((char *)set->list[i].key.device);
        free(set->list[i].netns_name);
    }
    free(set->list);
    netns_index_clear(&set->index);
}

static bool same_key(const struct interface_key *a, const struct interface_key *b)
{
    return a->host == b->host && a->linktype == b->linktype && a->has_netns == b->has_netns &&
           a->has_device == b->has_device && a->ifindex == b->ifindex &&
           names_same_netns(&a->netns, &b->netns) &&
           (a->life_ns == b->life_ns || !a->life_ns || !b->life_ns) &&
           strcmp(a->device, b->device) == 0;
}

static bool make_room(struct interfaces *set)
{
    uint32_t room = set->room ? set->room * 2 : 64;
    struct interface *list;

    if (set->count < set->room)
        return true;
    list = realloc(set->list, room * sizeof(*list));
    if (!list)
        return false;
    set->list = list;
    set->room = room;
    return true;
}

static uint32_t add(struct interfaces *set, const struct interface_key *key,
                    const struct netns_index_key *netns, const char *netns_name)
{
    struct interface *interface;
    char *device = strdup(key->device);
    char *name = netns_name ? strdup(netns_name) : NULL;

    if (!device || (netns_name && !name) || !make_room(set) ||
        !netns_index_add(&set->index, netns)) {
        free(device);
        free(name);
        return NST_NONE;
    }
    interface = &set->list[set->count];
    *interface = (struct interface){.key = *key, .netns_name = name};
    interface->key.device = device;
    return set->count++;
}

/* Of those that it can be, the latest. NST_NONE: none is. */
static uint32_t find(const struct interfaces *set, const struct interface_key *key,
                     const struct netns_index_key *netns)
{
    struct netns_index_of of = netns_index_find(&set->index, netns);
    uint32_t found = NST_NONE;
    size_t i;

    while ((i = netns_index_next(&of)) != SIZE_MAX)
        if (same_key(&set->list[i].key, key) && (found == NST_NONE || i > found))
            found = (uint32_t)i;
    return found;
}

uint32_t interfaces_number(struct interfaces *set, const struct interface_key *key,
                           const char *netns_name)
{
    const struct netns_index_key netns = {
        .host = key->host,
        .inum = key->netns.inum,
        .number = key->ifindex,
        .cookie = key->netns.cookie,
        .life_ns = key->life_ns,
    };
    uint32_t number = find(set, key, &netns);
    struct interface *interface;

    if (number == NST_NONE)
        return add(set, key, &netns, netns_name);
    interface = &set->list[number];
    if (!interface->key.netns.cookie)
        interface->key.netns.cookie = key->netns.cookie;
    if (!interface->key.life_ns)
        interface->key.life_ns = key->life_ns;
    if (!interface->netns_name && netns_name)
        interface->netns_name = strdup(netns_name);
    return number;
}

static void extend(struct interface *interface, uint64_t first_ns, uint64_t last_ns)
{
    if (!interface->last_ns || first_ns < interface->first_ns)
        interface->first_ns = first_ns;
    if (last_ns > interface->last_ns)
        interface->last_ns = last_ns;
}

void interfaces_count(struct interfaces *set, uint32_t number, uint64_t time_ns)
{
    extend(&set->list[number], time_ns, time_ns);
    set->list[number].packets++;
}

void interfaces_dropped(struct interfaces *set, uint32_t number, uint64_t dropped,
                        uint64_t first_ns, uint64_t last_ns)
{
    extend(&set->list[number], first_ns, last_ns);
    set->list[number].dropped += dropped;
}

/* "web/eth0"; "web": packets without a device; "?/eth0": without a namespace; "?": neither. */
static void print_name(FILE *out, const struct interface *interface)
{
    if (interface->netns_name)
        escape_percent(out, interface->netns_name);
    else if (interface->key.has_netns)
        fprintf(out, "%" PRIu32, interface->key.netns.inum);
    else
        fputs("?", out);
    if (interface->key.has_device) {
        fputs("/", out);
        escape_percent(out, interface->key.device);
    }
}

static void print_description(FILE *out, const struct interface *interface, const char *host)
{
    const char *separator = "";

    if (interface->key.has_netns) {
        clause_netns(out, &interface->key.netns, interface->netns_name);
        separator = " ";
    }
    if (interface->key.has_device) {
        fputs(separator, out);
        clause_device(out, interface->key.ifindex, interface->key.device);
        separator = " ";
    }
    if (!*separator) {
        fputs("no namespace and no device", out);
        separator = " ";
    }
    if (host) {
        fprintf(out, "%shost ", separator);
        escape_percent(out, host);
    }
}

static bool describe(const struct interface *interface, struct stream *out, uint32_t snaplen,
                     const char *host)
{
    struct pcapng_interface block = {.linktype = interface->key.linktype, .snaplen = snaplen};
    char *text = NULL;
    size_t size, description;
    FILE *words = open_memstream(&text, &size);
    bool ok;

    if (!words)
        return false;
    print_name(words, interface);
    putc('\0', words);
    fflush(words);
    description = size;
    print_description(words, interface, host);
    ok = !ferror(words);
    if (fclose(words) == 0 && ok) {
        block.name = text;
        block.description = text + description;
        pcapng_interface(out, &block);
    }
    free(text);
    return ok;
}

bool interfaces_describe(const struct interfaces *set, struct stream *out, uint32_t snaplen,
                         const char *const *hosts, unsigned hosts_count)
{
    for (uint32_t i = 0; i < set->count; i++) {
        const struct interface *interface = &set->list[i];
        const char *host = NULL;

        if (hosts_count > 1)
            host = hosts[interface->key.host] ? hosts[interface->key.host] : "?";
        if (!describe(interface, out, snaplen, host))
            return false;
    }
    return true;
}

void interfaces_statistics(const struct interfaces *set, struct stream *out)
{
    for (uint32_t i = 0; i < set->count; i++) {
        const struct interface *interface = &set->list[i];

        if (interface->packets || interface->dropped)
            pcapng_statistics(out, &(struct pcapng_statistics){
                                       .interface = i,
                                       .first_ns = interface->first_ns,
                                       .last_ns = interface->last_ns,
                                       .received = interface->packets,
                                       .dropped = interface->dropped,
                                   });
    }
}
