/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libnstrail: reads and writes nstrail capture files.
 *
 * The file's layout, byte by byte, is nstrail(5); change both together. It also has a program that
 * reads a file. First what events and the inventory are made of, then the reader, then the writer.
 *
 * Conventions
 *   Errors    0 or more is success, a negative errno is failure:
 *             -EMEDIUMTYPE      not an nstrail file
 *             -EPROTONOSUPPORT  needs a feature that this library lacks (named)
 *             -EBADMSG          corrupt
 *             -ENODATA          cut short
 *             -EFBIG            over one of the limits below
 *             otherwise         what the system said
 *             The words are in *err, when the caller passed one; they say
 *             nothing after a success. Other outputs stay as they were.
 *   Names     NUL-terminated bytes exactly as the kernel gave them, in no
 *             encoding: escape them before they reach a terminal. Never NULL
 *             in a reader's answer, unless said otherwise.
 *   Times     Nanoseconds, of CLOCK_MONOTONIC on the host that recorded unless
 *             said otherwise. A block's realtime_offset_ns makes them times of
 *             day.
 *   Borrowed  A const pointer in an answer belongs to the library and is valid
 *             until the next call on the same reader, unless said otherwise.
 *   Threads   A reader or writer is used by one thread at a time.
 */
#ifndef NSTRAIL_H
#define NSTRAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* No entry of a dictionary. */
#define NST_NONE UINT32_MAX

/* Limits that a reader enforces and a writer keeps to. */
#define NST_MAX_EVENTS         65536u              /* in a block */
#define NST_MAX_PLAIN          (16u * 1024 * 1024) /* bytes of one frame, inflated */
#define NST_MAX_EXPANDED       (64u * 1024 * 1024) /* packet bytes of a block, expanded */
#define NST_MAX_SNAPLEN        65535u              /* bytes recorded of one packet */
#define NST_MAX_NAME           255u /* bytes of any name, its NUL not counted */
#define NST_MAX_FRAMES         255u /* of a stack trace */
#define NST_MAX_TEXT           4095u /* bytes of a path, a cgroup, an image, a command line */
#define NST_MAX_ROWS           (256u * 1024) /* of the inventory in one nst_tables, all together */

/* Why a call failed, in words. The caller owns it; zero-initialise it. */
struct nst_error {
    char text[256];
};

/* What the entries of the dictionaries say. An event has the index of each. */

struct nst_netns {
    uint64_t cookie; /* net->net_cookie, never reused; 0: this kernel has none, or gave none */
    uint32_t inum;   /* of /proc/PID/ns/net; reused once its namespace is gone */
};

struct nst_device {
    uint32_t netns;   /* index of its namespace, or NST_NONE */
    uint32_t ifindex; /* in its namespace: others have the same */
    const char *name; /* when the event was seen */
};

struct nst_task {
    uint32_t pid; /* thread, as the initial pid namespace sees it */
    uint32_t tgid; /* process, likewise */
    const char *comm; /* the thread's name, that the CPU was running: often not the packet's */
};

enum nst_probe_kind {
    NST_PROBE_RAW_TRACEPOINT = 1, /* symbol "group:name", however it was attached */
    NST_PROBE_KPROBE = 2,
    NST_PROBE_KRETPROBE = 3,
    NST_PROBE_FENTRY = 4,
    NST_PROBE_FEXIT = 5,
};

struct nst_probe {
    uint32_t kind; /* enum nst_probe_kind; readers must expect others */
    const char *symbol;
};

struct nst_drop_reason {
    uint32_t number;    /* as the kernel numbers it, subsystem in the upper 16 bits */
    const char *subsys; /* "openvswitch"...; NULL: the core's */
    const char *name;   /* "NO_SOCKET"...; NULL: the kernel has no name for it */
};

/* A stack trace is a chain of these, from the innermost function outwards. Traces share what
 * they have in common at the outer end. */
struct nst_frame {
    uint32_t caller; /* index of the frame that called this one, less than its own; NST_NONE: none */
    const char *name; /* "kfree_skb_reason+0x4c", or an address where it had no name */
};

