/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the BPF programs and the recorder tell each other: ring records, settings, counters.
 * Fixed-width members, largest first, no byte left unwritten: what a record does not fill
 * would be kernel memory in a file for ever.
 *
 * Names are said once. An event refers to its device by the address of the net_device, to a
 * namespace without a device by the address of its struct net, and to its task by pid and tgid;
 * a definition of that reference stands before it in the same CPU's records. The BPF side
 * keeps the definitions in force in a small cache a CPU (struct ev_definition.set and .way say
 * where) and defines again whatever differs from it: capture/ref_cache.c mirrors that cache.
 */
#ifndef NST_BPF_EVENT_H
#define NST_BPF_EVENT_H

#include <linux/types.h>

enum ev_type {
    EV_PACKET = 1,
    EV_DEVICE = 2,
    EV_NETNS = 3,
    EV_TASK = 4,
};

/* As the file has them: enum nst_event_flag. */
enum ev_flag {
    EV_FLAG_L3 = 1 << 0,
    EV_FLAG_CUT = 1 << 2,
    EV_FLAG_GUESS = 1 << 3,
};

/* As the file has them: enum nst_netns_source. */
enum ev_netns_source {
    EV_NETNS_NONE = 0,
    EV_NETNS_DEVICE = 1,
    EV_NETNS_SOCKET = 2,
    EV_NETNS_PARAMETER = 3,
};

/* What a program does for tracking. Those before EV_PROBE_OTHER are one probe each, which has the
 * same number in records and counters; the others follow, numbered from EV_PROBE_OTHER on. */
enum ev_probe {
    EV_PROBE_RECEIVE = 0,
    EV_PROBE_XMIT = 1,
    EV_PROBE_KFREE = 2,
    EV_PROBE_CONSUME = 3,
    EV_PROBE_TCP_PROBE = 4,
    EV_PROBE_OTHER = 5,
};

/* Addresses of a stack trace at most, the innermost first; the kernel's own limit is 127 by
 * default. */
#define EV_STACK_FRAMES 64
/* Of a stack trace in a record: its addresses, then zeros. */
#define EV_STACK_BYTES (8 * EV_STACK_FRAMES)
/* This bit of ev_packet.stack, which no number in the map has: the stack trace is in the record. */
#define EV_STACK_WITHIN_SHIFT 31
#define EV_STACK_WITHIN       (1u << EV_STACK_WITHIN_SHIFT)

/* Probes of one recording. */
#define EV_PROBES_MAX 16384

/*
 * What the program of an EV_PROBE_OTHER has to know of its place, in a number: a constant of its
 * own copy of the program, or the cookie that it was attached with. Bits 0-15 are the probe's
 * number; arguments count from 0.
 */
enum ev_place {
    EV_PLACE_SKB_SHIFT = 16,      /* which argument is the skb: 4 bits */
    EV_PLACE_NETNS_SHIFT = 20,    /* which one tells a namespace, plus 1; 0: none. 4 bits */
    EV_PLACE_DEVICE_SHIFT = 24,    /* ...and is a struct net_device, not a struct net */
    EV_PLACE_RECEIVE_SHIFT = 25,   /* on a packet's way to EV_PROBE_RECEIVE, and of such a form */
    EV_PLACE_XMIT_SHIFT = 26,      /* on its way to EV_PROBE_XMIT */
    EV_PLACE_DELIVERED_SHIFT = 27, /* packets come here after a socket has taken them */
    EV_PLACE_DYNPTR_SHIFT = 28,    /* bpf_dynptr_from_skb takes the skb */
    EV_PLACE_STACK_SHIFT = 29,     /* with a stack trace */
    EV_PLACE_SOCK_SHIFT = 30,      /* which one is a struct sock, plus 1; 0: none. 4 bits */
    EV_PLACE_DEVICE = 1 << EV_PLACE_DEVICE_SHIFT,
    EV_PLACE_RECEIVE = 1 << EV_PLACE_RECEIVE_SHIFT,
    EV_PLACE_XMIT = 1 << EV_PLACE_XMIT_SHIFT,
    EV_PLACE_DELIVERED = 1 << EV_PLACE_DELIVERED_SHIFT,
    EV_PLACE_DYNPTR = 1 << EV_PLACE_DYNPTR_SHIFT,
    EV_PLACE_STACK = 1 << EV_PLACE_STACK_SHIFT,
};

/* The first parameters of a function, which a kprobe reads from registers. */
#define EV_REGISTER_PARAMETERS 5

static inline __u32 ev_place_probe(__u64 place)
{
    return place & 0xffff;
}

