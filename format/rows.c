/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/rows.h"

#include "format/layout.h"

#define AT(type, member) ((uint16_t)offsetof(struct type, member))

static const struct row_field netns_fields[] = {
    {COLUMN_KNOWN_NETNS, FIELD_SPACE, AT(nst_known_netns, netns)},
    {COLUMN_KNOWN_FIRST, FIELD_FIRST, AT(nst_known_netns, first_ts_ns)},
    {COLUMN_KNOWN_LAST, FIELD_LAST, AT(nst_known_netns, last_ts_ns)},
    {COLUMN_KNOWN_FLAGS, FIELD_U8, AT(nst_known_netns, flags)},
    {COLUMN_KNOWN_OWNER, FIELD_U32_NONE, AT(nst_known_netns, owner_uid)},
    {COLUMN_KNOWN_USERNS, FIELD_U32, AT(nst_known_netns, userns_inum)},
};

static const struct row_field process_fields[] = {
    {COLUMN_PROCESS_NETNS, FIELD_SPACE, AT(nst_process, netns)},
    {COLUMN_PROCESS_FIRST, FIELD_FIRST, AT(nst_process, first_ts_ns)},
    {COLUMN_PROCESS_LAST, FIELD_LAST, AT(nst_process, last_ts_ns)},
    {COLUMN_PROCESS_PID, FIELD_U32, AT(nst_process, pid)},
    {COLUMN_PROCESS_START, FIELD_U64, AT(nst_process, start_ns)},
    {COLUMN_PROCESS_UID, FIELD_U32_NONE, AT(nst_process, uid)},
    {COLUMN_PROCESS_FLAGS, FIELD_U8, AT(nst_process, flags)},
    {COLUMN_PROCESS_COMM, FIELD_TEXT, AT(nst_process, comm)},
    {COLUMN_PROCESS_EXE, FIELD_TEXT, AT(nst_process, exe)},
    {COLUMN_PROCESS_CGROUP, FIELD_TEXT, AT(nst_process, cgroup)},
    {COLUMN_PROCESS_CMDLINE, FIELD_TEXT, AT(nst_process, cmdline)},
};

static const struct row_field container_fields[] = {
    {COLUMN_CONTAINER_NETNS, FIELD_SPACE, AT(nst_container, netns)},
    {COLUMN_CONTAINER_FIRST, FIELD_FIRST, AT(nst_container, first_ts_ns)},
    {COLUMN_CONTAINER_LAST, FIELD_LAST, AT(nst_container, last_ts_ns)},
    {COLUMN_CONTAINER_RUNTIME, FIELD_TEXT, AT(nst_container, runtime)},
    {COLUMN_CONTAINER_ID, FIELD_TEXT, AT(nst_container, id)},
    {COLUMN_CONTAINER_NAME, FIELD_TEXT, AT(nst_container, name)},
    {COLUMN_CONTAINER_IMAGE, FIELD_TEXT, AT(nst_container, image)},
    {COLUMN_CONTAINER_POD_NAME, FIELD_TEXT, AT(nst_container, pod_name)},
    {COLUMN_CONTAINER_POD_NAMESPACE, FIELD_TEXT, AT(nst_container, pod_namespace)},
    {COLUMN_CONTAINER_POD_UID, FIELD_TEXT, AT(nst_container, pod_uid)},
    {COLUMN_CONTAINER_POD_CONTAINER, FIELD_TEXT, AT(nst_container, pod_container)},
    {COLUMN_CONTAINER_PID, FIELD_U32, AT(nst_container, pid)},
};

static const struct row_field device_fields[] = {
    {COLUMN_LINK_NETNS, FIELD_SPACE, AT(nst_known_device, netns)},
    {COLUMN_LINK_FIRST, FIELD_FIRST, AT(nst_known_device, first_ts_ns)},
    {COLUMN_LINK_LAST, FIELD_LAST, AT(nst_known_device, last_ts_ns)},
    {COLUMN_LINK_IFINDEX, FIELD_U32, AT(nst_known_device, ifindex)},
    {COLUMN_LINK_NAME, FIELD_TEXT, AT(nst_known_device, name)},
    {COLUMN_LINK_KIND, FIELD_TEXT, AT(nst_known_device, kind)},
    {COLUMN_LINK_MAC, FIELD_OCTETS, AT(nst_known_device, mac)},
    {COLUMN_LINK_MTU, FIELD_U32, AT(nst_known_device, mtu)},
    {COLUMN_LINK_FLAGS, FIELD_U32, AT(nst_known_device, flags)},
    {COLUMN_LINK_OPERSTATE, FIELD_U8, AT(nst_known_device, operstate)},
    {COLUMN_LINK_MASTER, FIELD_U32, AT(nst_known_device, master)},
    {COLUMN_LINK_LINK_NETNS, FIELD_SPACE_NONE, AT(nst_known_device, link_netns)},
    {COLUMN_LINK_LINK_IFINDEX, FIELD_U32, AT(nst_known_device, link_ifindex)},
};

static const struct row_field address_fields[] = {
    {COLUMN_ADDRESS_NETNS, FIELD_SPACE, AT(nst_address, netns)},
    {COLUMN_ADDRESS_FIRST, FIELD_FIRST, AT(nst_address, first_ts_ns)},
    {COLUMN_ADDRESS_LAST, FIELD_LAST, AT(nst_address, last_ts_ns)},
    {COLUMN_ADDRESS_IFINDEX, FIELD_U32, AT(nst_address, ifindex)},
    {COLUMN_ADDRESS_ADDRESS, FIELD_OCTETS, AT(nst_address, address)},
    {COLUMN_ADDRESS_PREFIX, FIELD_U8, AT(nst_address, prefix)},
};

#define LAYOUT(array, type)                                                                        \
    {                                                                                              \
        .fields = (array), .fields_count = sizeof(array) / sizeof((array)[0]),                     \
        .size = sizeof(struct type)                                                                \
    }

const struct row_layout nst_row_layouts[ROW_KINDS] = {
    [ROW_NETNS] = LAYOUT(netns_fields, nst_known_netns),
    [ROW_PROCESS] = LAYOUT(process_fields, nst_process),
    [ROW_CONTAINER] = LAYOUT(container_fields, nst_container),
    [ROW_DEVICE] = LAYOUT(device_fields, nst_known_device),
    [ROW_ADDRESS] = LAYOUT(address_fields, nst_address),
};

const void *nst_rows_of(const struct nst_tables *t, enum row_kind kind, size_t *count)
{
    switch (kind) {
    case ROW_NETNS:
        *count = t->netns_count;
        return t->netns;
    case ROW_PROCESS:
        *count = t->processes_count;
        return t->processes;
    case ROW_CONTAINER:
        *count = t->containers_count;
        return t->containers;
    case ROW_DEVICE:
        *count = t->devices_count;
        return t->devices;
    default:
        *count = t->addresses_count;
        return t->addresses;
    }
}

void nst_rows_set(struct nst_tables *t, enum row_kind kind, const void *rows, size_t count)
{
    switch (kind) {
    case ROW_NETNS:
        t->netns = rows;
        t->netns_count = count;
        break;
    case ROW_PROCESS:
        t->processes = rows;
        t->processes_count = count;
        break;
    case ROW_CONTAINER:
        t->containers = rows;
        t->containers_count = count;
        break;
    case ROW_DEVICE:
        t->devices = rows;
        t->devices_count = count;
        break;
    default:
        t->addresses = rows;
        t->addresses_count = count;
        break;
    }
}