/* Where an event's namespace was read from. */
enum nst_netns_source {
    NST_NETNS_NONE = 0, /* nowhere: the event has no namespace */
    NST_NETNS_DEVICE = 1,
    NST_NETNS_SOCKET = 2,
    NST_NETNS_PARAMETER = 3, /* of the probed function */
};

enum nst_event_flag {
    NST_EVENT_L3 = 1 << 0,   /* lengths and bytes begin at the network header, else at Ethernet's */
    NST_EVENT_LATE = 1 << 1, /* came after the recorder's merging window: stands out of order */
    NST_EVENT_CUT = 1 << 2,  /* fewer bytes than asked for: non-linear data was out of reach */
    NST_EVENT_GUESS = 1 << 3, /* its journey is the tracking heuristic's verdict, not seen exactly */
};

/* enum of skb->ip_summed: who has looked at the transport checksum, or is to make it. */
enum nst_csum {
    NST_CSUM_NONE = 0,
    NST_CSUM_UNNECESSARY = 1, /* verified, or loopback */
    NST_CSUM_COMPLETE = 2,
    NST_CSUM_PARTIAL = 3, /* the device is to make it */
};

enum nst_skb_flag {
    NST_SKB_CLONED = 1 << 0, /* its buffer may have other skbs */
    NST_SKB_NOHDR = 1 << 1,  /* refers to the payload alone */
};

/* What else a struct sk_buff says, as the kernel names it. */
struct nst_skb {
    uint32_t len;      /* of the packet from skb->data on, wherever that points */
    uint32_t data_len; /* of that, how much is outside of the linear part */
    uint32_t mark;
    uint32_t hash; /* 0: none yet */
    uint32_t priority;
    uint32_t csum;    /* the sum if COMPLETE; csum_start | csum_offset << 16 if PARTIAL */
    uint32_t users;   /* references to the skb */
    uint32_t dataref; /* to its buffer; in the upper 16 bits those to the payload alone */
    uint32_t gso_type; /* SKB_GSO_ bits, which differ between kernels */
    uint16_t gso_size; /* payload bytes of a segment; 0: this is not to be segmented */
    uint16_t gso_segs; /* 0: not counted yet */
    uint16_t protocol; /* ethertype, host order; 0: not set yet */
    uint8_t ip_summed;  /* enum nst_csum */
    uint8_t csum_level; /* how many checksums more are UNNECESSARY */
    uint8_t shared_flags; /* SKBFL_ bits; 0 before Linux 5.12 */
    uint8_t frags;  /* pages outside of the linear part */
    uint8_t fclone; /* 1: has a companion to be cloned into, 2: is one */
    uint8_t flags;  /* enum nst_skb_flag */
};

/* One packet at one probe. */
struct nst_event {
    uint64_t ts_ns; /* CLOCK_MONOTONIC */
    uint64_t skb;   /* address of its struct sk_buff, which later packets have again */

    /* The packet's journey; id 0: not tracked, the rest is 0 then. */
    uint64_t journey_id;    /* unique in its capture */
    uint64_t journey_ts_ns; /* its first event, CLOCK_MONOTONIC */
    uint64_t journey_head;  /* its first skb->head: with the time, Retis's name for it */

    /* Indices into the dictionaries of the block (reader) or the writer's own. */
    uint32_t netns;       /* or NST_NONE */
    uint32_t device;      /* or NST_NONE */
    uint32_t task;        /* or NST_NONE */
    uint32_t probe;
    uint32_t drop_reason; /* or NST_NONE: this is no drop */
    uint32_t stack;       /* of its stack trace's innermost frame; or NST_NONE */

    uint32_t cpu;
    uint32_t rx_ifindex;   /* skb->skb_iif; 0: none */
    uint32_t len_bytes;    /* of the packet on the wire, from where its bytes begin (L2 or L3) */
    uint32_t caplen_bytes; /* of those, how many are in .packet */
    uint16_t vlan_proto;   /* the acceleration tag's ethertype, host order; 0: no tag */
    uint16_t vlan_tci;     /* host order */
    uint8_t netns_source;  /* enum nst_netns_source */
    uint8_t flags;         /* enum nst_event_flag */

