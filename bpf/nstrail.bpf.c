/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The recorder's programs. Each probe exists twice from one body: as tp_btf, which loads
 * fields directly, and as raw_tp for a kernel that refuses it; the recorder loads one of them.
 */
#include "bpf/kernel.h"
#include "bpf/event.h"
#include "bpf/ring.bpf.h"
#include "bpf/netns.bpf.h"
#include "bpf/packet.bpf.h"
#include "bpf/track.bpf.h"
#include "bpf/write.bpf.h"
#include "bpf/filter.bpf.h"

/* Stack traces, by their hashes: of those that have one place, the first has it. The recorder sizes
 * it. */
struct {
    __uint(type, BPF_MAP_TYPE_STACK_TRACE);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, EV_STACK_FRAMES * sizeof(__u64));
    __uint(max_entries, 1);
} stacks SEC(".maps");

char bpf_license[] SEC("license") = "Dual BSD/GPL";

/* What a probe knows of its event. Constants, so that what a probe does not need is compiled away;
 * but for the pointers, and in programs for any place (other.bpf.h) some of the others. */
struct arguments {
    void *ctx; /* as the program was given it */
    struct sk_buff *skb;
    struct net_device *dev; /* NULL: none */
    struct net *net;        /* NULL: none */
    __u64 sk;               /* address of a struct sock, 0: none */
    __u32 reason;
    enum packet_place place;
    __u32 delivered; /* as in struct sighting */
    __u32 stack;     /* with a stack trace */
    __u32 state;     /* with an ev_skb: constant */
    bool typed;
    bool dynptr; /* bpf_dynptr_from_skb() takes the skb */
    bool passed; /* the filters let it through */
};

/* The family of the packet's socket, or of the one that the probe was given. */
static __always_inline __u16 socket_family(const struct arguments *a, struct sock *sk)
{
    struct sock *given = (void *)a->sk;

    if (sk)
        return READ(a->typed, sk, __sk_common.skc_family);
    return given ? READ(false, given, __sk_common.skc_family) : 0;
}

/* Some buffers are no packets, such as those of AF_UNIX and netlink: their bytes are other
 * people's secrets. A socket among the parameters of just any function makes none a packet: what
 * netlink answers about a TCP socket comes with that. */
static __always_inline bool is_packet(const struct here *here, const struct arguments *a,
                                      struct sock *sk, const struct device_slot *device)
{
    __u16 family = socket_family(a, sk);

    if (family == AF_UNIX || family == AF_NETLINK || family == AF_KEY)
        return false;
    if (device)
        return !is_no_packets(device->type);
    if (family && (sk || here->probe != EV_PROBE_OTHER))
        return family == AF_INET || family == AF_INET6 || family == AF_PACKET;
    return READ(a->typed, a->skb, protocol) && READ(a->typed, a->skb, network_header);
}

/* A tp_btf program may hand an skb that it was given to the kernel's function. */
static __always_inline bool dynptr_fits(bool typed)
{
    return typed && config.has_dynptr;
}

/* The event is at that device. False: slot is NULL, it is not known. */
static __always_inline bool in_device(struct device_slot *slot, enum ev_netns_source source,
                                      __u64 dev, struct where *where)
{
    if (!slot)
        return false;
    where->device = slot;
    where->ref = dev;
    where->ref_type = EV_DEVICE;
    where->source = source;
    return true;
}

/* The same of a namespace without a device. */
static __always_inline bool in_netns(struct netns_slot *slot, enum ev_netns_source source,
                                     __u64 net, struct where *where)
{
    if (!slot)
        return false;
    where->netns = slot;
    where->ref = net;
    where->ref_type = EV_NETNS;
    where->source = source;
    return true;
}

/* In the namespace of a socket. */
static __always_inline bool in_netns_of(const struct here *here, struct sock *sk, bool typed,
                                        enum ev_netns_source source, struct where *where)
{
    struct net *net = READ(typed, sk, __sk_common.skc_net.net);

    return in_netns(netns_find(here, net, typed), source, address(net), where);
}

/* Where the packet is, if its device does not say. */
static __always_inline void locate_otherwise(const struct here *here, const struct arguments *a,
                                             struct sock *sk, struct where *where)
{
    if (sk && in_netns_of(here, sk, a->typed, EV_NETNS_SOCKET, where))
        return;
    if (a->dev && in_device(device_find(here, a->dev, a->typed), EV_NETNS_PARAMETER,
                            address(a->dev), where))
        return;
    if (a->net &&
        in_netns(netns_find(here, a->net, a->typed), EV_NETNS_PARAMETER, address(a->net), where))
        return;
    /* Last, for a function may be about to send a packet elsewhere than where its socket is. Read
     * like a number: until 838a10bd2ebf (6.13) the verifier took it for never NULL, and left out
     * the test for that. */
    if (a->sk)
        in_netns_of(here, (void *)a->sk, false, EV_NETNS_PARAMETER, where);
}

