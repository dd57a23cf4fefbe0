/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The beginning of a recording: from the options to its first event. */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/attach.h"
#include "capture/clock.h"
#include "capture/filters.h"
#include "capture/inventory/inventory.h"
#include "capture/live.h"
#include "capture/merge.h"
#include "capture/message.h"
#include "capture/privileges.h"
#include "capture/probing.h"
#include "capture/record.h"
#include "capture/session_internal.h"
#include "capture/stacks.h"
#include "capture/symbols.h"
#include "capture/warnings.h"
#include "format/error.h"

/* So long the inventory may look for the containers that are to be recorded: not even on a host of
 * a hundred thousand processes it takes longer. */
#define CONTAINERS_NS (3 * NS_PER_S)

static int find_users(struct session *s, struct nst_error *err)
{
    const char *name = s->options->user;

    caller_find(&s->caller);
    s->owner = s->caller;
    if (name && caller_named(name, &s->owner))
        return nst_fail(err, -ENOENT, "-Z %s: there is no such user", name);
    return 0;
}

static int watch(struct session *s, int fd, uint32_t events, uint32_t what, struct nst_error *err)
{
    struct epoll_event event = {.events = events, .data.u32 = what};

    if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event))
        return nst_fail(err, -errno, "epoll: %s", strerror(errno));
    return 0;
}

/* A pipe whose reader goes away wakes us, whether or not there is something to write. */
static int watch_output(struct session *s, int fd, struct nst_error *err)
{
    struct stat file;

    if (fstat(fd, &file) || !(S_ISFIFO(file.st_mode) || S_ISSOCK(file.st_mode)))
        return 0;
    s->to_reader = true;
    return watch(s, fd, 0, WAKE_OUTPUT, err);
}

static int watch_rings(struct session *s, struct nst_error *err)
{
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (s->epoll < 0)
        return nst_fail(err, -errno, "epoll: %s", strerror(errno));
    return watch(s, attach_doorbell(s->attachment)->fd, EPOLLIN, WAKE_RING, err);
}

/* What can only be read before anything is given up. */
static int choose_probes(struct session *s, struct nst_error *err)
{
    int error = probing_choose(&s->probes, s->options, err);

    if (error || (!probes_have_stacks(&s->probes) && !probes_have_kprobes(&s->probes)))
        return error;
    error = symbols_read(&s->symbols, err);
    if (!error || probes_have_kprobes(&s->probes))
        return error;
    message_note("stack traces have addresses for names; %s", err->text);
    return 0;
}

static void say_progress(uint32_t done, uint32_t all)
{
    fprintf(stderr, "\rattaching probes: %u of %u%s", done, all, done == all ? "\n" : "");
}

/* Before there are programs and files that its process would hold. */
static int start_inventory(struct session *s, struct nst_error *err)
{
    struct scanner_options options = {
        .names_only = s->options->inventory == INVENTORY_NAMES,
        .cmdline = s->options->cmdline,
        .paths = &s->options->paths,
    };

    if (s->options->inventory == INVENTORY_NONE)
        return 0;
    return inventory_start(&s->inventory, &options, err);
}

static int make_filters(struct session *s, struct nst_error *err)
{
    const char *limit;
    int error;

    if (s->options->drop_reasons.count && !s->probes.list[EV_PROBE_KFREE].recorded)
        return nst_fail(err, -EINVAL, "--drop-reason: none of the probes records drops");
    error = filters_new(&s->filters, s->options, s->facts.drop_reasons, err);
    limit = error ? NULL : filters_l3_limit(s->filters);
    if (!error && known_devices_init(&s->devices, &s->options->devices))
        error = nst_fail(err, -ENOMEM, "no memory for the devices of -i");
    if (!error && !s->options->quiet)
        warnings_inums(s->filters);
    if (limit)
        message_note("the filter matches no packet that begins at L3, for there: %s", limit);
    return error;
}

static void note_row(void *context, const struct row *row)
{
    struct session *s = context;

    filters_note_row(s->filters, row);
    known_devices_note_row(&s->devices, row);
}