    const uint8_t *packet; /* caplen_bytes; NULL when there are none or they were not loaded */
    const struct nst_skb *state; /* of its skb; NULL: the recorder was not asked for it */
};

/* What is said once at the start of a file. A string may be NULL: not known. */
struct nst_file_info {
    uint8_t capture_id[16]; /* the same in all files of one capture */
    uint8_t salt[8];        /* of this file; the writer makes it */
    uint8_t previous_salt[8]; /* of the file before it in the capture; zeros: this is the first */
    uint8_t boot_id[16]; /* of the kernel: /proc/sys/kernel/random/boot_id, as bytes */
    uint16_t major, minor; /* of the format; a writer knows its own */
    uint32_t sequence; /* 0, 1, 2... of this file in its capture */
    uint32_t snaplen;  /* bytes recorded of a packet at most; 0: none */
    uint32_t cpus;     /* possible CPUs of the host */
    bool tracking_exact; /* every freeing of packet data was seen; else a heuristic decided */

    /* The three clocks, read together. */
    uint64_t monotonic_ns;
    uint64_t boottime_ns;
    uint64_t realtime_ns; /* since 1970 */

    const char *hostname;
    const char *kernel_release; /* uname -r */
    const char *kernel_version; /* uname -v */
    const char *machine;        /* uname -m */
    const char *writer;         /* "nstrail-capture 0.1.0" */
    const char *command_line;
    const char *filter;         /* what the recorder left out, in words; NULL: nothing */
    const char *drop_reasons;   /* where their names came from: "btf"; NULL: they have none */
};

/*
 * The inventory: who the namespaces were. A row says what was true of one thing, from
 * first_ts_ns to last_ts_ns (CLOCK_MONOTONIC: when it was seen first and last). With NST_STILL
 * it is true until a later row of the same key says otherwise, so what does not change is said
 * once in a file: a writer gives a row when it becomes known, when it changes, and, with its
 * last_ts_ns, when it is over; and every row that still is once more in each new file. Keys:
 *   name       netns, place, name
 *   netns      netns
 *   process    pid, start_ns
 *   container  id, netns
 *   device     netns, ifindex
 *   address    netns, ifindex, address
 * A namespace is known by its cookie where it has one, else by its inum while it lives.
 */
#define NST_STILL UINT64_MAX

/* What the name of a namespace is. */
enum nst_place {
    NST_PLACE_NETNS = 0, /* a file of /run/netns, as ip-netns(8) makes them */
    NST_PLACE_MOUNT = 1, /* the path of another file that the namespace is bound to, or of any in
                          * another mount namespace, as it is there */
    NST_PLACE_FD = 2,    /* a path as /proc/PID/fd/N: a process has it open */
};

struct nst_netns_name {
    struct nst_netns netns;
    const char *name;
    uint64_t first_ts_ns, last_ts_ns;
    uint8_t place; /* enum nst_place; readers must expect others */
};

enum nst_netns_flag {
    NST_NETNS_INITIAL = 1 << 0, /* the host's own */
    NST_NETNS_GONE = 1 << 1,    /* it has died, and was not only lost sight of */
};

struct nst_known_netns {
    struct nst_netns netns;
    uint64_t first_ts_ns, last_ts_ns;
    uint32_t owner_uid;    /* of its user namespace, in the initial one; NST_NONE: not known */
    uint32_t userns_inum;  /* of its user namespace; 0: not known */
    uint8_t flags;         /* enum nst_netns_flag */
};

enum nst_process_flag {
    NST_PROCESS_LEADER = 1 << 0, /* of a session */
    NST_PROCESS_INIT = 1 << 1,   /* the first of its pid namespace */
};

struct nst_process {
    struct nst_netns netns;
    uint64_t first_ts_ns, last_ts_ns;
    uint64_t start_ns;   /* CLOCK_BOOTTIME */
    const char *comm;    /* NULL, also below: not known */
    const char *exe;     /* path */
    const char *cgroup;  /* path in its hierarchy */
    const char *cmdline; /* arguments, a space between; NULL also when it was not asked for */
    uint32_t pid;        /* as the initial pid namespace sees it */
    uint32_t uid;        /* in the initial user namespace; NST_NONE: not known */
    uint8_t flags;       /* enum nst_process_flag */
};