static inline __u32 ev_place_skb(__u64 place)
{
    return place >> EV_PLACE_SKB_SHIFT & 15;
}

static inline __u32 ev_place_netns(__u64 place)
{
    return place >> EV_PLACE_NETNS_SHIFT & 15;
}

static inline __u32 ev_place_sock(__u64 place)
{
    return place >> EV_PLACE_SOCK_SHIFT & 15;
}

#define EV_NAME_BYTES 16 /* IFNAMSIZ and TASK_COMM_LEN */

/*
 * A ring: its records follow each other at positions that count bytes since the start. The data
 * lies in chunks of config.chunk_bytes; behind each is room for the end of a record that begins
 * in it, so that no record is broken. Programs reserve bytes by moving the head, whoever they
 * interrupt; a record is complete when its stamp says its own position. What lies there from the
 * round before says another one, and packet bytes cannot be made to say it: the key is random.
 */
struct ev_ring {
    __u64 head; /* reserved so far */
    __u64 reserved_head[7];
    __u64 tail; /* given back by the reader: on a cache line of its own */
    __u64 reserved_tail[7];
};

static inline __u64 ev_stamp(__u64 position, __u64 key)
{
    return position ^ key;
}

/* Every record begins like this. */
struct ev_head {
    __u64 stamp; /* written last */
    __u32 bytes; /* of the whole record: a multiple of 8 */
    __u16 type;  /* enum ev_type */
    __u16 cpu;
};

/* One packet at one probe, followed by an ev_skb and a stack trace if it says so, and by caplen
 * bytes of it. */
struct ev_packet {
    __u64 ts_ns;   /* CLOCK_MONOTONIC */
    __u64 skb;     /* address of the struct sk_buff... */
    __u64 ref;     /* ...of a net_device or struct net, as ref_type says; 0: none */
    __u64 pid_tgid; /* tgid in the upper half; defined by an ev_task */
    __u64 journey_id; /* tells when it began: ev_journey_ts_ns(); 0: not tracked */
    __u64 journey_head;
    __u32 stack;       /* id in the map `stacks`, plus 1; 0: none; or has EV_STACK_WITHIN */
    __u32 drop_reason; /* of EV_PROBE_KFREE; else 0 */
    __u32 rx_ifindex;
    __u32 len; /* of the packet from where its bytes begin */
    __u16 caplen;
    __u16 vlan_proto; /* host order, 0: no tag */
    __u16 vlan_tci;
    __u16 probe; /* its number: enum ev_probe, or above */
    __u8 ref_type; /* EV_DEVICE or EV_NETNS: which defines ref; 0: none */
    __u8 netns_source;
    __u8 flags;
    __u8 has_skb;   /* 0 or 1 */
    __u32 reserved; /* 0 */
};

struct ev_record {
    struct ev_head head;
    struct ev_packet packet;
};

/* As the file has them: enum nst_skb_flag. */
enum ev_skb_flag {
    EV_SKB_CLONED = 1 << 0,
    EV_SKB_NOHDR = 1 << 1,
};

/* What else the packet's skb says; the members are as those of struct nst_skb. */
struct ev_skb {
    __u32 len;
    __u32 data_len;
    __u32 mark;
    __u32 hash;
    __u32 priority;
    __u32 csum;
    __u32 users;
    __u32 dataref;
    __u32 gso_type;
    __u16 gso_size;
    __u16 gso_segs;
    __u16 protocol; /* host order */
    __u8 ip_summed;
    __u8 csum_level;
    __u8 shared_flags;
    __u8 frags;
    __u8 fclone;
    __u8 flags; /* enum ev_skb_flag */
};

/* Where a definition stands in its CPU's cache. */
struct ev_definition {
    struct ev_head head;
    __u16 set;
    __u16 way;
    __u32 reserved; /* 0 */
    __u64 ref; /* what events say to mean it */
};

struct ev_device {
    struct ev_definition definition;
    __u64 netns_cookie; /* 0: unknown */
    __u8 name[EV_NAME_BYTES];
    __u32 netns_inum;
    __u32 ifindex;
};

struct ev_netns {
    struct ev_definition definition;
    __u64 cookie; /* 0: unknown */
    __u32 inum;
    __u32 reserved; /* 0 */
};

struct ev_task {
    struct ev_definition definition;
    __u8 comm[EV_NAME_BYTES];
};

/* The caches of one CPU: sets, and ways in a set. */
#define EV_DEVICE_SETS 64
#define EV_DEVICE_WAYS 2
#define EV_NETNS_SETS  64
#define EV_NETNS_WAYS  1
#define EV_TASK_SETS   256
#define EV_TASK_WAYS   1

