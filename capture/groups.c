/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/groups.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/array.h"

static const char *const tracefs[] = {
    "/sys/kernel/tracing/events",
    "/sys/kernel/debug/tracing/events",
};

struct member {
    char *tracepoint, *group;
};

struct groups {
    struct member *list; /* by tracepoint */
    size_t count, room;
    bool from_tracefs;
};

/* Tracepoints with an skb, by the files of include/trace/events and others that define them,
 * from 5.8 to 6.18, and of 7.2 what is in no module. */
static const struct {
    const char *group;
    const char *tracepoints; /* with blanks between */
} known[] = {
    {"devlink", "devlink_trap_report"},
    {"icmp", "icmp_send"},
    {"mptcp", "get_mapping_status subflow_check_data_avail"},
    {"net", "napi_gro_frags_entry napi_gro_receive_entry net_dev_queue net_dev_start_xmit "
            "net_dev_xmit netif_receive_skb netif_receive_skb_entry "
            "netif_receive_skb_list_entry netif_rx netif_rx_entry netif_rx_ni_entry"},
    {"openvswitch", "ovs_do_execute_action ovs_dp_upcall"},
    {"qdisc", "qdisc_dequeue qdisc_drop qdisc_enqueue"},
    {"rxrpc", "rxrpc_skb"},
    {"skb", "consume_skb kfree_skb skb_copy_datagram_iovec"},
    {"sock", "sock_rcvqueue_full"},
    {"tcp", "tcp_ao_handshake_failure tcp_ao_key_not_found tcp_ao_mismatch tcp_ao_rnext_request "
            "tcp_ao_synack_no_key tcp_ao_wrong_maclen tcp_bad_csum tcp_hash_ao_required "
            "tcp_hash_bad_header tcp_hash_md5_mismatch tcp_hash_md5_required "
            "tcp_hash_md5_unexpected tcp_probe tcp_retransmit_skb tcp_send_reset "
            "tcp_sendmsg_locked"},
    {"tipc", "tipc_proto_build tipc_proto_rcv tipc_sk_advance_rx tipc_sk_create tipc_sk_drop_msg "
             "tipc_sk_dump tipc_sk_filter_rcv tipc_sk_overlimit1 tipc_sk_overlimit2 tipc_sk_poll "
             "tipc_sk_rej_msg tipc_sk_release tipc_sk_sendmcast tipc_sk_sendmsg tipc_sk_sendstream "
             "tipc_sk_shutdown tipc_skb_dump"},
    {"udp", "udp_fail_queue_rcv_skb"},
};

static bool add(struct groups *g, const char *tracepoint, size_t length, const char *group)
{
    struct member *m;
    struct member *list = nst_array_room(g->list, g->count, &g->room, sizeof(*list));

    if (!list)
        return false;
    g->list = list;
    m = &g->list[g->count];
    m->tracepoint = strndup(tracepoint, length);
    m->group = strdup(group);
    if (!m->tracepoint || !m->group) {
        free(m->tracepoint);
        free(m->group);
        return false;
    }
    g->count++;
    return true;
}

static bool add_known(struct groups *g)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        for (const char *at = known[i].tracepoints; *at;) {
            size_t length = strcspn(at, " ");

            if (!add(g, at, length, known[i].group))
                return false;
            at += length + strspn(at + length, " ");
        }
    return true;
}

/* False: no memory. */
static bool add_group(struct groups *g, const char *root, const char *group)
{
    char path[512];
    struct dirent *entry;
    bool added = true;
    DIR *dir;

    if (snprintf(path, sizeof(path), "%s/%s", root, group) >= (int)sizeof(path))
        return true;
    dir = opendir(path);
    /* Not a folder: one of the files beside the groups. */
    if (!dir)
        return true;
    while (added && (entry = readdir(dir)))
        if (*entry->d_name != '.')
            added = add(g, entry->d_name, strlen(entry->d_name), group);
    closedir(dir);
    return added;
}

static bool add_tracefs(struct groups *g, const char *root)
{
    DIR *dir = opendir(root);
    struct dirent *entry;
    bool added = true;

    if (!dir)
        return true;
    while (added && (entry = readdir(dir)))
        if (*entry->d_name != '.')
            added = add_group(g, root, entry->d_name);
    closedir(dir);
    g->from_tracefs = g->count > 0;
    return added;
}

static int by_tracepoint(const void *a, const void *b)
{
    return strcmp(((const struct member *)a)->tracepoint, ((const struct member *)b)->tracepoint);
}

struct groups *groups_read(void)
{
    struct groups *g = calloc(1, sizeof(*g));
    bool added = g != NULL;

    for (size_t i = 0; added && !g->count && i < sizeof(tracefs) / sizeof(tracefs[0]); i++)
        added = add_tracefs(g, tracefs[i]);
    if (added && !g->count)
        added = add_known(g);
    if (!added) {
        groups_free(g);
        return NULL;
    }
    qsort(g->list, g->count, sizeof(*g->list), by_tracepoint);
    return g;
}

void groups_free(struct groups *g)
{
    for (size_t i = 0; g && i < g->count; i++) {
        free(g->list[i].tracepoint);
        free(g->list[i].group);
    }
    if (g)
        free(g->list);
    free(g);
}

bool groups_from_tracefs(const struct groups *g)
{
    return g->from_tracefs;
}

const char *groups_find(const struct groups *g, const char *tracepoint)
{
    struct member key = {.tracepoint = (char *)tracepoint};
    const struct member *found = bsearch(&key, g->list, g->count, sizeof(*g->list), by_tracepoint);

    return found ? found->group : NULL;
}
