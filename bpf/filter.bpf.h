/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which events are recorded, when not all are.
 *
 * A pcap-filter, namespaces and devices select packets: one that was selected anywhere is
 * recorded from there on wherever its journey goes, also where it no longer matches. What the
 * pcap-filter costs a packet is a copy of its first bytes, and for one that does not match a look
 * whether its buffer holds a journey.
 */
#ifndef NST_BPF_FILTER_H
#define NST_BPF_FILTER_H

#include <bpf/bpf_endian.h>

#include "bpf/netns.bpf.h"
#include "bpf/track.bpf.h"
#include "bpf/write.bpf.h"

#define VLAN_TAG_AT    12 /* behind the two addresses */
#define VLAN_TAG_BYTES 4

/* The beginning of a packet for the pcap-filter, as it would be on the wire: in Ethernet the tag
 * that the skb keeps beside the bytes is put back. */
struct window {
    __u32 words[(VLAN_TAG_BYTES + EV_WINDOW_BYTES + EV_GAP_BYTES) / 4];
};

/* By CPU * EV_SCRATCH_LEVELS + level; the recorder sizes it. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct window);
    __uint(max_entries, 1);
} windows SEC(".maps");

/* enum ev_netns_rule, by cookie or EV_NETNS_BY_INUM; the recorder changes it while it records. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, EV_FILTER_MAX);
    __type(key, __u64);
    __type(value, __u32);
} filter_netns SEC(".maps");

/* A set: the values say nothing. A trie: one look, of 128 steps at most, finds a name or how it
 * begins, however many there are. */
struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(max_entries, EV_FILTER_MAX);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct ev_device_prefix);
    __type(value, __u32);
} filter_devices SEC(".maps");

/* The reasons of drops to record: a set. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, EV_FILTER_MAX);
    __type(key, __u32);
    __type(value, __u32);
} filter_reasons SEC(".maps");

/*
 * Places for the pcap-filter as compiled for Ethernet and for packets that begin at L3: the
 * recorder overwrites all of the instructions before it loads the object (object_image.h). Weak,
 * or clang would conclude something from what stands there until then; hidden, so that the
 * verifier looks into them from filter_matches() and knows what the pointer is. A jump leads over the
 * place itself, so that a verifier has nothing to do there when there is no filter.
 */
#define FILTER_PLACE(name)                                                                         \
    __hidden __weak int name(const void *bytes, __u32 caplen, __u32 len)                           \
    {                                                                                              \
        asm volatile("r0 = 0\n"                                                                    \
                     "if r0 == 0 goto +%[insns]\n"                                                 \
                     ".rept %[insns]\n"                                                            \
                     "goto +0\n"                                                                   \
                     ".endr\n" ::[insns] "i"(EV_FILTER_INSNS),                                     \
                     "r"(bytes), "r"(caplen), "r"(len)                                             \
                     : "r0");                                                                      \
        return 0;                                                                                  \
    }

FILTER_PLACE(filter_ethernet)
FILTER_PLACE(filter_l3)

/* A global function: the verifier looks into it once, and not again on each way that leads to it.
 * Those get no pointers before 5.13 (e5069b9c23b3), so it finds the window by itself. */
__noinline int filter_matches(__u32 slot, __u32 caplen, __u32 len, int l3, __u32 mark)
{
    const struct window *w = bpf_map_lookup_elem(&windows, &slot);

    /* Or clang would not pass it. */
    asm volatile("" ::"r"(mark));
    if (!w)
        return 0;
    return l3 ? filter_l3(w, caplen, len) : filter_ethernet(w, caplen, len);
}

/* Fills a window with the packet's first bytes; how many it has. *len: of the packet with its tag.
 */
static __always_inline __u32 window_fill(const struct packet *p, struct window *w, __u32 *len,
                                         bool typed, bool dynptr)
{
    __u32 want = (__u32)p->len < config.window_bytes ? (__u32)p->len : config.window_bytes;
    struct vlan_tag tag = packet_vlan(p, typed);
    __u32 got;

    *len = p->len;
    if (p->l3 || !tag.proto)
        return copy_any(p, (void *)w->words, EV_WINDOW_BYTES, want, dynptr);
    *len += VLAN_TAG_BYTES;
    got = copy_any(p, (void *)(w->words + 1), EV_WINDOW_BYTES, want, dynptr);
    if (got < VLAN_TAG_AT)
        return 0;
    w->words[0] = w->words[1];
    w->words[1] = w->words[2];
    w->words[2] = w->words[3];
    w->words[3] = bpf_htonl((__u32)tag.proto << 16 | tag.tci);
    return got + VLAN_TAG_BYTES;
}

/* A window that no other program of this CPU uses; <0: there is none. A global function, as those of
 * tracking, and named in capture/object_adapt.c like track_take(). */
__noinline int window_claim(__u32 cpu)
{
    struct ev_cpu *state = bpf_map_lookup_elem(&cpus, &cpu);

    if (!state)
        return -1;
    /* Nothing preempts a program there: who claims last is through first. */
    if (!config.has_cmpxchg)
        return state->nested < EV_SCRATCH_LEVELS ? state->nested++ : -1;
#pragma clang loop unroll(disable)
    for (int level = 0; level < EV_SCRATCH_LEVELS; level++)
        if (!__sync_val_compare_and_swap(&state->windows[level], 0, 1))
            return level;
    return -1;
}

