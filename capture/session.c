/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/session.h"

#include <errno.h>
#include <fnmatch.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/attach.h"
#include "capture/caller.h"
#include "capture/clock.h"
#include "capture/command.h"
#include "capture/ending.h"
#include "capture/file_info.h"
#include "capture/filters.h"
#include "capture/inventory/inventory.h"
#include "capture/kernel_facts.h"
#include "capture/live.h"
#include "capture/merge.h"
#include "capture/message.h"
#include "capture/privileges.h"
#include "capture/probing.h"
#include "capture/record.h"
#include "capture/rotation.h"
#include "capture/signals.h"
#include "capture/stacks.h"
#include "capture/summary.h"
#include "capture/symbols.h"
#include "capture/upkeep.h"
#include "format/error.h"

/* How long a program may take from reading the clock to finishing its record. */
#define HORIZON_NS (10 * NS_PER_MS)
/* The rings wake us when much waits; the rest is fetched so often. */
#define WAIT_MS 100
/* So long the inventory may look for the containers that are to be recorded: not even on a host of
 * a hundred thousand processes it takes longer. */
#define CONTAINERS_NS (3 * NS_PER_S)

/* Which descriptor is readable, in epoll's data. */
enum {
    WAKE_RING,
    WAKE_COMMAND,
    WAKE_FILTERS,
    WAKE_INVENTORY,
    WAKE_OUTPUT,
    WAKE_PRINTER,
};

struct session {
    const struct options *options;
    struct caller caller, owner; /* whom --cmd belongs to, and the files and ourselves */
    struct kernel_facts facts;
    struct probes probes;
    struct filters *filters;
    struct symbols *symbols; /* NULL: none are needed, or we may not see them */
    struct stacks *stacks;   /* NULL: none */
    struct attachment *attachment;
    struct inventory *inventory; /* NULL: none */
    struct nst_writer *writer;   /* until upkeep has it */
    struct file_info file;
    struct rotation rotation;
    struct live *live; /* NULL: nobody looks */
    struct upkeep upkeep;
    struct recorder *recorder;
    struct merge *merge;
    struct command command;
    struct ending ending;
    uint64_t base_ts_ns; /* no event is earlier */
    int epoll;
    bool block_made;  /* since it was looked whether a file is large enough */
    bool filters_due; /* they may mean more than before... */
    bool filters_full; /* ...and than there is room for, which was said */
    bool done;        /* it is time to stop */
    bool full;        /* as many events as were asked for */
};

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
        .names_only = s->options->inventory_names,
        .cmdline = s->options->cmdline,
        .paths = &s->options->paths,
    };

    return s->options->inventory_none ? 0 : inventory_start(&s->inventory, &options, err);
}

/* By any of its names, or by a pattern. */
static bool is_device_here(const char *name)
{
    struct if_nameindex *all = if_nameindex();
    bool is_here = if_nametoindex(name);

    for (const struct if_nameindex *one = all; one && one->if_name && !is_here; one++)
        is_here = !fnmatch(name, one->if_name, 0);
    if (all)
        if_freenameindex(all);
    return is_here;
}

/* A device may be in any namespace, and may come later; but it may also be misspelt. */
static void note_devices(const struct words *devices)
{
    if (words_have(devices, DEVICE_ANY)) {
        if (devices->count > 1)
            message_note("-i " DEVICE_ANY ": all devices, whatever other -i there are");
        return;
    }
    for (size_t i = 0; i < devices->count; i++)
        if (!is_device_here(devices->list[i]))
            message_note("-i %s: no device here has such a name now; one of another namespace, or "
                         "that comes, is recorded",
                         devices->list[i]);
}

/* One that has the number later would be taken for it. */
static void note_inums(const struct filters *filters)
{
    const struct who *who = filters_by_inum(filters);

    if (who)
        message_note("--netns %s: without CAP_SYS_ADMIN a namespace is known by its inode number "
                     "alone, which another may have once it is gone",
                     who->given);
}

static int make_filters(struct session *s, struct nst_error *err)
{
    const char *limit;
    int error;

    if (s->options->drop_reasons.count && !s->probes.list[EV_PROBE_KFREE].recorded)
        return nst_fail(err, -EINVAL, "--drop-reason: none of the probes records drops");
    error = filters_new(&s->filters, s->options, s->facts.drop_reasons, err);
    limit = error ? NULL : filters_l3_limit(s->filters);
    if (!error && !s->options->quiet) {
        note_devices(&s->options->devices);
        note_inums(s->filters);
    }
    if (limit)
        message_note("the filter matches no packet that begins at L3, for there: %s", limit);
    return error;
}

static void hear(void *context, const struct row *row)
{
    struct session *s = context;

    filters_hear(s->filters, row);
}