/* How many of the packets that passed last a CPU remembers (struct passed), to follow those whose
 * data moves. More than a few, for others pass while one waits: for a router's neighbour to answer,
 * say. */
#define EV_PASSED_SETS 256

/* The set of a reference. Kernel objects are aligned, so the low bits say little. */
static inline __u32 ev_set(__u64 ref, __u32 sets)
{
    return (__u32)((ref * 0x9e3779b97f4a7c15ULL) >> 40) & (sets - 1);
}

/* What can be counted, by CPU and probe; see struct nst_counter. */
enum ev_counter {
    EV_LOST_RING,
    EV_NO_PACKET,
    EV_CUT_NONLINEAR,
    EV_TRACKING_FULL,
    EV_TRACKING_GUESSED, /* where no event says it */
    EV_NO_STACK,
    EV_COUNTERS = 8, /* a cache line */
};

struct ev_counters {
    __u64 count[EV_COUNTERS];
};

/*
 * Tracking's table of buffers: a buffer's address stands in one of two sets, which its bits choose,
 * and at the same place in the other array its entry does. Programs put addresses into free places;
 * only the recorder takes them away again, and frees a place once no program can have found it.
 */
#define EV_TRACK_WAYS 8
#define EV_TRACK_FREE 0
#define EV_TRACK_GONE 1 /* to be free soon */

struct ev_track_set { /* a cache line */
    __u64 head[EV_TRACK_WAYS];
};

enum ev_track_state {
    EV_TRACK_DEAD = 0, /* its buffer was freed, or it is not written yet */
    EV_TRACK_LIVE = 1,
    EV_TRACK_LEFT = 2, /* a TCP socket has it, or its data moved: no probe will see it pass here */
    EV_TRACK_RESENT = 3, /* its socket begins to send it again; only where tracking is exact */
};

struct ev_track { /* another */
    __u16 state;      /* enum ev_track_state */
    __u16 last_probe; /* enum ev_probe; where no device's was passed, the one that began it */
    __u32 last_inum;  /* of the namespace of last_dev */
    __u64 journey_id;
    __u64 journey_head;
    __u64 last_ts_ns;
    __u64 sk;           /* that sent it, when the journey began with sending; else 0 */
    __u64 first_tx_dev; /* where it was first sent; 0: not yet */
    __u64 last_dev;
    __u64 last_skb;
};

/* Buffers that lie near each other, in the 32 KiB of a slab, stand near each other in the table: these
 * are the ones in use together, and a page of memory that is not in the TLB costs more than all the
 * rest of a look. */
static inline __u32 ev_track_set_of(__u64 head, __u32 choice, __u32 sets)
{
    __u64 slab = (head >> 15) * 0x9e3779b97f4a7c15ULL;
    __u32 of_slab = (head * 0x9e3779b97f4a7c15ULL) >> 40 & 63;

    return ((__u32)(slab >> (choice ? 24 : 44)) << 6 | of_slab) & (sets - 1);
}

/* Windows that a CPU has (struct window), one for each program that looks into a packet at a time:
 * programs interrupt each other (task, softirq, hardirq, NMI), and some can be preempted (fentry).
 */
#define EV_SCRATCH_LEVELS 4

/* Of one CPU, written by it alone; a cache line. */
struct ev_cpu {
    __u64 tracked; /* entries added to the tracking table */
    __u32 ring;    /* the one that it writes to */
    __u32 reserving; /* where there is no cmpxchg: a program is moving the ring's head... */
    __u32 nested;    /* ...and so many use windows */
    __u32 nothing;   /* 0, which the verifier cannot know */
    __u64 windows[EV_SCRATCH_LEVELS]; /* not 0: in use, for a pcap-filter to look into */
    __u64 reserved;
};

/* Which filters there are: of struct ev_config.filters. */
enum ev_filter {
    EV_FILTER_PACKET = 1 << 0,       /* a pcap-filter stands in its place */
    EV_FILTER_NETNS = 1 << 1,        /* there are rules for namespaces... */
    EV_FILTER_NETNS_WANTED = 1 << 2, /* ...and some are wanted, not only left out */
    EV_FILTER_DEVICE = 1 << 3,
    EV_FILTER_REASON = 1 << 4,
};

/* Whether a namespace is recorded; one may have both, and is then left out. */
enum ev_netns_rule {
    EV_NETNS_WANTED = 1 << 0,
    EV_NETNS_EXCLUDED = 1 << 1,
};

/* Keys of the map filter_netns are cookies, or inums with this bit, which no cookie has. */
#define EV_NETNS_BY_INUM (1ULL << 63)