/* Ethernet or what looks like it. A packet that has lost its device had one. */
static __always_inline bool has_ethernet(const struct device_slot *device)
{
    return !device || is_ethernet(device->type);
}

/* What there is to know before it is decided whether to record the event. */
struct found {
    struct packet packet;
    struct where where;
};

/* What was found, without the branches by which it was. A program with those took the verifier four
 * times as long. */
static __always_inline void opaque_found(const struct here *here, struct found *f)
{
    struct packet *p = &f->packet;

    p->sk = opaque(here, p->sk);
    p->start = opaque(here, p->start);
    p->data = opaque(here, p->data);
    p->linear = opaque(here, p->linear);
    p->len = opaque(here, p->len);
    p->nonlinear = opaque(here, p->nonlinear) & 1;
    p->l3 = opaque(here, p->l3) & 1;
    f->where.source = opaque(here, f->where.source);
}

/* Measures and locates the packet. False: it is none, which is counted. */
static __always_inline bool find(const struct here *here, const struct arguments *a,
                                 struct found *f)
{
    struct net_device *dev = READ(a->typed, a->skb, dev);
    struct packet *p = &f->packet;
    struct where *where = &f->where;
    struct sock *sk = packet_sock(a->skb, a->typed);
    struct device_slot *device = NULL;

    p->skb = a->skb;
    p->sk = address(sk);
    p->head = address(READ(a->typed, a->skb, head));
    if (device_pointer_valid(dev, a->skb))
        device = device_find(here, dev, a->typed);
    if (unlikely(!is_packet(here, a, sk, device))) {
        count(here, EV_NO_PACKET);
        return false;
    }
    if (unlikely(!in_device(device, EV_NETNS_DEVICE, address(dev), where)))
        locate_otherwise(here, a, sk, where);
    packet_measure(p, a->place, has_ethernet(where->device), a->typed);
    opaque_found(here, f);
    return true;
}

/* Definitions stand before what refers to them. False: no room in the ring. */
static __always_inline bool tell(const struct here *here, const struct where *where,
                                 __u64 *pid_tgid)
{
    if (where->ref_type == EV_DEVICE && !device_tell(here, where))
        return false;
    if (where->ref_type == EV_NETNS && !netns_tell(here, where))
        return false;
    return task_tell(here, pid_tgid);
}

static __always_inline void fill(const struct here *here, const struct arguments *a,
                                 const struct found *f, struct ev_record *out)
{
    struct ev_packet *packet = &out->packet;
    struct vlan_tag tag;

    packet->ts_ns = here->ts_ns;
    packet->skb = address(a->skb);
    packet->ref = f->where.ref;
    packet->drop_reason = a->reason;
    packet->rx_ifindex = READ(a->typed, a->skb, skb_iif);
    packet->len = f->packet.len;
    packet->probe = here->number;
    packet->ref_type = f->where.ref_type;
    packet->netns_source = f->where.source;
    packet->flags = f->packet.l3 ? EV_FLAG_L3 : 0;
    packet->has_skb = 0;
    packet->reserved = 0;
    tag = packet_vlan(&f->packet, a->typed);
    packet->vlan_proto = tag.proto;
    packet->vlan_tci = tag.tci;
}

static __always_inline struct sighting sighted(const struct arguments *a, const struct found *f)
{
    const struct device_slot *device = f->where.device;
    const struct netns_slot *netns = f->where.netns;

    return (struct sighting){
        .dev = device ? f->where.ref : 0,
        .net = device ? device->net : 0,
        .inum = device ? device->inum : netns ? netns->inum : 0,
        .loopback = device && device->type == ARPHRD_LOOPBACK,
        .delivered = a->delivered,
    };
}

/* Of the trace of kernel functions that led here: its number in the map, plus 1. Where another one
 * has its place, this is an error plus 1, of which EV_STACK_WITHIN, the sign, is set too. That is
 * the mark in the record as well: to choose another number would be a branch for the verifier to
 * follow through the rest of the program. */
static __always_inline __u32 stack_id(void *ctx)
{
    return bpf_get_stackid(ctx, &stacks, 0) + 1;
}

static __always_inline __u32 is_within(__u32 stack)
{
    __u32 within = stack >> EV_STACK_WITHIN_SHIFT;

    barrier_var(within);
    return within;
}