struct nst_container {
    struct nst_netns netns;
    uint64_t first_ts_ns, last_ts_ns;
    const char *runtime; /* "docker", "containerd", "crio", "podman", "nspawn", "lxc", "runc" */
    const char *id;      /* never NULL; what follows may be */
    const char *name;
    const char *image;
    const char *pod_name;      /* NULL: in no pod, also of the next three */
    const char *pod_namespace;
    const char *pod_uid;
    const char *pod_container; /* its name in the pod */
    uint32_t pid;              /* of its init; 0: not known */
};

/* A hardware or network address. */
struct nst_octets {
    uint8_t len; /* of a network address 4 or 16, which tells IPv4 from IPv6; 0: none */
    uint8_t data[32];
};

struct nst_known_device {
    struct nst_netns netns;
    uint64_t first_ts_ns, last_ts_ns;
    const char *name;
    /* As the kernel names it: "veth", "bridge"...; "loopback"; "physical" of what has no other, as
     * hardware; NULL: not known. */
    const char *kind;
    /* The other end of a veth; the device below of a vlan, macvlan and their like. */
    struct nst_netns link_netns; /* zeros: not known */
    uint32_t link_ifindex;       /* 0: none */
    uint32_t ifindex;
    uint32_t master; /* ifindex of its bridge or bond, in the same namespace; 0: none */
    uint32_t mtu;
    uint32_t flags;     /* IFF_UP and the others of netdevice(7) */
    uint8_t operstate;  /* as RFC 2863 numbers it in the kernel: IF_OPER_UP is 6; 0: not known */
    struct nst_octets mac;
};

struct nst_address {
    struct nst_netns netns;
    uint64_t first_ts_ns, last_ts_ns;
    uint32_t ifindex;
    struct nst_octets address;
    uint8_t prefix; /* bits */
};

/*
 * A cumulative count of the recorder. Well-known names:
 *   events               recorded
 *   lost.ring            found no room in a CPU's ring
 *   lost.disk            recorded, but could not be written
 *   lost.recursion       the kernel skipped a program that interrupted itself
 *   lost.missed          the kernel passed over a kprobe: its CPU was busy with another, or too
 *                        many calls were under way to their returns
 *   skipped.no_packet    buffers of AF_UNIX, netlink and the like: not packets
 *   cut.nonlinear        bytes out of reach, see NST_EVENT_CUT
 *   cut.stack            the event lacks its stack trace
 *   tracking.full        no room to track: the event has no journey
 *   tracking.guessed     verdicts of the heuristic, see NST_EVENT_GUESS
 *   tracking.evicted     packets forgotten because nothing was seen of them for long
 *   tracking.recursion   as lost.recursion, of programs that only follow packets
 *   tracking.missed      the kernel passed over a kprobe that follows packets
 *   probe.failed         1 of a probe that could not be attached, and so saw nothing
 *   inventory.limit      processes are recorded up to this many, session leaders and inits apart
 *   inventory.left_out   processes that were not recorded for that, in the last scan; and, as of
 *                        the next two, all that were left out between scans
 *   inventory.unread     namespaces and processes that could not be looked at
 *   inventory.full       namespaces, containers, devices and the like that found no room
 *   inventory.unheard    namespaces and devices of events that nobody had the time to look at
 */
struct nst_counter {
    const char *name;
    const char *probe; /* symbol; NULL: all probes together */
    uint32_t cpu;      /* NST_NONE: all CPUs together */
    bool known;        /* false: this kernel cannot tell; value is 0 then */
    uint64_t value;    /* since the start of the capture */
};

/* What the host knew at a moment: enrichment, never needed to read events. */
struct nst_tables {
    uint64_t ts_ns; /* CLOCK_MONOTONIC */
    const struct nst_netns_name *netns_names;
    size_t netns_names_count;
    const struct nst_counter *counters;
    size_t counters_count;
    const struct nst_known_netns *netns;
    size_t netns_count;
    const struct nst_process *processes;
    size_t processes_count;
    const struct nst_container *containers;
    size_t containers_count;
    const struct nst_known_device *devices;
    size_t devices_count;
    const struct nst_address *addresses;
    size_t addresses_count;
};

