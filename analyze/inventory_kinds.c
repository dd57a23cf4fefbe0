/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kinds of rows: what each is about, when two say the same, and the texts they point to. */
#include "config.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/inventory_internal.h"
#include "analyze/inventory_label.h"
#include "format/array.h"

#define BEGINS_AS_ROW_HEAD(type)                                                                   \
    _Static_assert(                                                                                \
        offsetof(struct type, netns) == offsetof(struct inventory_head, netns) &&                  \
            offsetof(struct type, first_ts_ns) == offsetof(struct inventory_head, first_ts_ns) &&  \
            offsetof(struct type, last_ts_ns) == offsetof(struct inventory_head, last_ts_ns),      \
        "struct " #type " begins as a row head")
BEGINS_AS_ROW_HEAD(nst_known_netns);
BEGINS_AS_ROW_HEAD(nst_process);
BEGINS_AS_ROW_HEAD(nst_container);
BEGINS_AS_ROW_HEAD(nst_known_device);
BEGINS_AS_ROW_HEAD(nst_address);

static void key_add(struct row_key *key, const void *bytes, size_t length)
{
    memcpy(key->bytes + key->length, bytes, length);
    key->length += length;
}

static void key_netns(struct row_key *key, const struct nst_netns *netns)
{
    key_add(key, &netns->cookie, sizeof(netns->cookie));
    key_add(key, &netns->inum, sizeof(netns->inum));
}

static bool same_octets(const struct nst_octets *a, const struct nst_octets *b)
{
    return a->len == b->len && !memcmp(a->data, b->data, a->len);
}

static bool own_text(struct inventory *inv, const char **text)
{
    size_t length;
    int64_t id;

    if (!*text)
        return true;
    length = strlen(*text);
    id = intern_find(&inv->texts, *text, length);
    if (!id) {
        char **list =
            nst_array_room(inv->texts_list, inv->texts_count, &inv->texts_room, sizeof(*list));
        char *copy;

        if (!list)
            return false;
        inv->texts_list = list;
        copy = strdup(*text);
        id = (int64_t)inv->texts_count + 1;
        if (!copy || !intern_add(&inv->texts, copy, length, id)) {
            free(copy);
            return false;
        }
        inv->texts_list[inv->texts_count++] = copy;
    }
    *text = inv->texts_list[id - 1];
    return true;
}

static void netns_key(const void *row, struct row_key *key)
{
    key_netns(key, &((const struct nst_known_netns *)row)->netns);
}

static bool netns_same(const void *x, const void *y)
{
    const struct nst_known_netns *a = x, *b = y;

    return a->owner_uid == b->owner_uid && a->userns_inum == b->userns_inum &&
           (a->flags | NST_NETNS_GONE) == (b->flags | NST_NETNS_GONE);
}

static bool own_nothing(struct inventory *inv, void *row)
{
    (void)inv;
    (void)row;
    return true;
}

static void process_key(const void *row, struct row_key *key)
{
    const struct nst_process *p = row;

    key_add(key, &p->pid, sizeof(p->pid));
    key_add(key, &p->start_ns, sizeof(p->start_ns));
}

static bool process_same(const void *x, const void *y)
{
    const struct nst_process *a = x, *b = y;

    return a->netns.inum == b->netns.inum && a->netns.cookie == b->netns.cookie &&
           a->uid == b->uid && a->flags == b->flags && a->comm == b->comm && a->exe == b->exe &&
           a->cgroup == b->cgroup && a->cmdline == b->cmdline;
}

static bool process_own(struct inventory *inv, void *row)
{
    struct nst_process *p = row;

    return own_text(inv, &p->comm) && own_text(inv, &p->exe) && own_text(inv, &p->cgroup) &&
           own_text(inv, &p->cmdline);
}

static void container_key(const void *row, struct row_key *key)
{
    const struct nst_container *c = row;

    key_netns(key, &c->netns);
    key_add(key, &c->id, sizeof(c->id)); /* of a text that is ours: the same for the same id */
}

static bool container_same(const void *x, const void *y)
{
    const struct nst_container *a = x, *b = y;

    return a->runtime == b->runtime && a->name == b->name && a->image == b->image &&
           a->pod_name == b->pod_name && a->pod_namespace == b->pod_namespace &&
           a->pod_uid == b->pod_uid && a->pod_container == b->pod_container && a->pid == b->pid;
}

bool inventory_pod_label(const struct nst_container *c, char *to, size_t size)
{
    int length;

    if (!c->pod_name)
        return false;
    length = snprintf(to, size, "%s%s%s", c->pod_namespace ? c->pod_namespace : "",
                      c->pod_namespace ? "/" : "", c->pod_name);
    return length > 0 && (size_t)length < size;
}

static bool container_own(struct inventory *inv, void *row)
{
    struct nst_container *c = row;
    char label[INVENTORY_LABEL_MAX + 1];
    const char *kept = label;

    return own_text(inv, &c->runtime) && own_text(inv, &c->id) && own_text(inv, &c->name) &&
           own_text(inv, &c->image) && own_text(inv, &c->pod_name) &&
           own_text(inv, &c->pod_namespace) && own_text(inv, &c->pod_uid) &&
           own_text(inv, &c->pod_container) &&
           (!inventory_pod_label(c, label, sizeof(label)) || own_text(inv, &kept));
}

static void device_key(const void *row, struct row_key *key)
{
    const struct nst_known_device *d = row;

    key_netns(key, &d->netns);
    key_add(key, &d->ifindex, sizeof(d->ifindex));
}

static bool device_same(const void *x, const void *y)
{
    const struct nst_known_device *a = x, *b = y;

    return a->name == b->name && a->kind == b->kind && a->link_ifindex == b->link_ifindex &&
           a->link_netns.inum == b->link_netns.inum &&
           a->link_netns.cookie == b->link_netns.cookie && a->master == b->master &&
           a->mtu == b->mtu && a->flags == b->flags && a->operstate == b->operstate &&
           same_octets(&a->mac, &b->mac);
}

static bool device_own(struct inventory *inv, void *row)
{
    struct nst_known_device *d = row;

    return own_text(inv, &d->name) && own_text(inv, &d->kind);
}

static void address_key(const void *row, struct row_key *key)
{
    const struct nst_address *a = row;

    key_netns(key, &a->netns);
    key_add(key, &a->ifindex, sizeof(a->ifindex));
    key_add(key, a->address.data, a->address.len);
}

static bool address_same(const void *x, const void *y)
{
    return ((const struct nst_address *)x)->prefix == ((const struct nst_address *)y)->prefix;
}

static uint32_t device_number(const void *row)
{
    return ((const struct nst_known_device *)row)->ifindex;
}

const struct row_type inventory_row_types[INVENTORY_KINDS] = {
    [INVENTORY_NETNS] = {sizeof(struct nst_known_netns), netns_key, netns_same, own_nothing},
    [INVENTORY_PROCESS] = {sizeof(struct nst_process), process_key, process_same, process_own},
    [INVENTORY_CONTAINER] = {sizeof(struct nst_container), container_key, container_same,
                             container_own},
    [INVENTORY_DEVICE] = {sizeof(struct nst_known_device), device_key, device_same, device_own,
                          device_number},
    [INVENTORY_ADDRESS] = {sizeof(struct nst_address), address_key, address_same, own_nothing},
};