/* Fills in the record that write_begin() has made room for, and hands it over. */
static __always_inline void write_found(struct here *here, const struct arguments *a,
                                        const struct found *f, const struct sighting *seen,
                                        __u64 pid_tgid, __u32 stack, struct writing *w)
{
    fill(here, a, f, w->out);
    w->out->packet.pid_tgid = pid_tgid;
    w->out->packet.stack = stack;
    if (a->state)
        write_state(&f->packet, w, a->typed);
    mark_selected(&f->packet);
    track_packet(here, &f->packet, seen, &w->out->packet, a->typed);
    if (a->stack && unlikely(is_within(stack)))
        write_stack(here, a->ctx, w);
    write_end(here, &f->packet, w, a->dynptr);
}

/* An event at a probe that the user asked for: written, if the filters let it through. */
static __always_inline void record(struct here *here, const struct arguments *a)
{
    struct found f = {};
    struct sighting seen;
    struct writing w;
    __u64 pid_tgid;
    __u32 stack;

    if (!config.filters)
        here_time(here);
    if (!find(here, a, &f))
        return;
    seen = sighted(a, &f);
    if (config.filters && !a->passed &&
        !filters_pass(here, &f.packet, &f.where, &seen, a->typed, a->dynptr))
        return;
    if (config.filters)
        opaque_found(here, &f); /* the filters have branches of their own */
    stack = a->stack ? stack_id(a->ctx) : 0;
    if (!tell(here, &f.where, &pid_tgid) ||
        !write_begin(here, &f.packet, a->state, is_within(stack), false, &w))
        return;
    write_found(here, a, &f, &seen, pid_tgid, stack, &w);
}

/* At a probe that only tracking needs: the same without a record. */
static __always_inline void follow(struct here *here, const struct arguments *a)
{
    struct ev_packet nowhere = {};
    struct found f = {};
    struct sighting seen;

    if (!config.filters)
        here_time(here);
    if (!find(here, a, &f))
        return;
    seen = sighted(a, &f);
    if (config.filters && !a->passed &&
        !filters_pass(here, &f.packet, &f.where, &seen, a->typed, a->dynptr))
        return;
    mark_selected(&f.packet);
    track_packet(here, &f.packet, &seen, &nowhere, a->typed);
    if (nowhere.flags & EV_FLAG_GUESS)
        count(here, EV_TRACKING_GUESSED);
}

/* Whether the user asked for this probe, or only tracking does. */
static __always_inline bool recorded(enum ev_probe probe)
{
    return config.recorded & 1u << probe;
}

/* A packet passes a device: at the probes that have the most of them. Where the pcap-filter alone
 * decides, it is asked first, before anything else is found out. */
static __always_inline void pass_device(struct here *here, struct arguments *a)
{
    if (config.filters == EV_FILTER_PACKET) {
        if (!filters_pass_device(here, a->skb, a->place, a->typed, a->dynptr))
            return;
        a->passed = true;
    }
    if (recorded(here->probe))
        record(here, a);
    else
        follow(here, a);
}

static __always_inline int on_receive(__u64 *ctx, bool typed)
{
    __u32 extras = config.extras;
    struct arguments a = {.ctx = ctx,
                          .skb = (void *)ctx[0],
                          .place = PLACE_RECEIVE,
                          .stack = extras & 1u << EV_PROBE_RECEIVE,
                          .state = extras & EV_EXTRA_SKB,
                          .typed = typed,
                          .dynptr = dynptr_fits(typed)};
    struct here here;

    if (here_init(&here, EV_PROBE_RECEIVE, EV_PROBE_RECEIVE))
        pass_device(&here, &a);
    return 0;
}

static __always_inline int on_xmit(__u64 *ctx, bool typed)
{
    __u32 extras = config.extras;
    struct arguments a = {.ctx = ctx,
                          .skb = (void *)ctx[0],
                          .dev = (void *)ctx[1],
                          .place = PLACE_XMIT,
                          .stack = extras & 1u << EV_PROBE_XMIT,
                          .state = extras & EV_EXTRA_SKB,
                          .typed = typed,
                          .dynptr = dynptr_fits(typed)};
    struct here here;

    if (here_init(&here, EV_PROBE_XMIT, EV_PROBE_XMIT))
        pass_device(&here, &a);
    return 0;
}

/* Whether this skb's freeing, or a socket that takes it, is to be known: only where nothing better
 * tells when a buffer is freed. */
static __always_inline bool tracked_maybe(struct sk_buff *skb, bool typed)
{
    return config.tracking && !config.exact &&
           may_be_tracked(address(READ(typed, skb, head)), address(skb));
}

