/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where an event happened: device, namespace, task. Each is defined in the ring when its
 * CPU's cache does not hold it as it is now, so renamed devices, reused addresses and
 * namespaces are told apart. What an event refers to is looked at first, and told to the ring once
 * it is sure that the event is recorded.
 *
 * A cache slot is invalid while it is written: an interrupting program may use the same one.
 */
#ifndef NST_BPF_NETNS_H
#define NST_BPF_NETNS_H

#include "bpf/ring.bpf.h"

struct device_slot {
    __u64 dev; /* 0: free */
    __u64 net;
    __u64 cookie;
    __u64 name[2];
    __u32 inum;
    __u32 ifindex;
    __u32 type; /* ARPHRD_ */
    __u32 known; /* to the ring; of a copy */
};

struct device_set {
    struct device_slot way[EV_DEVICE_WAYS];
};

/* By CPU * EV_DEVICE_SETS + set; the recorder sizes it, as those below. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct device_set);
    __uint(max_entries, EV_DEVICE_SETS);
} devices SEC(".maps");

struct netns_slot {
    __u64 net; /* 0: free */
    __u64 cookie;
    __u32 inum;
    __u32 known; /* to the ring; of a copy */
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct netns_slot);
    __uint(max_entries, EV_NETNS_SETS);
} namespaces SEC(".maps");

struct task_slot {
    __u64 pid_tgid;
    __u64 comm[2];
    __u64 used;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct task_slot);
    __uint(max_entries, EV_TASK_SETS);
} tasks SEC(".maps");

/* Where an event happened, and who says so. */
struct where {
    struct device_slot device; /* .dev 0: none */
    struct netns_slot netns;   /* when there is no device */
    __u8 ref_type;             /* EV_DEVICE or EV_NETNS: which of them it is; 0: neither */
    __u8 source;
};

/* A namespace's number comes from proc's dynamic ones, 0xf0000000 and up, the initial one's
 * from just below them (since 6.18). */
#define NETNS_INUM_MIN 0xefffff00u
#define REG_STATE_MAX  5 /* NETREG_DUMMY */

static __always_inline bool netns_valid(__u32 inum)
{
    return inum >= NETNS_INUM_MIN;
}

/* What skb->dev may be instead of a device: two counters of UDP's receive queue, a link of
 * TCP's trees, a Bluetooth controller. A device is aligned to 32 bytes and lives in the same
 * half of the address space as the skb. */
static __always_inline bool device_pointer_valid(const struct net_device *dev,
                                                 const struct sk_buff *skb)
{
    __u64 at = address(dev);

    return !(at & 31) && same_half(at, address(skb));
}

static __always_inline void device_read(struct device_slot *d, struct net_device *dev, bool typed)
{
    struct net *net = READ(typed, dev, nd_net.net);

    d->dev = address(dev);
    d->net = address(net);
    d->cookie = net_cookie(net, typed);
    d->inum = READ(typed, net, ns.inum);
    d->ifindex = READ(typed, dev, ifindex);
    if (typed) {
        d->name[0] = *(__u64 *)&dev->name[0];
        d->name[1] = *(__u64 *)&dev->name[8];
    } else {
        bpf_core_read(d->name, sizeof(d->name), &dev->name);
    }
}

static __always_inline bool device_same(const struct device_slot *a, const struct device_slot *b)
{
    return a->dev == b->dev && a->net == b->net && a->cookie == b->cookie &&
           a->inum == b->inum && a->ifindex == b->ifindex && a->name[0] == b->name[0] &&
           a->name[1] == b->name[1];
}

static __always_inline bool device_valid(const struct device_slot *d, struct net_device *dev,
                                         bool typed)
{
    const unsigned char *name = (const unsigned char *)d->name;

    return netns_valid(d->inum) && (__s32)d->ifindex > 0 && name[0] > ' ' &&
           name[EV_NAME_BYTES - 1] == '\0' && device_reg_state(dev, typed) <= REG_STATE_MAX;
}

static __always_inline bool device_define(const struct here *here, const struct device_slot *d,
                                          __u32 set, __u32 way)
{
    struct ev_device *out;
    struct room room;

    if (!ring_reserve(here, EV_DEVICE, sizeof(*out), &room))
        return false;
    out = (void *)room.head;
    out->definition.reserved = 0;
    out->definition.set = set;
    out->definition.way = way;
    out->definition.ref = d->dev;
    out->netns_cookie = d->cookie;
    __builtin_memcpy(out->name, d->name, sizeof(out->name));
    out->netns_inum = d->inum;
    out->ifindex = d->ifindex;
    ring_submit(&room);
    return true;
}

static __always_inline void device_store(struct device_slot *slot, const struct device_slot *d)
{
    slot->dev = 0;
    barrier();
    slot->net = d->net;
    slot->cookie = d->cookie;
    slot->name[0] = d->name[0];
    slot->name[1] = d->name[1];
    slot->inum = d->inum;
    slot->ifindex = d->ifindex;
    slot->type = d->type;
    barrier();
    slot->dev = d->dev;
}

static __always_inline struct device_set *device_set_of(const struct here *here, __u64 dev)
{
    __u32 key = here->cpu * EV_DEVICE_SETS + ev_set(dev, EV_DEVICE_SETS);

    return bpf_map_lookup_elem(&devices, &key);
}

/* Whether *d is a device now. */
static __always_inline bool device_look(const struct here *here, struct net_device *dev,
                                        struct device_slot *d, bool typed)
{
    struct device_set *cached = device_set_of(here, address(dev));