enum nst_block_type {
    NST_BLOCK_EVENTS = 1,
    NST_BLOCK_TABLES = 2,
    NST_BLOCK_END = 3,
    NST_BLOCK_INDEX = 4,
};

/* From a block's header alone: nothing of the block's content was read. */
struct nst_block_info {
    uint64_t offset;   /* of the block in its file, bytes */
    uint64_t size;     /* of the block in its file, bytes */
    uint32_t type;     /* enum nst_block_type */
    uint32_t events;   /* how many, of an EVENTS block */
    uint64_t sequence; /* 0, 1, 2... of the block in its file */
    uint64_t first_ts_ns; /* earliest and latest event, CLOCK_MONOTONIC */
    uint64_t last_ts_ns;
    int64_t realtime_offset_ns; /* CLOCK_REALTIME minus CLOCK_MONOTONIC when it was written */
    uint64_t lost;              /* events lost until then, cumulative in the capture */
    /* Hints: a namespace or probe whose bit is off is not inside. Bit n of netns_bits is bit n % 64
     * of word n / 64; see nst_netns_bit() and nst_probe_bit(). */
    uint64_t netns_bits[2];
    uint64_t probe_bits;
    uint64_t expanded_bytes;    /* sum of caplen_bytes */
    uint64_t plain_bytes;       /* of its content, before it was compressed */
};

/* Bit 0..127 of netns_bits for a namespace; by inum, which every namespace has. */
unsigned nst_netns_bit(uint32_t inum);
/* Bit 0..63 of probe_bits for a probe. */
unsigned nst_probe_bit(uint32_t kind, const char *symbol);

struct nst_block {
    struct nst_block_info info;

    /* After nst_reader_load(); before, all is 0 and NULL. The dictionaries of the block: what its
     * events have are indices of these, good in this block alone. */
    const struct nst_netns *netns;
    const struct nst_device *devices;
    const struct nst_task *tasks;
    const struct nst_probe *probes;
    const struct nst_drop_reason *drop_reasons;
    const struct nst_frame *frames;
    uint32_t netns_count, devices_count, tasks_count, probes_count, drop_reasons_count;
    uint32_t frames_count;
    /* What kinds of events it holds: every combination of netns, netns_source, device,
     * rx_ifindex, probe, drop_reason, stack, flags, vlan_proto and vlan_tci that one of them
     * has, in events of which all else is zeros. Perhaps also some that none has. */
    const struct nst_event *sites;
    uint32_t sites_count;
    const struct nst_event *events; /* info.events of them, in the file's order, or NULL */
    const struct nst_tables *tables; /* of a TABLES or END block, however loaded; else NULL */
};

/* What a reader found wrong so far. */
struct nst_damage {
    uint64_t bad_header;    /* 1: the file header was unusable, all or in part: fields are unknown */
    uint64_t bad_blocks;    /* whole in length, but a checksum or the content is wrong */
    uint64_t lost_blocks;   /* missing by their sequence numbers */
    uint64_t duplicates;    /* blocks seen before, left out */
    uint64_t skipped_bytes; /* that belong to no block */
    uint64_t torn_bytes;    /* of the unfinished block at the end */
    bool ended;             /* a clean END was read */
};

struct nst_reader;

struct nst_reader_options {
    /* Called once for each damage, by the functions that open a reader, by nst_reader_next() and
     * nst_reader_load(), with a sentence that says what, where and what was expected, without the
     * file's name and without a newline. The text is good during the call. May be NULL. */
    void (*warn)(void *context, const char *text);
    void *context;
    /* Of a file, not of a pipe: the byte where the capture begins, 0 unless several were joined;
     * what nst_reader_next_file() of the reader before says. */
    uint64_t begin;
};

/* Reads the file header. options are copied; NULL: zeros. A file is read from options->begin,
 * wherever fd stands; a pipe from where it is. -EMEDIUMTYPE: no header, and no block either that
 * is whole. -ENODATA: empty, or cut within the header's first 128 bytes. -EBADMSG: the header is
 * damaged, and no block is whole. The reader closes fd in nst_reader_close(), and not when this
 * fails. */