static __always_inline int on_kfree(__u64 *ctx, bool typed)
{
    __u32 extras = config.extras;
    struct sk_buff *skb = (void *)ctx[0];
    /* The third argument came with 5.17 (c504e5c2f964), the fourth with 6.11 (c53795d48ee8):
     * reading one before is refused. */
    __u32 reason = config.kfree_has_reason ? ctx[2] : 0;
    struct arguments a = {.ctx = ctx,
                          .skb = skb,
                          .sk = config.kfree_has_sock ? address((void *)ctx[3]) : 0,
                          .reason = reason,
                          .place = PLACE_ANYWHERE,
                          .stack = extras & 1u << EV_PROBE_KFREE,
                          .state = extras & EV_EXTRA_SKB,
                          .delivered = true,
                          .typed = typed,
                          .dynptr = dynptr_fits(typed)};
    struct here here;

    if (!here_init(&here, EV_PROBE_KFREE, EV_PROBE_KFREE))
        return 0;
    /* Since reasons exist, some freeings of this probe are no drops. */
    if (recorded(EV_PROBE_KFREE) &&
        (!config.kfree_has_reason || (reason && reason != config.reason_consumed)) &&
        reason_wanted(reason))
        record(&here, &a);
    if (tracked_maybe(skb, typed))
        track_freed(&here, skb, typed);
    return 0;
}

static __always_inline int on_consume(__u64 *ctx, bool typed)
{
    __u32 extras = config.extras;
    struct sk_buff *skb = (void *)ctx[0];
    struct arguments a = {.ctx = ctx,
                          .skb = skb,
                          .place = PLACE_ANYWHERE,
                          .stack = extras & 1u << EV_PROBE_CONSUME,
                          .state = extras & EV_EXTRA_SKB,
                          .delivered = true,
                          .typed = typed,
                          .dynptr = dynptr_fits(typed)};
    struct here here;

    if (!here_init(&here, EV_PROBE_CONSUME, EV_PROBE_CONSUME))
        return 0;
    if (recorded(EV_PROBE_CONSUME))
        record(&here, &a);
    if (tracked_maybe(skb, typed))
        track_freed(&here, skb, typed);
    return 0;
}

/* The second argument came with 4.16's conversion of tcp_probe; it is the skb in all that we
 * support. */
static __always_inline int on_tcp_probe(__u64 *ctx, bool typed)
{
    __u32 extras = config.extras;
    struct sk_buff *skb = (void *)ctx[1];
    struct arguments a = {.ctx = ctx,
                          .skb = skb,
                          .sk = address((void *)ctx[0]),
                          .place = PLACE_ANYWHERE,
                          .stack = extras & 1u << EV_PROBE_TCP_PROBE,
                          .state = extras & EV_EXTRA_SKB,
                          .typed = typed,
                          .dynptr = dynptr_fits(typed)};
    struct here here;

    if (!here_init(&here, EV_PROBE_TCP_PROBE, EV_PROBE_TCP_PROBE))
        return 0;
    if (recorded(EV_PROBE_TCP_PROBE))
        record(&here, &a);
    if (tracked_maybe(skb, typed))
        track_delivered(&here, skb, typed);
    return 0;
}

SEC("tp_btf/netif_receive_skb")
int receive_typed(__u64 *ctx)
{
    return on_receive(ctx, true);
}

SEC("raw_tp/netif_receive_skb")
int receive_raw(__u64 *ctx)
{
    return on_receive(ctx, false);
}

SEC("tp_btf/net_dev_start_xmit")
int xmit_typed(__u64 *ctx)
{
    return on_xmit(ctx, true);
}

SEC("raw_tp/net_dev_start_xmit")
int xmit_raw(__u64 *ctx)
{
    return on_xmit(ctx, false);
}

SEC("tp_btf/kfree_skb")
int kfree_typed(__u64 *ctx)
{
    return on_kfree(ctx, true);
}

SEC("raw_tp/kfree_skb")
int kfree_raw(__u64 *ctx)
{
    return on_kfree(ctx, false);
}

SEC("tp_btf/consume_skb")
int consume_typed(__u64 *ctx)
{
    return on_consume(ctx, true);
}

SEC("raw_tp/consume_skb")
int consume_raw(__u64 *ctx)
{
    return on_consume(ctx, false);
}

SEC("tp_btf/tcp_probe")
int tcp_probe_typed(__u64 *ctx)
{
    return on_tcp_probe(ctx, true);
}

SEC("raw_tp/tcp_probe")
int tcp_probe_raw(__u64 *ctx)
{
    return on_tcp_probe(ctx, false);
}

#include "bpf/other.bpf.h"
#include "bpf/exact.bpf.h"
