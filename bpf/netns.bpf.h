/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where an event happened: device, namespace, task. Each is defined in the ring when its
 * CPU's cache does not hold it as it is now, so renamed devices, reused addresses and
 * namespaces are told apart. What an event refers to is found in the cache first, or put there, and
 * told to the ring once it is sure that the event is recorded.
 *
 * What is in the cache is compared where it stands: a copy of each device would be the dearest
 * part of an event. A slot is invalid while it is written, since an interrupting program may use the
 * same one; and it may be another's by the time it is told.
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
    __u32 told; /* the ring has its definition */
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
    __u32 told; /* as a device's */
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
    struct device_slot *device; /* NULL: none */
    struct netns_slot *netns;   /* when there is no device; NULL: none either */
    __u64 ref;      /* the address of what is in that slot, 0: none */
    __u32 ref_type; /* EV_DEVICE or EV_NETNS: which of them it is; 0: neither */
    __u32 source;
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

static __always_inline void device_name(struct net_device *dev, __u64 *name, bool typed)
{
    if (typed) {
        name[0] = *(__u64 *)&dev->name[0];
        name[1] = *(__u64 *)&dev->name[8];
    } else {
        bpf_core_read(name, 2 * sizeof(*name), &dev->name);
    }
}

/* Whether the slot has the device as it is now. */
static __always_inline bool device_is(const struct device_slot *slot, struct net_device *dev,
                                      bool typed)
{
    struct net *net = READ(typed, dev, nd_net.net);
    __u64 name[2];

    if (slot->dev != address(dev) || slot->net != address(net) ||
        slot->cookie != net_cookie(net, typed) || slot->inum != READ(typed, net, ns.inum) ||
        slot->ifindex != (__u32)READ(typed, dev, ifindex))
        return false;
    device_name(dev, name, typed);
    return slot->name[0] == name[0] && slot->name[1] == name[1];
}

static __always_inline void device_read(struct device_slot *d, struct net_device *dev, bool typed)
{
    struct net *net = READ(typed, dev, nd_net.net);

    d->dev = address(dev);
    d->net = address(net);
    d->cookie = net_cookie(net, typed);
    d->inum = READ(typed, net, ns.inum);
    d->ifindex = READ(typed, dev, ifindex);
    d->type = READ(typed, dev, type);
    device_name(dev, d->name, typed);
}

static __always_inline bool device_valid(const struct device_slot *d, struct net_device *dev,
                                         bool typed)
{
    const unsigned char *name = (const unsigned char *)d->name;

    return netns_valid(d->inum) && (__s32)d->ifindex > 0 && name[0] > ' ' &&
           name[EV_NAME_BYTES - 1] == '\0' && device_reg_state(dev, typed) <= REG_STATE_MAX;
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
    slot->told = 0;
    barrier();
    slot->dev = d->dev;
}

static __always_inline struct device_set *device_set_of(const struct here *here, __u64 dev)
{
    __u32 key = here->cpu * EV_DEVICE_SETS + ev_set(dev, EV_DEVICE_SETS);

    return bpf_map_lookup_elem(&devices, &key);
}

/* Puts it into the cache as it is now: where its address is cached already, since that means one
 * thing at a time. Its way there; <0: it is no device. */
static __always_inline int device_learn(struct device_set *cached, struct net_device *dev,
                                        bool typed)
{
    struct device_slot d;
    int way;

    device_read(&d, dev, typed);
    if (!device_valid(&d, dev, typed))
        return -1;
    way = bpf_get_prandom_u32() & 1;
    if (cached->way[0].dev == d.dev)
        way = 0;
    else if (cached->way[1].dev == d.dev)
        way = 1;
    device_store(way ? &cached->way[1] : &cached->way[0], &d);
    return way;
}

static __noinline int device_learn_typed(struct device_set *cached, struct net_device *dev)
{
    return device_learn(cached, dev, true);
}

static __noinline int device_learn_raw(struct device_set *cached, struct net_device *dev)
{
    return device_learn(cached, dev, false);
}