/* Those that run already are recorded from the first event on. */
static int find_containers(struct session *s, struct nst_error *err)
{
    int error;

    if (!s->inventory)
        return 0;
    inventory_listen(s->inventory, note_row, s);
    if (!filters_have_containers(s->filters))
        return 0;
    inventory_wait(s->inventory, CONTAINERS_NS);
    if (inventory_fd(s->inventory) < 0)
        return nst_fail(err, -ENOENT, "--netns: without an inventory no containers are known");
    error = filters_apply_rows(s->filters, err);
    return error ? error : filters_check(s->filters, err);
}

static int watch_filters(struct session *s, struct nst_error *err)
{
    int fd = filters_fd(s->filters);

    return fd < 0 ? 0 : watch(s, fd, EPOLLPRI, WAKE_FILTERS, err);
}

/* What is left of these is the size of the rings, which alone has no bound. */
static int fail_load(const struct session *s, int error, struct nst_error *err)
{
    if (error != -ENOMEM && error != -E2BIG)
        return error;
    if (s->options->ring_kib)
        return nst_fail(err, error, "-B %llu: the kernel has no memory for rings of that size",
                        (unsigned long long)s->options->ring_kib);
    return nst_fail(err, error, "the kernel has no memory for the rings; say less with -B");
}

static int load(struct session *s, struct nst_error *err)
{
    struct attach_options options = {
        .mode = s->options->attach,
        .tracking = s->options->tracking,
        .verbose = s->options->verbose,
        .probes = &s->probes,
        .progress = !s->options->quiet && isatty(STDERR_FILENO) ? say_progress : NULL,
        .snaplen = s->options->snaplen,
        .skb = s->options->skb,
        .ring_kib = s->options->ring_kib,
        .base_ts_ns = s->base_ts_ns,
    };
    int error = kernel_facts_read(&s->facts, err);

    if (!error)
        error = choose_probes(s, err);
    options.symbols = s->symbols;
    if (!error)
        error = make_filters(s, err);
    options.filters = s->filters;
    if (!error) {
        error = attach_load(&s->attachment, &options, &s->facts, err);
        error = error ? fail_load(s, error, err) : watch_rings(s, err);
    }
    if (!error)
        error = watch_filters(s, err);
    return error;
}

/* The writer's hooks. */

static int wait_for_reader(void *context, int fd)
{
    struct session *s = context;

    return ending_wait(&s->ending, fd, POLLOUT);
}

static bool make_room(void *context)
{
    struct session *s = context;

    return rotation_make_room(&s->rotation);
}

static void note_block(void *context, const void *data, size_t len)
{
    struct session *s = context;

    if (s->live)
        live_block(s->live, data, len);
    s->block_made = true;
}

static void note_flush(void *context, bool written)
{
    struct session *s = context;

    counters_flushed(s->upkeep.counters, written);
}

static int start_live(struct session *s, const struct nst_file_info *info, struct nst_error *err)
{
    int error = live_start(&s->live, info, &s->caller, &s->ending.signals, err);

    return error ? error : watch(s, live_fd(s->live), EPOLLIN | EPOLLET, WAKE_PRINTER, err);
}

/* From here on there are events, which wait in the rings. */
static int attach(struct session *s, struct nst_error *err)
{
    int error = filters_apply_rows(s->filters, err);

    if (!error)
        error = attach_start(s->attachment, err);
    return error ? error : probing_report(&s->probes, s->options->verbose, err);
}

static int open_writer(struct session *s, int argc, char **argv, struct nst_error *err)
{
    const struct nst_writer_hooks hooks = {.context = s,
                                           .wait = wait_for_reader,
                                           .full = make_room,
                                           .block = note_block,
                                           .flushed = note_flush};
    struct nst_file_info *info = &s->file.info;
    int error = file_info_init(&s->file, argc, argv, err), fd;

    if (error)
        return error;
    info->snaplen = s->options->snaplen;
    info->tracking_exact = attach_tracks_exactly(s->attachment);
    info->filter = filters_words(s->filters);
    info->cpus = attach_cpus(s->attachment);
    info->drop_reasons = drop_reasons_known(s->facts.drop_reasons) ? "btf" : NULL;
    if (s->options->live)
        error = start_live(s, info, err);
    if (error)
        return error;
    error = rotation_begin(&s->rotation, &s->file, &hooks, &s->writer, &fd, err);
    return error ? error : watch_output(s, fd, err);
}

