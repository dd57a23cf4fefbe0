/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/row.h"

#include <string.h>

/* Length + 1, the bytes, a NUL; 0 alone: NULL. */
static void put_string(struct buffer *b, const char *s, size_t max)
{
    size_t len = s ? strnlen(s, max) : 0;
    uint8_t *p;

    nst_buffer_varint(b, s ? len + 1 : 0);
    if (!s)
        return;
    p = nst_buffer_room(b, len + 1);
    if (!p)
        return;
    memcpy(p, s, len);
    p[len] = '\0';
    b->len += len + 1;
}

static const char *take_string(struct cursor *c, size_t max)
{
    uint64_t len = cursor_varint(c);
    const uint8_t *p;

    if (len == 0)
        return NULL;
    if (len - 1 > max) {
        cursor_fail(c);
        return NULL;
    }
    p = cursor_take(c, (size_t)len);
    if (!p || memchr(p, '\0', (size_t)len) != p + len - 1) {
        cursor_fail(c);
        return NULL;
    }
    return (const char *)p;
}

static void put_netns(struct buffer *b, const struct nst_netns *netns)
{
    nst_buffer_varint(b, netns->cookie);
    nst_buffer_varint(b, netns->inum);
}

static struct nst_netns take_netns(struct cursor *c)
{
    struct nst_netns netns = {.cookie = cursor_varint(c)};

    netns.inum = cursor_bounded(c, UINT32_MAX);
    return netns;
}

static void put_octets(struct buffer *b, const struct nst_octets *octets)
{
    uint8_t *p = nst_buffer_room(b, octets->len + 1u);

    if (!p)
        return;
    p[0] = octets->len;
    memcpy(p + 1, octets->data, octets->len);
    b->len += octets->len + 1u;
}

static struct nst_octets take_octets(struct cursor *c)
{
    struct nst_octets octets = {.len = cursor_u8(c)};
    const uint8_t *p = NULL;

    if (octets.len <= sizeof(octets.data))
        p = cursor_take(c, octets.len);
    if (!p) {
        cursor_fail(c);
        return (struct nst_octets){0};
    }
    memcpy(octets.data, p, octets.len);
    return octets;
}

static size_t put_known_netns(struct buffer *b, const struct nst_known_netns *n)
{
    size_t key;

    put_netns(b, &n->netns);
    key = b->len;
    nst_buffer_varint(b, n->owner_uid);
    nst_buffer_varint(b, n->userns_inum);
    nst_buffer_byte(b, n->flags);
    return key;
}

static void take_known_netns(struct cursor *c, struct nst_known_netns *n)
{
    n->netns = take_netns(c);
    n->owner_uid = cursor_bounded(c, UINT32_MAX);
    n->userns_inum = cursor_bounded(c, UINT32_MAX);
    n->flags = cursor_u8(c);
}

static size_t put_name(struct buffer *b, const struct nst_netns_name *n)
{
    put_netns(b, &n->netns);
    nst_buffer_byte(b, n->place);
    put_string(b, n->name, NST_MAX_NAME);
    return b->len;
}

static void take_name(struct cursor *c, struct nst_netns_name *n)
{
    n->netns = take_netns(c);
    n->place = cursor_u8(c);
    n->name = take_string(c, NST_MAX_NAME);
    if (!n->name)
        cursor_fail(c);
}

static size_t put_process(struct buffer *b, const struct nst_process *p)
{
    size_t key;

    nst_buffer_varint(b, p->pid);
    nst_buffer_varint(b, p->start_ns);
    key = b->len;
    put_netns(b, &p->netns);
    nst_buffer_varint(b, p->uid);
    nst_buffer_byte(b, p->flags);
    put_string(b, p->comm, NST_MAX_NAME);
    put_string(b, p->exe, NST_MAX_TEXT);
    put_string(b, p->cgroup, NST_MAX_TEXT);
    put_string(b, p->cmdline, NST_MAX_TEXT);
    return key;
}

static void take_process(struct cursor *c, struct nst_process *p)
{
    p->pid = cursor_bounded(c, UINT32_MAX);
    p->start_ns = cursor_varint(c);
    p->netns = take_netns(c);
    p->uid = cursor_bounded(c, UINT32_MAX);
    p->flags = cursor_u8(c);
    p->comm = take_string(c, NST_MAX_NAME);
    p->exe = take_string(c, NST_MAX_TEXT);
    p->cgroup = take_string(c, NST_MAX_TEXT);
    p->cmdline = take_string(c, NST_MAX_TEXT);
}

