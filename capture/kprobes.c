/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/kprobes.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/kprobe_event.h"
#include "capture/misses.h"
#include "format/array.h"
#include "format/error.h"

#define PROGRESS_STEP 16

/* A place to attach at: one of a probe's addresses. */
struct spot {
    uint64_t address;
    uint64_t cookie;
    uint32_t probe;
};

/* What is to be closed. */
struct held {
    int fd;
    uint32_t link_type; /* of BPF; 0: it is no link */
    uint32_t probe;     /* whose link; NST_NONE: of several */
};

struct kprobes {
    struct kprobes_options options;
    int event_type; /* <0: this kernel has no kprobes */
    struct held *list;
    size_t count, room;
};

/* Takes over its descriptor. */
static int keep(struct kprobes *k, struct held held)
{
    struct held *list = nst_array_room(k->list, k->count, &k->room, sizeof(*list));

    if (!list) {
        close(held.fd);
        return -ENOMEM;
    }
    k->list = list;
    k->list[k->count++] = held;
    return 0;
}

static int program_fd(const struct kprobes *k, const char *name)
{
    return bpf_program__fd(bpf_object__find_program_by_name(k->options.object, name));
}

/* Before 5.15 an event has no cookie, and no link, which keeps the event for us (b89fbfbb854c). */
static int attach_event(struct kprobes *k, const char *program, const struct spot *spot,
                        bool at_return)
{
    int event = kprobe_event_open(k->event_type, NULL, spot->address, at_return), result;

    if (event < 0)
        return event;
    result = kprobe_event_attach(event, program_fd(k, program),
                                 k->options.cookie ? &spot->cookie : NULL);
    if (result == 0)
        return keep(k, (struct held){.fd = event});
    close(event);
    return result < 0 ? result
                      : keep(k, (struct held){result, BPF_LINK_TYPE_PERF_EVENT, spot->probe});
}

/* On x86 the program sees the address behind the breakpoint. */
static int tell_place(const struct kprobes *k, const struct spot *spot)
{
    const struct bpf_map *map = bpf_object__find_map_by_name(k->options.object, "kprobe_places");
#if defined(__x86_64__)
    uint64_t seen = spot->address + 1;
#else
    uint64_t seen = spot->address;
#endif

    if (k->options.cookie)
        return 0;
    return bpf_map_update_elem(bpf_map__fd(map), &seen, &spot->cookie, BPF_ANY) ? -errno : 0;
}

static int attach_spot(struct kprobes *k, const struct spot *spot)
{
    int error = tell_place(k, spot);

    if (error)
        return error;
    if (k->options.probes->list[spot->probe].kind == NST_PROBE_KPROBE)
        return attach_event(k, "other_kprobe", spot, false);
    /* Whoever returns should have been seen to enter. */
    error = attach_event(k, "other_enter", spot, false);
    return error ? error : attach_event(k, "other_return", spot, true);
}

/* One address is enough for a probe to be attached. */
static void attached(struct kprobes *k, const struct spot *spot, int error)
{
    struct probe *probe = &k->options.probes->list[spot->probe];

    if (!error || probe->error == -EINPROGRESS)
        probe->error = error;
}

static void attach_singly(struct kprobes *k, const struct spot *spots, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (k->options.progress && i % PROGRESS_STEP == 0)
            k->options.progress(i, count);
        attached(k, &spots[i], k->event_type < 0 ? -EOPNOTSUPP : attach_spot(k, &spots[i]));
    }
    if (k->options.progress)
        k->options.progress(count, count);
}

static int attach_multi(struct kprobes *k, const struct spot *spots, size_t count)
{
    LIBBPF_OPTS(bpf_link_create_opts, options);
    unsigned long *addresses = calloc(count, sizeof(*addresses));
    __u64 *cookies = calloc(count, sizeof(*cookies));
    int link = -ENOMEM;

    if (addresses && cookies) {
        for (size_t i = 0; i < count; i++) {
            addresses[i] = spots[i].address;
            cookies[i] = spots[i].cookie;
        }
        options.kprobe_multi.cnt = count;
        options.kprobe_multi.addrs = addresses;
        options.kprobe_multi.cookies = cookies;
        link = bpf_link_create(program_fd(k, "other_multi"), 0, BPF_TRACE_KPROBE_MULTI, &options);
    }
    free(addresses);
    free(cookies);
    return link < 0 ? link
                    : keep(k, (struct held){link, BPF_LINK_TYPE_KPROBE_MULTI,
                                            count == 1 ? spots->probe : NST_NONE});
}