static int make_parts(struct session *s, struct nst_error *err)
{
    struct recorder_options options = {
        .cpus = attach_cpus(s->attachment),
        .probes = &s->probes,
        .base_ts_ns = s->base_ts_ns,
        .cpu_bits = attach_cpu_bits(s->attachment),
        .inventory = s->inventory,
        .limit = s->options->count,
    };
    size_t count;
    struct ring *rings = attach_rings(s->attachment, &count);
    int error = upkeep_init(&s->upkeep, rotation_name(&s->rotation), s->writer, s->attachment,
                            s->inventory, s->options->live, err);

    if (error)
        return error;
    s->writer = NULL;
    if (s->inventory)
        error = watch(s, inventory_fd(s->inventory), EPOLLIN, WAKE_INVENTORY, err);
    if (error)
        return error;
    s->merge = merge_new(rings, count);
    if (probes_have_stacks(&s->probes)) {
        s->stacks = stacks_new(attach_stacks_fd(s->attachment), s->symbols);
        if (!s->stacks)
            return nst_fail(err, -ENOMEM, "no memory for stack traces");
        options.stacks = s->stacks;
    }
    s->recorder =
        recorder_new(&options, s->upkeep.writer, s->facts.drop_reasons, s->upkeep.counters);
    if (!s->merge || !s->recorder)
        return nst_fail(err, -ENOMEM, "no memory for the events");
    return 0;
}

static void caution(const struct session *s)
{
    const struct inventory *looks = s->options->inventory == INVENTORY_NAMES ? NULL : s->inventory;

    warnings_devices(&s->devices, looks);
    if (looks)
        warnings_netns(s->filters, looks);
}

static void say_start(const struct session *s)
{
    size_t count;
    const struct ring *rings = attach_rings(s->attachment, &count);

    if (!s->options->quiet)
        message_note("recording to %s by %s, with %llu KiB of memory for each of %zu CPUs",
                     rotation_name(&s->rotation), attach_how(s->attachment),
                     (unsigned long long)rings->shape.size_bytes / 1024, count);
}

/* A command's words belong neither into the recording nor between the events. */
static bool stdout_taken(const struct session *s)
{
    return s->options->live || !strcmp(s->options->output, "-");
}

static int start(struct session *s, struct nst_error *err)
{
    int error;

    upkeep_begin(&s->upkeep);
    if (!s->options->quiet)
        caution(s);
    say_start(s);
    if (s->options->duration_ns)
        s->ending.deadline_ns = clock_now_ns() + s->options->duration_ns;
    if (!s->options->command)
        return 0;
    error = command_start(&s->command, s->options->command, &s->caller, stdout_taken(s),
                          &s->ending.signals, err);
    if (!error)
        error = watch(s, s->command.fd, EPOLLIN, WAKE_COMMAND, err);
    return error;
}

/* Everything is attached, and whatever needs more than we do from here on has a process. */
static int drop_privileges(struct session *s, struct nst_error *err)
{
    const struct options *o = s->options;
    const struct privileges_options options = {
        .user = &s->owner,
        .file = s->rotation.files && rotation_expected(&s->rotation) ? rotation_name(&s->rotation)
                                                                     : NULL,
        .finds_netns = filters_fd(s->filters) >= 0,
        .signals_command = o->command && !caller_same(&s->caller, &s->owner),
    };

    return privileges_drop(&options, err);
}

int session_set_up(struct session *s, int argc, char **argv, struct nst_error *err)
{
    int error = find_users(s, err);

    if (!error)
        error = start_inventory(s, err);
    if (!error)
        error = load(s, err);
    if (!error)
        error = find_containers(s, err);
    /* Whether all that can fail does is known before what is there is overwritten. */
    if (!error)
        error = rotation_open(&s->rotation, s->options, &s->owner, err);
    if (!error)
        error = attach(s, err);
    if (!error)
        error = open_writer(s, argc, argv, err);
    if (!error)
        error = make_parts(s, err);
    if (!error)
        error = start(s, err);
    if (!error)
        error = drop_privileges(s, err);
    return error;
}