    if (!cached)
        return false;
    device_read(d, dev, typed);
    d->known = 1;
    if (likely(device_same(&cached->way[0], d))) {
        d->type = cached->way[0].type;
        return true;
    }
    if (likely(device_same(&cached->way[1], d))) {
        d->type = cached->way[1].type;
        return true;
    }
    d->known = 0;
    if (!device_valid(d, dev, typed))
        return false;
    d->type = READ(typed, dev, type);
    return true;
}

/* Where an address is cached already it is again: it means one thing at a time, and the recorder
 * could not tell which of two ways an event means. */
static __always_inline __u32 device_way(const struct here *here, const struct device_set *cached,
                                        __u64 dev)
{
    if (cached->way[0].dev == dev)
        return 0;
    if (cached->way[1].dev == dev)
        return 1;
    return here->ts_ns & 1;
}

/* Defines what was looked at. False: no room in the ring. */
static __always_inline bool device_tell(const struct here *here, const struct device_slot *d)
{
    struct device_set *cached;
    __u32 way;

    if (likely(d->known))
        return true;
    cached = device_set_of(here, d->dev);
    if (!cached)
        return false;
    way = device_way(here, cached, d->dev);
    if (!device_define(here, d, ev_set(d->dev, EV_DEVICE_SETS), way))
        return false;
    device_store(way ? &cached->way[1] : &cached->way[0], d);
    return true;
}

static __always_inline bool netns_define(const struct here *here, const struct netns_slot *n,
                                         __u32 set)
{
    struct ev_netns *out;
    struct room room;

    if (!ring_reserve(here, EV_NETNS, sizeof(*out), &room))
        return false;
    out = (void *)room.head;
    out->definition.reserved = 0;
    out->definition.set = set;
    out->definition.way = 0;
    out->definition.ref = n->net;
    out->cookie = n->cookie;
    out->inum = n->inum;
    out->reserved = 0;
    ring_submit(&room);
    return true;
}

static __always_inline struct netns_slot *netns_slot_of(const struct here *here, __u64 net)
{
    __u32 key = here->cpu * EV_NETNS_SETS + ev_set(net, EV_NETNS_SETS);

    return bpf_map_lookup_elem(&namespaces, &key);
}

/* As device_look(), for a namespace that is not a device's. */
static __always_inline bool netns_look(const struct here *here, struct net *net,
                                       struct netns_slot *n, bool typed)
{
    struct netns_slot *cached = netns_slot_of(here, address(net));

    if (!cached || !net)
        return false;
    n->net = address(net);
    n->cookie = net_cookie(net, typed);
    n->inum = READ(typed, net, ns.inum);
    n->known = cached->net == n->net && cached->cookie == n->cookie && cached->inum == n->inum;
    return n->known || netns_valid(n->inum);
}

static __always_inline bool netns_tell(const struct here *here, const struct netns_slot *n)
{
    struct netns_slot *slot;

    if (likely(n->known))
        return true;
    slot = netns_slot_of(here, n->net);
    if (!slot || !netns_define(here, n, ev_set(n->net, EV_NETNS_SETS)))
        return false;
    slot->net = 0;
    barrier();
    slot->cookie = n->cookie;
    slot->inum = n->inum;
    barrier();
    slot->net = n->net;
    return true;
}

/* The task that runs, whoever's packet it is. */
static __always_inline void task_read(struct task_slot *t)
{
    if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)) {
        struct task_struct *task = (void *)bpf_get_current_task_btf();

        t->pid_tgid = (__u64)task->tgid << 32 | (__u32)task->pid;
        t->comm[0] = *(__u64 *)&task->comm[0];
        t->comm[1] = *(__u64 *)&task->comm[8];
    } else {
        t->pid_tgid = bpf_get_current_pid_tgid();
        bpf_get_current_comm(t->comm, sizeof(t->comm));
    }
    t->used = 1;
}

static __always_inline bool task_define(const struct here *here, const struct task_slot *t,
                                        __u32 set)
{
    struct ev_task *out;
    struct room room;

    if (!ring_reserve(here, EV_TASK, sizeof(*out), &room))
        return false;
    out = (void *)room.head;
    out->definition.reserved = 0;
    out->definition.set = set;
    out->definition.way = 0;
    out->definition.ref = t->pid_tgid;
    __builtin_memcpy(out->comm, t->comm, sizeof(out->comm));
    ring_submit(&room);
    return true;
}

/* The running task, defined if it was not. False: no room in the ring. */
static __always_inline bool task_tell(const struct here *here, __u64 *pid_tgid)
{
    struct task_slot now, *slot;
    __u32 set, key;

    task_read(&now);
    *pid_tgid = now.pid_tgid;
    set = ev_set(now.pid_tgid, EV_TASK_SETS);
    key = here->cpu * EV_TASK_SETS + set;
    slot = bpf_map_lookup_elem(&tasks, &key);
    if (!slot)
        return false;
    if (likely(slot->used && slot->pid_tgid == now.pid_tgid && slot->comm[0] == now.comm[0] &&
               slot->comm[1] == now.comm[1]))
        return true;
    if (!task_define(here, &now, set))
        return false;
    slot->used = 0;
    barrier();
    slot->pid_tgid = now.pid_tgid;
    slot->comm[0] = now.comm[0];
    slot->comm[1] = now.comm[1];
    barrier();
    slot->used = 1;
    return true;
}

#endif