/* NULL: it is no device. */
static __always_inline struct device_slot *device_find(const struct here *here,
                                                       struct net_device *dev, bool typed)
{
    struct device_set *cached = device_set_of(here, address(dev));
    struct device_slot *slot;
    int way = 0;

    if (!cached)
        return NULL;
    slot = &cached->way[0];
    if (unlikely(slot->dev != address(dev))) {
        slot = &cached->way[1];
        way = 1;
    }
    if (unlikely(!device_is(slot, dev, typed)))
        way = typed ? device_learn_typed(cached, dev) : device_learn_raw(cached, dev);
    if (unlikely(way < 0))
        return NULL;
    way = opaque(here, way) & 1;
    barrier_var(way);
    return (void *)cached + way * sizeof(*slot);
}

/* Where the device stands in the cache, or would. */
static __always_inline struct device_slot *device_slot_of(const struct here *here, __u64 dev)
{
    struct device_set *cached = device_set_of(here, dev);

    if (!cached)
        return NULL;
    return cached->way[1].dev == dev ? &cached->way[1] : &cached->way[0];
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

/* Defines what was found, if that was not done. False: no room in the ring. */
static __always_inline bool device_tell(const struct here *here, const struct where *where)
{
    struct device_slot *slot = where->device;
    struct device_set *cached;
    struct device_slot d;

    if (likely(slot->told && slot->dev == where->ref))
        return true;
    cached = device_set_of(here, where->ref);
    if (!cached)
        return false;
    d = *slot;
    if (d.dev != where->ref)
        device_read(&d, (void *)where->ref, false);
    if (!device_define(here, &d, ev_set(d.dev, EV_DEVICE_SETS), cached->way[1].dev == d.dev))
        return false;
    if (slot->dev == d.dev)
        slot->told = 1;
    return true;
}

static __always_inline struct netns_slot *netns_slot_of(const struct here *here, __u64 net)
{
    __u32 key = here->cpu * EV_NETNS_SETS + ev_set(net, EV_NETNS_SETS);

    return bpf_map_lookup_elem(&namespaces, &key);
}

/* As device_find(), for a namespace that is not a device's. */
static __always_inline struct netns_slot *netns_find(const struct here *here, struct net *net,
                                                     bool typed)
{
    struct netns_slot *slot = netns_slot_of(here, address(net));
    __u64 cookie;
    __u32 inum;

    if (!slot || !net)
        return NULL;
    cookie = net_cookie(net, typed);
    inum = READ(typed, net, ns.inum);
    if (slot->net == address(net) && slot->cookie == cookie && slot->inum == inum)
        return slot;
    if (!netns_valid(inum))
        return NULL;
    slot->net = 0;
    barrier();
    slot->cookie = cookie;
    slot->inum = inum;
    slot->told = 0;
    barrier();
    slot->net = address(net);
    return slot;
}

static __always_inline bool netns_define(const struct here *here, const struct netns_slot *n,
                                         __u64 ref)
{
    struct ev_netns *out;
    struct room room;

    if (!ring_reserve(here, EV_NETNS, sizeof(*out), &room))
        return false;
    out = (void *)room.head;
    out->definition.reserved = 0;
    out->definition.set = ev_set(ref, EV_NETNS_SETS);
    out->definition.way = 0;
    out->definition.ref = ref;
    out->cookie = n->cookie;
    out->inum = n->inum;
    out->reserved = 0;
    ring_submit(&room);
    return true;
}

static __always_inline bool netns_tell(const struct here *here, const struct where *where)
{
    struct netns_slot *slot = where->netns;
    struct netns_slot n;

    if (likely(slot->told && slot->net == where->ref))
        return true;
    n = *slot;
    if (n.net != where->ref) {
        n.cookie = net_cookie((void *)where->ref, false);
        n.inum = READ(false, (struct net *)where->ref, ns.inum);
    }
    if (!netns_define(here, &n, where->ref))
        return false;
    if (slot->net == where->ref)
        slot->told = 1;
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