/* Those that run already are recorded from the first event on. */
static int find_containers(struct session *s, struct nst_error *err)
{
    int error;

    if (!s->inventory)
        return 0;
    inventory_listen(s->inventory, hear, s);
    if (!filters_seek(s->filters))
        return 0;
    inventory_wait(s->inventory, CONTAINERS_NS);
    if (inventory_fd(s->inventory) < 0)
        return nst_fail(err, -ENOENT, "--netns: without an inventory no containers are known");
    error = filters_heed(s->filters, err);
    return error ? error : filters_check(s->filters, err);
}

/* As for devices: it may be misspelt, or come later. */
static void note_netns(const struct session *s)
{
    static const char *const what[] = {
        [WHO_INUM] = "namespace here has this inum",
        [WHO_COOKIE] = "namespace here has this cookie",
        [WHO_CONTAINER] = "container here goes by this",
        [WHO_POD] = "pod here goes by this",
    };
    struct inventory_counts counts;
    const struct who *who = NULL;

    if (s->options->quiet || s->options->inventory_names || !s->inventory ||
        !inventory_counts(s->inventory, &counts))
        return;
    while ((who = filters_unmet(s->filters, who)))
        message_note("--netns %s: no %s now, as far as the inventory sees; one that comes is %s",
                     who->given, what[who->form], who->exclude ? "left out" : "recorded");
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
    error =
        rotation_begin(&s->rotation, s->options, &s->file, &s->owner, &hooks, &s->writer, &fd, err);
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
        return nst_fail(err, -ENOMEM, "no memory");
    return 0;
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
    error = filters_heed(s->filters, err);
    if (error)
        return error;
    note_netns(s);
    error = attach_start(s->attachment, err);
    if (!error)
        error = probing_report(&s->probes, s->options->verbose, err);
    if (error)
        return error;
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

/* Not longer than until something is due. */
static int wait_ms(const struct session *s)
{
    uint64_t now_ns = clock_now_ns(), due_ns = upkeep_due_ns(&s->upkeep), left_ms;

    if (s->ending.deadline_ns && s->ending.deadline_ns < due_ns)
        due_ns = s->ending.deadline_ns;
    if (now_ns >= due_ns)
        return 0;
    left_ms = (due_ns - now_ns) / NS_PER_MS + 1;
    return left_ms < WAIT_MS ? (int)left_ms : WAIT_MS;
}

/* Its reader went away, perhaps. With a file there is still something to do. */
static void printer_ended(struct session *s)
{
    if (s->options->output)
        message_note("nothing is shown any more");
    else
        s->done = true;
}

static void wait_for_events(struct session *s)
{
    struct epoll_event events[16];
    int count = epoll_pwait(s->epoll, events, 16, wait_ms(s), &s->ending.signals);

    for (int i = 0; i < count; i++) {
        switch (events[i].data.u32) {
        case WAKE_RING:
            doorbell_clear(attach_doorbell(s->attachment));
            break;
        case WAKE_INVENTORY:
            inventory_take(s->inventory);
            break;
        case WAKE_FILTERS:
            s->filters_due = true;
            break;
        case WAKE_OUTPUT:
            s->upkeep.reader_gone = true;
            s->done = true;
            break;
        case WAKE_PRINTER:
            printer_ended(s);
            break;
        case WAKE_COMMAND:
            s->done = true;
            break;
        }
    }
    if (ending_due(&s->ending))
        s->done = true;
}

static void rotate(struct session *s)
{
    bool asked = s->ending.next_file;

    s->ending.next_file = s->block_made = false;
    rotation_run(&s->rotation, &s->upkeep, asked, clock_now_ns());
}

/* Between two events a file may end. */
static int take(void *context, const void *record, uint32_t length, bool late)
{
    struct session *s = context;
    int result = recorder_take(s->recorder, record, length, late);

    if (!result && s->block_made)
        rotate(s);
    return result;
}

/* Records what the rings have up to the horizon. */
static int drain(struct session *s, uint64_t horizon_ns, struct nst_error *err)
{
    int result = merge_run(s->merge, horizon_ns, take, s);

    if (result > 0)
        s->full = s->done = true;
    if (result >= 0)
        return 0;
    *err = *recorder_error(s->recorder);
    return result;
}

/* Closing has added to what the writer counted. */
static uint64_t bytes_written(const struct session *s, const struct nst_writer_stats *stats)
{
    struct stat file;

    if (s->rotation.files && stat(rotation_name(&s->rotation), &file) == 0 && S_ISREG(file.st_mode))
        return stats->bytes - stats->file_bytes + file.st_size;
    return stats->bytes;
}

static void say_counts(const struct session *s, const struct nst_writer_stats *stats, bool asked)
{
    struct summary summary = {
        .written = stats->written,
        .bytes = bytes_written(s, stats),
        .lost_disk = stats->lost,
        .kept = s->options->output,
        .live = s->live,
        .skipped = s->live ? live_skipped(s->live) : 0,
    };

    counters_losses(s->upkeep.counters, &summary.losses);
    if (asked || !s->options->quiet || summary_has_losses(&summary))
        summary_print(&summary);
}

static void report_if_asked(const struct session *s)
{
    struct nst_writer_stats stats;

    if (!signals_take_report())
        return;
    nst_writer_stats(s->upkeep.writer, &stats);
    say_counts(s, &stats, true);
}

/* Of more namespaces than there is room for, those that are known go on. */
static int note_full(struct session *s, int error, struct nst_error *err)
{
    if (error != -E2BIG)
        return error;
    if (!s->filters_full)
        message_note("%s: no further ones are taken in", err->text);
    s->filters_full = true;
    return 0;
}

/* Where nothing tells of new names, now and then. */
static int look_at_filters(struct session *s, struct nst_error *err)
{
    int error = note_full(s, filters_heed(s->filters, err), err);

    if (error)
        return error;
    if (!s->filters_due && filters_fd(s->filters) >= 0)
        return 0;
    s->filters_due = false;
    return note_full(s, filters_look(s->filters, err), err);
}

static int record(struct session *s, struct nst_error *err)
{
    int error = 0;

    while (!error && !s->done) {
        uint64_t now_ns;

        wait_for_events(s);
        now_ns = clock_now_ns();
        error = look_at_filters(s, err);
        if (!error)
            error = drain(s, now_ns - HORIZON_NS, err);
        upkeep_run(&s->upkeep, now_ns);
        if (s->upkeep.reader_gone)
            s->done = true;
        if (s->live)
            live_push(s->live);
        if (!error)
            rotate(s);
        report_if_asked(s);
    }
    return error;
}

static int status_of(const struct session *s, const struct nst_writer_stats *stats)
{
    if (s->upkeep.reader_gone || !stats->lost)
        return STATUS_OK;
    return stats->written ? STATUS_PARTIAL : STATUS_FAILED;
}

/* Nothing new comes from here on, and all that was seen is written. What had been said of a failure
 * before is not said again. */
static int finish(struct session *s, const char *said)
{
    struct nst_writer_stats stats;
    struct nst_error err = {0};
    int status = STATUS_OK;

    counters_refresh(s->upkeep.counters);
    attach_stop(s->attachment);
    command_finish(&s->command);
    if (!s->full && !s->upkeep.reader_gone && drain(s, UINT64_MAX, &err) && strcmp(err.text, said))
        status = message_error("%s", err.text);
    if (s->live)
        live_last(s->live);
    if (upkeep_end(&s->upkeep, &stats, &err))
        status = message_error("%s: %s", rotation_name(&s->rotation), err.text);
    if (s->live && !live_finish(s->live, &s->ending) && !s->options->output)
        status = STATUS_FAILED;
    say_counts(s, &stats, false);
    return status == STATUS_OK ? status_of(s, &stats) : status;
}

static void session_free(struct session *s)
{
    merge_free(s->merge);
    recorder_free(s->recorder);
    upkeep_free(&s->upkeep);
    inventory_free(s->inventory);
    rotation_free(&s->rotation);
    file_info_free(&s->file);
    live_free(s->live);
    attach_free(s->attachment);
    filters_free(s->filters);
    stacks_free(s->stacks);
    symbols_free(s->symbols);
    probes_free(&s->probes);
    kernel_facts_free(&s->facts);
    if (s->epoll >= 0)
        close(s->epoll);
}

static int find_users(struct session *s, struct nst_error *err)
{
    const char *name = s->options->user;

    caller_find(&s->caller);
    s->owner = s->caller;
    if (name && caller_named(name, &s->owner))
        return nst_fail(err, -ENOENT, "-Z %s: there is no such user", name);
    return 0;
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

int session_run(const struct options *options, int argc, char **argv)
{
    struct session s = {.options = options, .base_ts_ns = clock_now_ns(), .epoll = -1};
    struct nst_error err = {0};
    int error, status;

    command_prepare(&s.command);
    ending_begin(&s.ending, !options->output || !strcmp(options->output, "-"));
    error = signals_catch(&s.ending.signals, &err);
    if (!error)
        error = find_users(&s, &err);
    if (!error)
        error = start_inventory(&s, &err);
    if (!error)
        error = load(&s, &err);
    if (!error)
        error = find_containers(&s, &err);
    if (!error)
        error = open_writer(&s, argc, argv, &err);
    if (!error)
        error = make_parts(&s, &err);
    if (!error)
        error = start(&s, &err);
    if (!error)
        error = drop_privileges(&s, &err);
    if (!error)
        error = record(&s, &err);
    status = error ? message_error("%s", err.text) : STATUS_OK;
    if (s.upkeep.writer) {
        int finished = finish(&s, err.text);

        status = status ? status : finished;
    } else if (s.writer) {
        nst_writer_close(s.writer, NULL, NULL);
    }
    session_free(&s);
    return status;
}