int nst_reader_fdopen(struct nst_reader **r, int fd, const struct nst_reader_options *options,
                      struct nst_error *err);
/* The same by name; "-" is standard input. */
int nst_reader_open(struct nst_reader **r, const char *path,
                    const struct nst_reader_options *options, struct nst_error *err);
/* r may be NULL. */
void nst_reader_close(struct nst_reader *r);

/* Valid until the reader is closed. Zeros and NULLs where the header was unusable, but for the
 * salt: blocks have it too, so it always tells one file from another. */
const struct nst_file_info *nst_reader_file(const struct nst_reader *r);
/* Up to what was read so far: it counts on with each call. Valid until the reader is closed. */
const struct nst_damage *nst_reader_damage(const struct nst_reader *r);
/* The file is one that nst_reader_seek() can be used on. */
bool nst_reader_seekable(const struct nst_reader *r);
/* Waits up to timeout_ms (-1: as long as it takes) until nst_reader_next() has something to look
 * at: false, it has not, and would wait on. Of a file it always has. */
bool nst_reader_ready(const struct nst_reader *r, int timeout_ms);

/*
 * 1: *block is the next whole block of a known type, its header read and checked, its
 * content not yet. 0: the end. <0: cannot go on. Damage is passed to warn(), counted and
 * stepped over. End and failure are sticky: asking again answers the same.
 */
int nst_reader_next(struct nst_reader *r, const struct nst_block **block, struct nst_error *err);

/* After the end of a file: the byte where another capture begins in it, because somebody has
 * joined two; or 0. Another reader can read that one, see nst_reader_options. */
uint64_t nst_reader_next_file(const struct nst_reader *r);

#define NST_LOAD_SITES   4u /* dictionaries and sites, without events: far cheaper */
#define NST_LOAD_META    1u /* and events, without packet bytes; implies NST_LOAD_SITES */
#define NST_LOAD_PACKETS 2u /* and the packet bytes; implies NST_LOAD_META */

/* Decodes the content of the block that nst_reader_next() last gave. 0; -EBADMSG: this block
 * is damaged (counted, passed to warn() too) and the reader can go on with the next;
 * -EPROTONOSUPPORT: it needs a codec or a column that this library lacks, and the reader can
 * go on too. Where packet bytes alone are damaged, that is counted and passed to warn(), and
 * the events are given without them: 0. -EINVAL: there is no such block, as after a seek. */
int nst_reader_load(struct nst_reader *r, unsigned what, struct nst_error *err);

/* nst_reader_next() goes on with a block that it has given before, by its info.offset, also after
 * the end; such a jump finds no gaps or duplicates. -ESPIPE on a pipe. */
int nst_reader_seek(struct nst_reader *r, uint64_t offset, struct nst_error *err);

/* Takes the current block with its decoded content out of the reader: it stays valid until
 * nst_block_free(), also when the reader is closed. NULL: nothing loaded, or no memory, and the
 * reader keeps it. */
struct nst_block *nst_reader_take(struct nst_reader *r);
/* block may be NULL. */
void nst_block_free(struct nst_block *block);

struct nst_writer;

struct nst_writer_stats {
    uint64_t events;      /* accepted */
    uint64_t written;     /* of those, in blocks that reached the file */
    uint64_t lost;        /* of those, in blocks that could not be written */
    uint64_t bytes;       /* in all of its files */
    uint64_t file_bytes;  /* in the one being written */
    uint64_t blocks;      /* of all types, in all of its files */
    int write_error;      /* errno of the last failed write; 0: none */
};

/* What a writer asks of its owner while it writes, and tells it. */
struct nst_writer_hooks {
    void *context;
    /* The output is a pipe or a socket without room. 0: now it has some. <0, an errno: the writer
     * gives up, and writes nothing more. NULL: it waits as long as it takes. */
    int (*wait)(void *context, int fd);
    /* The file's disk is full. True: room was made, it is tried again. NULL: none can be made, and
     * what was to be written is lost. */
    bool (*full)(void *context);
    /* Sees each block, also one that could not be written: its bytes, good during the call. May be
     * NULL. */
    void (*block)(void *context, const void *data, size_t len);
    /* All events added since the last call are in the file, or lost. May be NULL. */
    void (*flushed)(void *context, bool written);
};

