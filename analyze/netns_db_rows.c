/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/netns_db_rows.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "analyze/netns_words.h"

#define SPAN "x.first_mono_ns, x.last_mono_ns, "
#define FROM(name)                                                                                 \
    " FROM " name " x JOIN netns n ON n.id = x.netns_id ORDER BY x.first_mono_ns, x.id"

/* Of a column that import never leaves empty; somebody else may have. */
static const char *some_text_at(sqlite3_stmt *s, int column)
{
    const char *text = text_at(s, column);

    return text ? text : "";
}

static uint32_t number_or_none(sqlite3_stmt *s, int column)
{
    if (sqlite3_column_type(s, column) == SQLITE_NULL)
        return NST_NONE;
    return (uint32_t)number_at(s, column);
}

struct inventory_head netns_db_head(sqlite3_stmt *s)
{
    return (struct inventory_head){
        .netns = {number_at(s, COLUMN_COOKIE), (uint32_t)number_at(s, COLUMN_INUM)},
        .first_ts_ns = number_at(s, COLUMN_FIRST),
        .last_ts_ns = number_at(s, COLUMN_LAST),
    };
}

static void take_netns(sqlite3_stmt *s, struct inventory_head head, struct netns_db_row *row)
{
    row->netns = (struct nst_known_netns){
        .netns = head.netns,
        .first_ts_ns = head.first_ts_ns,
        .last_ts_ns = head.last_ts_ns,
        .owner_uid = number_or_none(s, COLUMN_REST + 2),
        .userns_inum = (uint32_t)number_at(s, COLUMN_REST + 3),
    };
    if (number_at(s, COLUMN_REST))
        row->netns.flags |= NST_NETNS_INITIAL;
    if (number_at(s, COLUMN_REST + 1))
        row->netns.flags |= NST_NETNS_GONE;
    row->tables.netns = &row->netns;
    row->tables.netns_count = 1;
}

static void take_name(sqlite3_stmt *s, struct inventory_head head, struct netns_db_row *row)
{
    const char *place = some_text_at(s, COLUMN_REST + 1);

    row->name = (struct nst_netns_name){
        .netns = head.netns,
        .first_ts_ns = head.first_ts_ns,
        .last_ts_ns = head.last_ts_ns,
        .name = some_text_at(s, COLUMN_REST),
        .place = !strcmp(place, "netns")   ? NST_PLACE_NETNS
                 : !strcmp(place, "mount") ? NST_PLACE_MOUNT
                                           : NST_PLACE_FD,
    };
    row->tables.netns_names = &row->name;
    row->tables.netns_names_count = 1;
}

static void take_process(sqlite3_stmt *s, struct inventory_head head, struct netns_db_row *row)
{
    row->process = (struct nst_process){
        .netns = head.netns,
        .first_ts_ns = head.first_ts_ns,
        .last_ts_ns = head.last_ts_ns,
        .pid = (uint32_t)number_at(s, COLUMN_REST),
        .start_ns = number_at(s, COLUMN_REST + 1),
        .comm = some_text_at(s, COLUMN_REST + 2),
        .exe = text_at(s, COLUMN_REST + 3),
        .uid = number_or_none(s, COLUMN_REST + 4),
        .cgroup = text_at(s, COLUMN_REST + 5),
        .cmdline = text_at(s, COLUMN_REST + 6),
    };
    if (number_at(s, COLUMN_REST + 7))
        row->process.flags |= NST_PROCESS_LEADER;
    if (number_at(s, COLUMN_REST + 8))
        row->process.flags |= NST_PROCESS_INIT;
    row->tables.processes = &row->process;
    row->tables.processes_count = 1;
}

static void take_container(sqlite3_stmt *s, struct inventory_head head, struct netns_db_row *row)
{
    row->container = (struct nst_container){
        .netns = head.netns,
        .first_ts_ns = head.first_ts_ns,
        .last_ts_ns = head.last_ts_ns,
        .id = some_text_at(s, COLUMN_REST),
        .runtime = text_at(s, COLUMN_REST + 1),
        .name = text_at(s, COLUMN_REST + 2),
        .image = text_at(s, COLUMN_REST + 3),
        .pod_namespace = text_at(s, COLUMN_REST + 4),
        .pod_name = text_at(s, COLUMN_REST + 5),
        .pod_uid = text_at(s, COLUMN_REST + 6),
        .pod_container = text_at(s, COLUMN_REST + 7),
        .pid = (uint32_t)number_at(s, COLUMN_REST + 8),
    };
    row->tables.containers = &row->container;
    row->tables.containers_count = 1;
}

