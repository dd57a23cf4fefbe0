/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The BPF programs: loads them as the kernel takes them, attaches them to their probes, and
 * gives their rings and counts.
 */
#ifndef NST_CAPTURE_ATTACH_H
#define NST_CAPTURE_ATTACH_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"
#include "capture/kernel_facts.h"
#include "capture/probes.h"
#include "capture/ring.h"
#include "capture/symbols.h"
#include "format/nstrail.h"

enum attach_mode {
    ATTACH_AUTO, /* the first of the others that works */
    ATTACH_TP_BTF,
    ATTACH_RAW_TP,
};

/* How packets are followed. */
enum tracking {
    TRACKING_AUTO,  /* exactly where this kernel lets us */
    TRACKING_EXACT, /* or not at all */
    TRACKING_HEURISTIC,
};

struct attach_options {
    enum attach_mode mode;
    enum tracking tracking;
    bool verbose; /* says why tracking is not exact */
    struct probes *probes;       /* outlive the attachment; what cannot be attached is marked */
    struct symbols *symbols;     /* for kprobes; outlive it too; may be NULL without those */
    struct filters *filters;     /* likewise */
    void (*progress)(uint32_t done, uint32_t all); /* of attaching; may be NULL */
    uint32_t snaplen;
    bool skb; /* with each event, what else its skb says */
    uint64_t ring_kib;   /* of all CPUs together; 0: as the number of CPUs suggests */
    uint64_t base_ts_ns; /* CLOCK_MONOTONIC: no event is earlier */
};

struct attachment;
struct filters;

/* Loads everything; nothing is recorded yet. */
int attach_load(struct attachment **attachment, const struct attach_options *options,
                const struct kernel_facts *facts, struct nst_error *err);
int attach_start(struct attachment *attachment, struct nst_error *err);
/* When it returns, no program runs any more: what is in the rings is all there will be. */
void attach_stop(struct attachment *attachment);
/* Waits for all programs that run now. */
void attach_settle(void);
void attach_free(struct attachment *attachment);

/* How the programs were attached: "tp_btf" or "raw_tp". */
const char *attach_how(const struct attachment *attachment);
/* Whether each freeing of packet data is seen, so that tracking need not guess. */
bool attach_tracks_exactly(const struct attachment *attachment);
/* How many possible CPUs this host has: each CPU number in a record is less. */
uint32_t attach_cpus(const struct attachment *attachment);
/* How many bits such a number takes, as in struct ev_config. */
uint32_t attach_cpu_bits(const struct attachment *attachment);
/* The attachment's own; *count of them. */
struct ring *attach_rings(const struct attachment *attachment, size_t *count);
/* Fills in the bytes that have been reserved in each CPU's ring since the start, by CPU. True: some
 * ring has more than a quarter of its room waiting to be read. */
bool attach_written(const struct attachment *attachment, uint64_t *bytes);
/* Rung when much waits in a ring. */
struct doorbell *attach_doorbell(struct attachment *attachment);

/* The probes' numbers in records and counts are their places in here. */
const struct probes *attach_probes(const struct attachment *attachment);
/* Live counts of the BPF side, by CPU * probes + probe, and by CPU. */
const volatile struct ev_counters *attach_counters(const struct attachment *attachment);
const volatile struct ev_cpu *attach_cpu_states(const struct attachment *attachment);
/* Tracking's table, which the programs write too: *count sets, and EV_TRACK_WAYS entries for each.
 */
struct ev_track_set *attach_track_sets(const struct attachment *attachment, uint32_t *count);
struct ev_track *attach_tracks(const struct attachment *attachment);
/* The map of stack traces; the attachment's. */
int attach_stacks_fd(const struct attachment *attachment);
/* How often the kernel skipped the probe's program because it would have interrupted itself on its
 * CPU. False: this kernel does not count that. Kprobes share programs: theirs are 0 here, and all
 * together in attach_kprobe_misses(). */
bool attach_misses(const struct attachment *attachment, uint32_t probe, uint64_t *misses);
/* *any: there are kprobes. */
bool attach_kprobe_misses(const struct attachment *attachment, bool *any, uint64_t *misses);
/* How often the kernel passed over kprobes, see kprobes_missed(): sets missed, by probe, and
 * *shared. False: this kernel does not tell. Only while attached. */
bool attach_missed(const struct attachment *attachment, uint64_t *missed, uint64_t *shared);
/* The same of the kprobes of exact tracking, together: 0 where there are none. */
bool attach_tracking_missed(const struct attachment *attachment, uint64_t *missed);

#endif