static __always_inline void window_release(const struct here *here, __u32 level)
{
    /* What is compared is used, and not read from the stack once more. */
    barrier_var(level);
    if (!config.has_cmpxchg)
        here->state->nested--;
    else if (level < EV_SCRATCH_LEVELS)
        *(volatile __u64 *)&here->state->windows[level] = 0;
}

/* The pcap-filter's answer. */
static __always_inline bool packet_matches(const struct here *here, const struct packet *p,
                                           bool typed, bool dynptr)
{
    struct window *w = NULL;
    __u32 slot, caplen, len;
    int level;
    bool matches;

    if (p->len <= 0)
        return false;
    level = window_claim(here->cpu);
    slot = here->cpu * EV_SCRATCH_LEVELS + level;
    if (level >= 0)
        w = bpf_map_lookup_elem(&windows, &slot);
    if (!w) {
        count(here, EV_LOST_RING);
        return false;
    }
    caplen = window_fill(p, w, &len, typed, dynptr);
    matches = filter_matches(slot, caplen, len, p->l3, EV_FILTER_MARK);
    window_release(here, level);
    return matches;
}

/* Whether the namespace is wanted or excluded: enum ev_netns_rule. */
static __always_inline __u32 netns_rule(const struct where *where)
{
    const __u32 *by_cookie, *by_inum;
    __u64 cookie, inum = EV_NETNS_BY_INUM;

    if (where->device) {
        cookie = where->device->cookie;
        inum |= where->device->inum;
    } else if (where->netns) {
        cookie = where->netns->cookie;
        inum |= where->netns->inum;
    } else {
        return 0;
    }
    by_cookie = bpf_map_lookup_elem(&filter_netns, &cookie);
    by_inum = bpf_map_lookup_elem(&filter_netns, &inum);
    return (by_cookie ? *by_cookie : 0) | (by_inum ? *by_inum : 0);
}

/* A function of its own, for the stack of the programs that call it. */
static __noinline int device_wanted(const struct device_slot *device)
{
    struct ev_device_prefix prefix;

    /* Not as an initializer: that would be a constant in .rodata, a section without variables,
     * and with one of those kernels refuse all types until 5.12 (13ca51d5eb35). Without types
     * global functions are none to them. */
    __builtin_memset(&prefix, 0, sizeof(prefix));
    prefix.bits = 8 * EV_NAME_BYTES;
    return bpf_probe_read_kernel_str(prefix.name, sizeof(prefix.name), device->name) > 0 &&
           bpf_map_lookup_elem(&filter_devices, &prefix);
}

static __always_inline bool reason_wanted(__u32 reason)
{
    return !(config.filters & EV_FILTER_REASON) || bpf_map_lookup_elem(&filter_reasons, &reason);
}

/*
 * Which buffers and skbs ever had a packet that was selected, by a hash: most of those that a
 * filter keeps out then need no look for a journey. Nothing is ever taken back, at worst every
 * packet is looked for.
 */
#define MARKS 4096

__u8 marks[MARKS] = {};

static __always_inline void mark_set(__u64 of)
{
    marks[ev_set(of, MARKS)] = 1;
}

static __always_inline void mark_selected(const struct packet *p)
{
    if (config.filters) {
        mark_set(p->head);
        mark_set(address(p->skb));
    }
}

/* Whether tracking may know anything of this buffer or this skb. */
static __always_inline bool may_be_tracked(__u64 head, __u64 skb)
{
    return !config.filters || marks[ev_set(head, MARKS)] || marks[ev_set(skb, MARKS)];
}

/* Whether this event is to be recorded; takes the time of one that is. */
static __always_inline bool filters_pass(struct here *here, const struct packet *p,
                                         const struct where *where, const struct sighting *seen,
                                         bool typed, bool dynptr)
{
    __u32 rule = config.filters & EV_FILTER_NETNS ? netns_rule(where) : EV_NETNS_WANTED;

    if (rule & EV_NETNS_EXCLUDED)
        return false;
    if ((rule & EV_NETNS_WANTED || !(config.filters & EV_FILTER_NETNS_WANTED)) &&
        (!(config.filters & EV_FILTER_DEVICE) || (where->device && device_wanted(where->device))) &&
        (!(config.filters & EV_FILTER_PACKET) || packet_matches(here, p, typed, dynptr))) {
        here_time(here);
        return true;
    }
    return may_be_tracked(p->head, address(p->skb)) && track_follows(here, p, seen, typed);
}

/* The same where the pcap-filter alone decides, at a device, and before anybody knew where that is:
 * to find that out costs as much as the pcap-filter. What is no packet is left to be found so. */
static __always_inline bool filters_pass_device(struct here *here, struct sk_buff *skb,
                                                enum packet_place place, bool typed, bool dynptr)
{
    struct net_device *dev = READ(typed, skb, dev);
    __u16 type = READ(typed, dev, type);
    struct packet p = {.skb = skb, .head = address(READ(typed, skb, head))};
    struct sighting seen = {.dev = address(dev), .loopback = type == ARPHRD_LOOPBACK};
    struct net *net;

    if (is_no_packets(type))
        return true;
    packet_measure(&p, place, is_ethernet(type), typed);
    if (packet_matches(here, &p, typed, dynptr)) {
        here_time(here);
        return true;
    }
    if (!may_be_tracked(p.head, address(skb)))
        return false;
    net = READ(typed, dev, nd_net.net);
    seen.net = address(net);
    seen.inum = READ(typed, net, ns.inum);
    p.sk = address(packet_sock(skb, typed));
    return track_follows(here, &p, &seen, typed);
}

#endif