/* "02:00:00:00:00:01" */
static struct nst_octets mac_of(const char *text)
{
    struct nst_octets mac = {0};
    unsigned byte;
    int length;

    while (text && mac.len < sizeof(mac.data) && sscanf(text, "%2x%n", &byte, &length) == 1) {
        mac.data[mac.len++] = (uint8_t)byte;
        text += length;
        text = *text == ':' ? text + 1 : NULL;
    }
    return mac;
}

static uint8_t operstate_of(const char *text)
{
    for (uint8_t state = 0; text && state < UINT8_MAX; state++) {
        const char *word = words_operstate(state);

        if (word && !strcmp(word, text))
            return state;
    }
    return 0;
}

static void take_device(sqlite3_stmt *s, struct inventory_head head, struct netns_db_row *row)
{
    row->device = (struct nst_known_device){
        .netns = head.netns,
        .first_ts_ns = head.first_ts_ns,
        .last_ts_ns = head.last_ts_ns,
        .ifindex = (uint32_t)number_at(s, COLUMN_REST),
        .name = some_text_at(s, COLUMN_REST + 1),
        .kind = text_at(s, COLUMN_REST + 2),
        .mac = mac_of(text_at(s, COLUMN_REST + 3)),
        .mtu = (uint32_t)number_at(s, COLUMN_REST + 4),
        .flags = (uint32_t)number_at(s, COLUMN_REST + 5),
        .operstate = operstate_of(text_at(s, COLUMN_REST + 6)),
        .master = (uint32_t)number_at(s, COLUMN_REST + 7),
        .link_netns = {number_at(s, COLUMN_REST + 8), (uint32_t)number_at(s, COLUMN_REST + 9)},
        .link_ifindex = (uint32_t)number_at(s, COLUMN_REST + 10),
    };
    row->tables.devices = &row->device;
    row->tables.devices_count = 1;
}

static void take_address(sqlite3_stmt *s, struct inventory_head head, struct netns_db_row *row)
{
    bool is_ipv6 = number_at(s, COLUMN_REST + 1) == 6;

    row->address = (struct nst_address){
        .netns = head.netns,
        .first_ts_ns = head.first_ts_ns,
        .last_ts_ns = head.last_ts_ns,
        .ifindex = (uint32_t)number_at(s, COLUMN_REST),
        .prefix = (uint8_t)number_at(s, COLUMN_REST + 3),
    };
    if (inet_pton(is_ipv6 ? AF_INET6 : AF_INET, some_text_at(s, COLUMN_REST + 2),
                  row->address.address.data) == 1)
        row->address.address.len = is_ipv6 ? 16 : 4;
    row->tables.addresses = &row->address;
    row->tables.addresses_count = 1;
}

const struct netns_db_kind netns_db_kinds[NETNS_DB_KINDS] = {
    {NETNS_DB_HEAD
     "n.first_mono_ns, n.last_mono_ns, initial, gone, owner_uid, userns_inum FROM netns n"
     " WHERE n.first_mono_ns IS NOT NULL ORDER BY n.first_mono_ns, n.id",
     take_netns},
    {NETNS_DB_HEAD SPAN "x.name, x.place" FROM("netns_name"), take_name},
    {NETNS_DB_HEAD SPAN "x.pid, x.start_boot_ns, comm, exe, uid, cgroup, cmdline, session_leader,"
                        " pidns_init" FROM("process"),
     take_process},
    {NETNS_DB_HEAD SPAN "container_id, runtime, x.name, image, pod_namespace, pod_name, pod_uid,"
                        " pod_container, pid" FROM("container"),
     take_container},
    {NETNS_DB_HEAD SPAN
     "d.ifindex, d.name, x.kind, x.mac, x.mtu, x.flags, x.state, x.master_ifindex,"
     " coalesce(l.cookie, 0), coalesce(l.inum, 0), x.link_ifindex"
     " FROM device_state x JOIN device d ON d.id = x.device_id"
     " JOIN netns n ON n.id = d.netns_id LEFT JOIN netns l ON l.id = x.link_netns_id"
     " ORDER BY x.first_mono_ns, x.id",
     take_device},
    {NETNS_DB_HEAD SPAN "x.ifindex, family, address, prefix" FROM("address"), take_address},
};