/* One function that cannot be traced has the kernel refuse all of them: halves find it. False:
 * the kernel has no kprobe.multi. */
static bool attach_halves(struct kprobes *k, const struct spot *spots, size_t count)
{
    int error = attach_multi(k, spots, count);

    if (error == -EOPNOTSUPP)
        return false;
    if (error && count > 1)
        return attach_halves(k, spots, count / 2) &&
               attach_halves(k, spots + count / 2, count - count / 2);
    for (size_t i = 0; i < count; i++)
        attached(k, &spots[i], error);
    return true;
}

static bool add_spots(struct kprobes *k, uint32_t number, struct spot **spots, size_t *count)
{
    struct probe *probe = &k->options.probes->list[number];
    const uint64_t *addresses = NULL;
    size_t found = symbols_named(k->options.symbols, probe->symbol, &addresses);
    struct spot *more = reallocarray(*spots, *count + found + 1, sizeof(*more));

    if (!more)
        return false;
    *spots = more;
    probe->error = found ? -EINPROGRESS : -ENOENT;
    for (size_t i = 0; i < found; i++)
        more[(*count)++] =
            (struct spot){.address = addresses[i], .cookie = probe->place, .probe = number};
    return true;
}

/* Attaches all probes of a kind. */
static int attach_kind(struct kprobes *k, uint32_t kind)
{
    const struct probes *probes = k->options.probes;
    struct spot *spots = NULL;
    size_t count = 0;
    bool enough = true;

    for (uint32_t i = EV_PROBE_OTHER; enough && i < probes->count; i++)
        if (probes->list[i].kind == kind)
            enough = add_spots(k, i, &spots, &count);
    if (enough && count &&
        !(kind == NST_PROBE_KPROBE && k->options.multi && attach_halves(k, spots, count)))
        attach_singly(k, spots, count);
    free(spots);
    return enough ? 0 : -ENOMEM;
}

uint64_t kprobes_descriptors(const struct probes *probes, struct symbols *symbols)
{
    uint64_t sum = 0;

    for (uint32_t i = EV_PROBE_OTHER; i < probes->count; i++) {
        const struct probe *probe = &probes->list[i];
        const uint64_t *addresses;

        if (probe->kind == NST_PROBE_KPROBE)
            sum += symbols_named(symbols, probe->symbol, &addresses);
        else if (probe->kind == NST_PROBE_KRETPROBE)
            sum += 2 * symbols_named(symbols, probe->symbol, &addresses);
    }
    return sum;
}

int kprobes_attach(struct kprobes **kprobes, const struct kprobes_options *options,
                   struct nst_error *err)
{
    struct kprobes *k = calloc(1, sizeof(*k));
    int error = -ENOMEM;

    if (k) {
        k->options = *options;
        k->event_type = kprobe_event_type();
        error = attach_kind(k, NST_PROBE_KPROBE);
    }
    if (!error)
        error = attach_kind(k, NST_PROBE_KRETPROBE);
    if (error) {
        kprobes_detach(k);
        return nst_fail(err, error, "no memory for kprobes");
    }
    *kprobes = k;
    return 0;
}

void kprobes_detach(struct kprobes *k)
{
    if (!k)
        return;
    while (k->count)
        close(k->list[--k->count].fd);
    free(k->list);
    free(k);
}

void kprobes_missed(const struct kprobes *k, uint64_t *missed, uint64_t *shared)
{
    for (size_t i = 0; k && i < k->count; i++) {
        const struct held *held = &k->list[i];

        if (held->link_type)
            *(held->probe == NST_NONE ? shared : &missed[held->probe]) +=
                misses_of_link(held->fd, held->link_type == BPF_LINK_TYPE_KPROBE_MULTI);
    }
}