/* Writes the file header at once, where fd stands. info is copied; its salt is ignored, a new one
 * made. An event that has as many packet bytes as info->snaplen and its own length allow costs the
 * least; more are taken too. The writer owns fd from here on; when this fails it is closed. */
int nst_writer_open(struct nst_writer **w, int fd, const struct nst_file_info *info,
                    struct nst_error *err);
/* The same with hooks, which are copied. */
int nst_writer_open_hooked(struct nst_writer **w, int fd, const struct nst_file_info *info,
                           const struct nst_writer_hooks *hooks, struct nst_error *err);

/* Dictionaries of the whole capture: the index of an entry, made at its first use; the same
 * content gives the same index. NST_NONE: no memory. Names are copied. */
uint32_t nst_writer_netns(struct nst_writer *w, const struct nst_netns *netns);
uint32_t nst_writer_device(struct nst_writer *w, const struct nst_device *device);
uint32_t nst_writer_task(struct nst_writer *w, const struct nst_task *task);
uint32_t nst_writer_probe(struct nst_writer *w, const struct nst_probe *probe);
uint32_t nst_writer_drop_reason(struct nst_writer *w, const struct nst_drop_reason *reason);
/* Outermost frames first: a caller is the answer for another frame. NST_NONE also: the caller is
 * none of ours, or the trace has more than NST_MAX_FRAMES. */
uint32_t nst_writer_frame(struct nst_writer *w, const struct nst_frame *frame);

/* A capture goes on for long, and tasks do not. How many the writer has room for; their indices are
 * below that. */
uint32_t nst_writer_tasks(const struct nst_writer *w);
/* Writes the open block, and forgets the tasks whose byte is 0 here, in nst_writer_tasks() bytes:
 * others get their indices. */
void nst_writer_forget_tasks(struct nst_writer *w, const uint8_t *kept);

/* Adds an event; its indices are the writer's own. Writes a block when one is full.
 * What they point at is copied. -EINVAL: an impossible event, or -ENOMEM: it was not added. A
 * failed write is no failure here, its events are counted as lost (see nst_writer_stats()) and
 * recording goes on. */
int nst_writer_event(struct nst_writer *w, const struct nst_event *event, struct nst_error *err);

/* What following blocks' headers say: the clocks' distance, and events lost until now
 * outside of the writer. */
void nst_writer_clock(struct nst_writer *w, int64_t realtime_offset_ns);
void nst_writer_lost(struct nst_writer *w, uint64_t lost);

/* Events that wait in the open block, and when the earliest of them happened; may be NULL, and
 * stays as it was when there are none. */
uint32_t nst_writer_pending(const struct nst_writer *w, uint64_t *first_ts_ns);
/* Writes the open block, if any. <0: it could not be written, its events are lost and the
 * file was cut back to its last whole block; later writes may succeed again. */
int nst_writer_flush(struct nst_writer *w, struct nst_error *err);
/* Writes the open block, then a TABLES block; the rows are the caller's again when it returns.
 * -EFBIG: more rows than NST_MAX_ROWS, or bytes than a frame may have; nothing was written of
 * them, give fewer at a time. */
int nst_writer_tables(struct nst_writer *w, const struct nst_tables *tables, struct nst_error *err);
void nst_writer_stats(const struct nst_writer *w, struct nst_writer_stats *stats);

/* Goes on in another file of the same capture: info as for the first, with what is known of the
 * clocks now; its sequence and salts are made. The old file is ended as by nst_writer_close().
 * <0: the new one could not be begun, the old one goes on. The writer owns fd; when this fails it is
 * closed. */
int nst_writer_rotate(struct nst_writer *w, int fd, const struct nst_file_info *info,
                      const struct nst_tables *tables, struct nst_error *err);

/* Writes the open block and END, with the last tables (may be NULL), closes the file and
 * frees the writer, also when this fails. w may be NULL. */
int nst_writer_close(struct nst_writer *w, const struct nst_tables *tables, struct nst_error *err);

#ifdef __cplusplus
}
#endif

#endif
