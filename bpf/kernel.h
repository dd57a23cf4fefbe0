/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's structures, as little of them as we read. libbpf finds the offsets of the
 * running kernel by these names, so order and neighbours do not matter. A shape that a kernel
 * changed has a flavour of its own (NAME___before_VERSION), and one accessor chooses.
 */
#ifndef NST_BPF_KERNEL_H
#define NST_BPF_KERNEL_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

/* What seldom happens goes out of the way of what always does: these programs share the
 * instruction cache with the kernel's whole path of a packet. */
#define likely(condition)   __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
    unsigned int inum;
};

struct net {
    struct ns_common ns;
    __u64 net_cookie;
};

/* A u64 given when the namespace is made since 5.12 (3d368ab87cf6); until then an atomic64_t
 * that stays 0 until somebody asks for the cookie. */
struct net___before_5_12 {
    struct {
        __s64 counter;
    } net_cookie;
};

typedef struct {
    struct net *net;
} possible_net_t;

struct device {
    struct device *parent;
};

struct net_device {
    char name[16];
    int ifindex;
    unsigned short type;
    unsigned char reg_state;
    possible_net_t nd_net;
    struct device dev;
};

enum reg_state___before_6_9 { NETREG___before_6_9 };

/* A bit field of an enum until 6.9 (4d42b37def70). */
struct net_device___before_6_9 {
    enum reg_state___before_6_9 reg_state : 8;
};

struct sock_common {
    unsigned short skc_family;
    possible_net_t skc_net;
};

struct sock {
    struct sock_common __sk_common;
};

struct sk_buff {
    struct sk_buff *next;
    struct net_device *dev; /* in a union with dev_scratch and an rb_node: may be anything */
    struct sock *sk;
    unsigned int len, data_len;
    __u8 cloned : 1;
    __u8 nohdr : 1;
    int skb_iif;
    __be16 vlan_proto;
    __u16 vlan_tci;
    __be16 protocol;
    __u16 network_header, mac_header; /* from head; mac_header 0xffff: not set */
    unsigned int end;
    unsigned char *head, *data;
};

/* Whether there is a VLAN tag had a bit of its own until 6.2 (354259fa73e2): a leftover of
 * vlan_proto and vlan_tci says nothing there. */
struct sk_buff___before_6_2 {
    __u8 vlan_present : 1;
};

typedef struct {
    int counter;
} atomic_t;

struct skb_shared_info {
    atomic_t dataref;
};

struct task_struct {
    int pid, tgid;
    char comm[16];
};

#pragma clang attribute pop

/* ARPHRD_ of linux/if_arp.h, which cannot be included here. */
#define ARPHRD_ETHER    1
#define ARPHRD_LOOPBACK 772
#define ARPHRD_NETLINK  824
#define ARPHRD_VSOCKMON 826

#define AF_UNIX    1
#define AF_INET    2
#define AF_INET6   10
#define AF_KEY     15
#define AF_NETLINK 16
#define AF_PACKET  17

/*
 * One field, for both kinds of program. A tp_btf program knows its arguments' types and loads
 * from them directly (the kernel makes a faulting load read 0); others call
 * bpf_probe_read_kernel(). `typed` is constant wherever this is used.
 */
#define READ(typed, from, field)                                                                   \
    ({                                                                                             \
        __typeof__(from) read_from = (from);                                                       \
        __typeof__(read_from->field) read_value;                                                   \
        if (typed)                                                                                 \
            read_value = read_from->field;                                                         \
        else                                                                                       \
            bpf_core_read(&read_value, sizeof(read_value), &read_from->field);                     \
        read_value;                                                                                \
    })

/* `from` is a variable. */
#define READ_BITS(typed, from, field)                                                              \
    ((typed) ? BPF_CORE_READ_BITFIELD(from, field) : BPF_CORE_READ_BITFIELD_PROBED(from, field))

/* A pointer's value. The verifier lets nobody calculate with a typed pointer, but what it
 * negates is a number to it. */
static __always_inline __u64 address(const void *pointer)
{
    __u64 value = (__u64)pointer;

    asm volatile("%0 = -%0" : "+r"(value));
    asm volatile("%0 = -%0" : "+r"(value));
    return value;
}

/* Whether both are addresses of the kernel's, or both of a user's: where the kernel lives in the
 * upper half, this tells a pointer from a number or from nothing. */
static __always_inline bool same_half(__u64 a, __u64 b)
{
    return a && ((__s64)a < 0) == ((__s64)b < 0);
}

static __always_inline __u64 net_cookie(struct net *net, bool typed)
{
    struct net___before_5_12 *old = (void *)net;

    if (bpf_core_field_exists(old->net_cookie.counter))
        return READ(typed, old, net_cookie.counter);
    if (bpf_core_field_exists(net->net_cookie))
        return READ(typed, net, net_cookie);
    return 0;
}

static __always_inline unsigned int device_reg_state(struct net_device *dev, bool typed)
{
    struct net_device___before_6_9 *old = (void *)dev;

    if (bpf_core_field_exists(old->reg_state))
        return READ_BITS(typed, old, reg_state);
    return READ(typed, dev, reg_state);
}

#endif