static size_t put_container(struct buffer *b, const struct nst_container *n)
{
    size_t key;

    put_netns(b, &n->netns);
    put_string(b, n->id, NST_MAX_NAME);
    key = b->len;
    put_string(b, n->runtime, NST_MAX_NAME);
    put_string(b, n->name, NST_MAX_NAME);
    put_string(b, n->image, NST_MAX_TEXT);
    put_string(b, n->pod_name, NST_MAX_NAME);
    put_string(b, n->pod_namespace, NST_MAX_NAME);
    put_string(b, n->pod_uid, NST_MAX_NAME);
    put_string(b, n->pod_container, NST_MAX_NAME);
    nst_buffer_varint(b, n->pid);
    return key;
}

static void take_container(struct cursor *c, struct nst_container *n)
{
    n->netns = take_netns(c);
    n->id = take_string(c, NST_MAX_NAME);
    n->runtime = take_string(c, NST_MAX_NAME);
    n->name = take_string(c, NST_MAX_NAME);
    n->image = take_string(c, NST_MAX_TEXT);
    n->pod_name = take_string(c, NST_MAX_NAME);
    n->pod_namespace = take_string(c, NST_MAX_NAME);
    n->pod_uid = take_string(c, NST_MAX_NAME);
    n->pod_container = take_string(c, NST_MAX_NAME);
    n->pid = cursor_bounded(c, UINT32_MAX);
    if (!n->id)
        cursor_fail(c);
}

static size_t put_device(struct buffer *b, const struct nst_known_device *d)
{
    size_t key;

    put_netns(b, &d->netns);
    nst_buffer_varint(b, d->ifindex);
    key = b->len;
    put_string(b, d->name, NST_MAX_NAME);
    put_string(b, d->kind, NST_MAX_NAME);
    put_netns(b, &d->link_netns);
    nst_buffer_varint(b, d->link_ifindex);
    nst_buffer_varint(b, d->master);
    nst_buffer_varint(b, d->mtu);
    nst_buffer_varint(b, d->flags);
    nst_buffer_byte(b, d->operstate);
    put_octets(b, &d->mac);
    return key;
}

static void take_device(struct cursor *c, struct nst_known_device *d)
{
    d->netns = take_netns(c);
    d->ifindex = cursor_bounded(c, UINT32_MAX);
    d->name = take_string(c, NST_MAX_NAME);
    d->kind = take_string(c, NST_MAX_NAME);
    d->link_netns = take_netns(c);
    d->link_ifindex = cursor_bounded(c, UINT32_MAX);
    d->master = cursor_bounded(c, UINT32_MAX);
    d->mtu = cursor_bounded(c, UINT32_MAX);
    d->flags = cursor_bounded(c, UINT32_MAX);
    d->operstate = cursor_u8(c);
    d->mac = take_octets(c);
}

static size_t put_address(struct buffer *b, const struct nst_address *a)
{
    size_t key;

    put_netns(b, &a->netns);
    nst_buffer_varint(b, a->ifindex);
    put_octets(b, &a->address);
    key = b->len;
    nst_buffer_byte(b, a->prefix);
    return key;
}

static void take_address(struct cursor *c, struct nst_address *a)
{
    a->netns = take_netns(c);
    a->ifindex = cursor_bounded(c, UINT32_MAX);
    a->address = take_octets(c);
    a->prefix = cursor_u8(c);
}

size_t row_encode(struct buffer *b, const struct row *row)
{
    size_t start = b->len, end = start;

    switch (row->kind) {
    case ROW_NETNS:
        end = put_known_netns(b, &row->netns);
        break;
    case ROW_NAME:
        end = put_name(b, &row->name);
        break;
    case ROW_PROCESS:
        end = put_process(b, &row->process);
        break;
    case ROW_CONTAINER:
        end = put_container(b, &row->container);
        break;
    case ROW_DEVICE:
        end = put_device(b, &row->device);
        break;
    case ROW_ADDRESS:
        end = put_address(b, &row->address);
        break;
    case ROW_KINDS:
        break;
    }
    return end - start;
}

bool row_decode(struct cursor *c, enum row_kind kind, struct row *row)
{
    *row = (struct row){.kind = kind};
    switch (kind) {
    case ROW_NETNS:
        take_known_netns(c, &row->netns);
        break;
    case ROW_NAME:
        take_name(c, &row->name);
        break;
    case ROW_PROCESS:
        take_process(c, &row->process);
        break;
    case ROW_CONTAINER:
        take_container(c, &row->container);
        break;
    case ROW_DEVICE:
        take_device(c, &row->device);
        break;
    case ROW_ADDRESS:
        take_address(c, &row->address);
        break;
    case ROW_KINDS:
        return false;
    }
    return !c->failed;
}