/* A key of the trie filter_devices: the names of devices that begin with so many bits. Where those
 * include the 0 behind the name's end, it is one name alone. */
struct ev_device_prefix {
    __u32 bits;
    __u8 name[EV_NAME_BYTES];
};

/* How many namespaces, devices or drop reasons a filter can name, of each. */
#define EV_FILTER_MAX 4096

/* So much of a packet a pcap-filter sees at most. */
#define EV_WINDOW_BYTES 512
/* No helper has this number: the recorder replaces its calls by those of bpf_dynptr_from_skb(). */
#define EV_DYNPTR_CALL 0x64796e70
/* The last argument of the call of a pcap-filter, by which the recorder finds the call. */
#define EV_FILTER_MARK 0x66696c74
/* Room for a pcap-filter's instructions, for each of its two. */
#define EV_FILTER_INSNS 4096

/* Of struct ev_config.extras: all events have an ev_skb. */
#define EV_EXTRA_SKB (1u << 31)

/* Set before loading, constant from then on. */
struct ev_config {
    __u64 base_ts_ns; /* CLOCK_MONOTONIC, not after the first event */
    __u64 ring_key;   /* of all stamps: random, never 0 */
    __u64 ring_bytes; /* of each ring: a power of two, as the following */
    __u32 chunk_bytes;
    __u32 chunk_shift;
    __u32 chunks;     /* of a ring */
    __u32 has_cmpxchg; /* BPF programs can compare and exchange */
    __u32 stores_in_order; /* other CPUs see a CPU's stores in their order, as on x86 */
    __u32 cpus;       /* possible CPUs */
    __u32 cpu_bits;   /* to number them */
    __u32 snaplen;
    __u32 wake_bytes; /* wake the reader when the data passes a multiple: a power of two */
    __u32 kfree_has_reason; /* skb:kfree_skb tells why... */
    __u32 kfree_has_sock;   /* ...and for which socket */
    __u32 reason_consumed;  /* the reason that is no drop, beside 0 */
    __u32 has_dynptr;       /* bpf_dynptr_from_skb works in these programs */
    __u32 tracking;
    __u32 track_sets; /* a power of two */
    __u32 recorded; /* a bit for each enum ev_probe but OTHER: it is to write events */
    __u32 extras;   /* likewise: with a stack trace; and EV_EXTRA_SKB */
    __u32 probes;   /* how many there are, the others included */
    __u32 has_cookie; /* bpf_get_attach_cookie() */
    __u32 filters;  /* enum ev_filter; 0: everything is recorded */
    __u32 window_bytes; /* of a packet, for the pcap-filter */
    __u32 exact; /* tracking sees each freeing of packet data, and each move */
};

/* Bytes of a packet that can stand before skb->data. */
#define EV_GAP_BYTES 64

/* What a record can take behind the end of the chunk that it begins in. */
static inline __u32 ev_record_max(__u32 snaplen)
{
    return sizeof(struct ev_record) + sizeof(struct ev_skb) + EV_STACK_BYTES + EV_GAP_BYTES +
           snaplen;
}

/* No CPU gives two journeys the same nanosecond: making one takes longer. */
static inline __u64 ev_journey_id(__u64 base_ts_ns, __u32 cpu_bits, __u64 ts_ns, __u32 cpu)
{
    return (ts_ns - base_ts_ns + 1) << cpu_bits | cpu;
}

static inline __u64 ev_journey_ts_ns(__u64 base_ts_ns, __u32 cpu_bits, __u64 id)
{
    return (id >> cpu_bits) + base_ts_ns - 1;
}

#define EV_ASSERT_SIZE(type, size) _Static_assert(sizeof(struct type) == (size), #type)
EV_ASSERT_SIZE(ev_packet, 80);
EV_ASSERT_SIZE(ev_ring, 128);
EV_ASSERT_SIZE(ev_head, 16);
EV_ASSERT_SIZE(ev_record, 96);
EV_ASSERT_SIZE(ev_skb, 48);
EV_ASSERT_SIZE(ev_definition, 32);
EV_ASSERT_SIZE(ev_device, 64);
EV_ASSERT_SIZE(ev_netns, 48);
EV_ASSERT_SIZE(ev_task, 48);
EV_ASSERT_SIZE(ev_counters, 64);
EV_ASSERT_SIZE(ev_track_set, 64);
EV_ASSERT_SIZE(ev_track, 64);
EV_ASSERT_SIZE(ev_cpu, 64);
EV_ASSERT_SIZE(ev_device_prefix, 20);
EV_ASSERT_SIZE(ev_config, 112);
#undef EV_ASSERT_SIZE

#endif
