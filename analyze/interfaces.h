/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The interfaces of a pcapng file: one a device of a namespace of a host. */
#ifndef NST_ANALYZE_INTERFACES_H
#define NST_ANALYZE_INTERFACES_H

#include "analyze/netns_index.h"
#include "analyze/pcapng.h"
#include "format/nstrail.h"

/* What tells one from another. */
struct interface_key {
    unsigned host;
    uint16_t linktype;
    bool has_netns;
    bool has_device;
    struct nst_netns netns; /* zeros when there is none */
    uint64_t life_ns;       /* inventory_life_key() */
    uint32_t ifindex;       /* 0 when there is no device */
    const char *device;     /* its name; "" when there is none */
};

struct interface {
    struct interface_key key; /* owns its copy of the device's name */
    char *netns_name;         /* NULL: none is known */
    uint64_t packets;
    uint64_t dropped;           /* events that the recorder lost */
    uint64_t first_ns, last_ns; /* of its packets, since 1970 */
};

struct interfaces {
    struct interface *list;
    uint32_t count, room;
    struct netns_index index;
};

void interfaces_init(struct interfaces *set);
void interfaces_free(struct interfaces *set);

/* The number of the interface of that key, which is made if need be; netns_name is copied and may
 * be NULL. NST_NONE: no memory. */
uint32_t interfaces_number(struct interfaces *set, const struct interface_key *key,
                           const char *netns_name);
void interfaces_count(struct interfaces *set, uint32_t number, uint64_t time_ns);
/* Counts events that were lost between these times, nobody knows at which device. */
void interfaces_dropped(struct interfaces *set, uint32_t number, uint64_t dropped,
                        uint64_t first_ns, uint64_t last_ns);

/* Writes their description blocks. hosts: their names, said where there are several. False: no
 * memory. */
bool interfaces_describe(const struct interfaces *set, struct stream *out, uint32_t snaplen,
                         const char *const *hosts, unsigned hosts_count);
void interfaces_statistics(const struct interfaces *set, struct stream *out);

#endif
