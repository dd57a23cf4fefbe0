/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Programs for the probes of a user's choice, which know nothing of their place but what enum
 * ev_place says. A tracepoint, or the entry of a function by fentry, has a copy of a program to
 * itself, with a constant of its own in it; all kprobes share a program and are told apart by
 * their cookies, or where there are none (before 5.15, 7adfc6c9b315) by their addresses.
 *
 * For nstrail.bpf.c: it uses what stands there.
 */
#ifndef NST_BPF_OTHER_H
#define NST_BPF_OTHER_H

/* Before the headers that declare it, for us alone: the registers of the architecture. */
#include <asm/ptrace.h>
#include <bpf/bpf_tracing.h>

/* In a map of its own, which the recorder replaces for each copy. */
SEC(".rodata.place") const volatile __u64 place_constant = 0;

/* Places of kprobes by their addresses; the recorder sizes it. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, __u64);
    __type(value, __u64);
    __uint(max_entries, 1);
} kprobe_places SEC(".maps");

/* What the entry of a function knew, for its return. Where that is missed, newer ones take its
 * place: the map is an LRU. */
struct entered {
    __u64 place;
    __u64 skb;
    __u64 head;
    __u64 netns_argument;
    __u64 sk;
};

struct entered_key {
    __u64 pid_tgid;
    __u64 stack; /* where its return address is: a function can be entered many times at once */
    __u64 place; /* 0 where there are no cookies: a return cannot tell whose it is */
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __type(key, struct entered_key);
    __type(value, struct entered);
    __uint(max_entries, 1);
} entered SEC(".maps");

/* The verifier wants to see which argument is loaded: no address that was calculated. */
#define ARGUMENT(ctx, number)                                                                      \
    ({                                                                                             \
        __u64 argument_value;                                                                      \
        asm volatile("%0 = *(u64 *)(%1 + %2)"                                                      \
                     : "=r"(argument_value)                                                        \
                     : "r"(ctx), "i"(8 * (number)));                                               \
        (void *)argument_value;                                                                    \
    })

/* An argument of a program that gets them as an array. Each case loads from a constant place, by
 * which the verifier knows the argument's type. */
static __always_inline void *argument(__u64 *ctx, __u32 number)
{
    switch (number) {
    case 0:
        return ARGUMENT(ctx, 0);
    case 1:
        return ARGUMENT(ctx, 1);
    case 2:
        return ARGUMENT(ctx, 2);
    case 3:
        return ARGUMENT(ctx, 3);
    case 4:
        return ARGUMENT(ctx, 4);
    case 5:
        return ARGUMENT(ctx, 5);
    case 6:
        return ARGUMENT(ctx, 6);
    case 7:
        return ARGUMENT(ctx, 7);
    }
    return NULL;
}

/* The number counts from 1; 0: none. */
static __always_inline void *argument_if_any(__u64 *ctx, __u32 number)
{
    return number ? argument(ctx, number - 1) : NULL;
}

/* An argument of a kprobe; the number is below EV_REGISTER_PARAMETERS. All registers are read, and
 * one is chosen: the verifier takes no load from a calculated place in pt_regs. */
static __always_inline void *register_argument(struct pt_regs *ctx, __u32 number)
{
    __u64 first = PT_REGS_PARM1(ctx), second = PT_REGS_PARM2(ctx), third = PT_REGS_PARM3(ctx);
    __u64 fourth = PT_REGS_PARM4(ctx), fifth = PT_REGS_PARM5(ctx);

    barrier_var(first);
    barrier_var(second);
    barrier_var(third);
    barrier_var(fourth);
    barrier_var(fifth);
    if (number == 1)
        first = second;
    if (number == 2)
        first = third;
    if (number == 3)
        first = fourth;
    if (number == 4)
        first = fifth;
    barrier_var(first);
    return (void *)first;
}

static __always_inline void *register_argument_if_any(struct pt_regs *ctx, __u32 number)
{
    return number ? register_argument(ctx, number - 1) : NULL;
}

/* A bit of the place. Where that is no constant, as a kprobe's, it is a number of which clang knows
 * nothing, so that it makes no branches of it: the verifier would follow each combination of bits
 * through all of the program. */
static __always_inline __u32 place_bit(__u64 place, enum ev_place shift, bool constant)
{
    __u32 bit = place >> shift & 1;

    if (!constant)
        barrier_var(bit);
    return bit;
}

/* One of two numbers, by a bit, without a branch. */
static __always_inline __u32 either(__u32 bit, __u32 if_set, __u32 if_clear)
{
    return if_clear - bit * (if_clear - if_set);
}

/* The argument that tells a namespace goes where it belongs. Typed pointers are not for
 * calculating, which the compiler would make of the two branches if they were alike; but then the
 * place is a constant. */
static __always_inline void take_netns(struct arguments *a, __u64 place, void *netns)
{
    __u64 device;

    if (!a->typed) {
        device = place_bit(place, EV_PLACE_DEVICE_SHIFT, false);
        a->dev = (void *)((__u64)netns & -device);
        a->net = (void *)((__u64)netns & (device - 1));
    } else if (place & EV_PLACE_DEVICE) {
        asm volatile("%0 = %0" : "+r"(netns));
        a->dev = netns;
    } else {
        barrier_var(netns);
        a->net = netns;
    }
}

/* As tell(), in a global function, into which the verifier looks once. Slots are looked up here, so
 * that the program that calls it has no pointers to them: NULL or not, they would be further ways
 * to check. Named in capture/object_adapt.c like ring_take(). */
__noinline int other_tell(__u64 ref, __u32 ref_type, __u32 number)
{
    struct where where = {.ref = ref, .ref_type = ref_type};
    struct here here;
    __u64 pid_tgid;

    if (!here_init(&here, EV_PROBE_OTHER, number))
        return false;
    if (ref_type == EV_DEVICE)
        where.device = device_slot_of(&here, ref);
    else if (ref_type == EV_NETNS)
        where.netns = netns_slot_of(&here, ref);
    if (ref_type && !where.device && !where.netns)
        return false;
    return tell(&here, &where, &pid_tgid);
}

/* As opaque_found(), of where the packet is, which depends on the place and on what the filters
 * looked at. */
static __always_inline void opaque_place(const struct here *here, struct found *f,
                                         struct sighting *seen)
{
    f->packet.head = opaque(here, f->packet.head);
    f->where.ref = opaque(here, f->where.ref);
    f->where.ref_type = opaque(here, f->where.ref_type) & (EV_DEVICE | EV_NETNS);
    seen->dev = opaque(here, seen->dev);
    seen->net = opaque(here, seen->net);
    seen->inum = opaque(here, seen->inum);
    seen->loopback = opaque(here, seen->loopback) & 1;
}

/* As record(), with less for the verifier to do: each of these programs is loaded as often as there
 * are probes. */
static __always_inline void other_record(struct here *here, const struct arguments *a)
{
    struct found f = {};
    struct sighting seen;
    struct writing w;
    __u32 stack;

    if (!config.filters)
        here_time(here);
    if (!find(here, a, &f))
        return;
    seen = sighted(a, &f);
    opaque_place(here, &f, &seen);
    if (config.filters && !filters_pass(here, &f.packet, &f.where, &seen, a->typed, a->dynptr))
        return;
    if (config.filters) {
        opaque_found(here, &f);
        opaque_place(here, &f, &seen);
        here->ts_ns = opaque(here, here->ts_ns);
    }
    stack = opaque(here, a->stack ? stack_id(a->ctx) : 0);
    if (!other_tell(f.where.ref, f.where.ref_type, here->number) ||
        !write_begin(here, &f.packet, a->state, is_within(stack), true, &w))
        return;
    write_found(here, a, &f, &seen, bpf_get_current_pid_tgid(), stack, &w);
}

static __always_inline int on_other(void *ctx, __u64 place, struct sk_buff *skb, void *netns,
                                    __u64 sk, bool constant, bool typed)
{
    __u32 receive = place_bit(place, EV_PLACE_RECEIVE_SHIFT, constant);
    struct arguments a = {.ctx = ctx,
                          .skb = skb,
                          .sk = sk,
                          .place = either(receive, PLACE_RECEIVE, PLACE_ANYWHERE),
                          .delivered = place_bit(place, EV_PLACE_DELIVERED_SHIFT, constant),
                          .stack = place_bit(place, EV_PLACE_STACK_SHIFT, constant),
                          .state = config.extras & EV_EXTRA_SKB,
                          .typed = typed,
                          .dynptr = typed && place & EV_PLACE_DYNPTR};
    struct here here;

    if (!address(skb) || !here_init(&here, EV_PROBE_OTHER, ev_place_probe(place)))
        return 0;
    here.like = either(
        receive, EV_PROBE_RECEIVE,
        either(place_bit(place, EV_PLACE_XMIT_SHIFT, constant), EV_PROBE_XMIT, EV_PROBE_OTHER));
    take_netns(&a, place, netns);
    other_record(&here, &a);
    return 0;
}

static __always_inline int on_array(__u64 *ctx, bool typed)
{
    __u64 place = place_constant;

    return on_other(ctx, place, argument(ctx, ev_place_skb(place)),
                    argument_if_any(ctx, ev_place_netns(place)),
                    address(argument_if_any(ctx, ev_place_sock(place))), true, typed);
}

/* These two are copied: see capture/program_copies.h. */
SEC("template")
int other_typed(__u64 *ctx)
{
    return on_array(ctx, true);
}

SEC("template")
int other_raw(__u64 *ctx)
{
    return on_array(ctx, false);
}

/* On x86 the address that a kprobe sees is behind the byte that it put there. */
static __always_inline __u64 kprobe_place(struct pt_regs *ctx)
{
    __u64 address = PT_REGS_IP(ctx);
    __u64 *place;

    if (config.has_cookie)
        return bpf_get_attach_cookie(ctx);
    place = bpf_map_lookup_elem(&kprobe_places, &address);
    return place ? *place : 0;
}

static __always_inline void *kprobe_netns(struct pt_regs *ctx, __u64 place)
{
    return register_argument_if_any(ctx, ev_place_netns(place));
}

static __always_inline __u64 kprobe_sock(struct pt_regs *ctx, __u64 place)
{
    return (__u64)register_argument_if_any(ctx, ev_place_sock(place));
}

static __always_inline int on_kprobe(struct pt_regs *ctx)
{
    __u64 place = kprobe_place(ctx);

    if (!place)
        return 0;
    return on_other(ctx, place, register_argument(ctx, ev_place_skb(place)),
                    kprobe_netns(ctx, place), kprobe_sock(ctx, place), false, false);
}

SEC("kprobe")
int other_kprobe(struct pt_regs *ctx)
{
    return on_kprobe(ctx);
}

SEC("kprobe.multi")
int other_multi(struct pt_regs *ctx)
{
    return on_kprobe(ctx);
}

/* The stack pointer tells a call from others of the same function in the same task: from those that
 * it makes itself, and from interrupts. x86 has taken the return address off when it returns. */
#ifdef __TARGET_ARCH_x86
#define RETURN_ADDRESS_BYTES 8
#else
#define RETURN_ADDRESS_BYTES 0
#endif

static __always_inline struct entered_key entered_key(struct pt_regs *ctx, __u64 place,
                                                      __u32 popped)
{
    return (struct entered_key){.pid_tgid = bpf_get_current_pid_tgid(),
                                .stack = PT_REGS_SP(ctx) - popped,
                                .place = config.has_cookie ? place : 0};
}

SEC("kprobe")
int other_enter(struct pt_regs *ctx)
{
    __u64 place = kprobe_place(ctx);
    struct sk_buff *skb = register_argument(ctx, ev_place_skb(place));
    struct entered_key key = entered_key(ctx, place, 0);
    struct entered e = {.place = place,
                        .skb = address(skb),
                        .netns_argument = (__u64)kprobe_netns(ctx, place),
                        .sk = kprobe_sock(ctx, place)};

    if (!place || !skb)
        return 0;
    e.head = address(READ(false, skb, head));
    bpf_map_update_elem(&entered, &key, &e, BPF_ANY);
    return 0;
}

/* The keys of what other_enter() noted lie on the stacks of these two: other_return() has no room. */
static __noinline struct entered *entered_find(struct pt_regs *ctx, __u64 place)
{
    struct entered_key key = entered_key(ctx, place, RETURN_ADDRESS_BYTES);

    return bpf_map_lookup_elem(&entered, &key);
}

static __noinline int entered_forget(struct pt_regs *ctx, __u64 place)
{
    struct entered_key key = entered_key(ctx, place, RETURN_ADDRESS_BYTES);

    return bpf_map_delete_elem(&entered, &key);
}

static __always_inline __u64 return_cookie(struct pt_regs *ctx)
{
    return config.has_cookie ? bpf_get_attach_cookie(ctx) : 0;
}

/* A function may have freed its skb, or given its data away: what stands there now is another
 * packet's, or nobody's. */
SEC("kretprobe")
int other_return(struct pt_regs *ctx)
{
    const struct entered *e = entered_find(ctx, return_cookie(ctx));
    struct sk_buff *skb;

    if (!e)
        return 0;
    skb = (void *)e->skb;
    if (address(READ(false, skb, head)) == e->head)
        on_other(ctx, e->place, skb, (void *)e->netns_argument, e->sk, false, false);
    entered_forget(ctx, return_cookie(ctx));
    return 0;
}

#endif
