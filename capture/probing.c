/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/probing.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "capture/message.h"
#include "capture/probe_select.h"
#include "capture/profile.h"
#include "capture/targets.h"
#include "format/error.h"

/* So many that could not be attached are named without -v. */
#define NAMED 3

static int choose_words(struct probes *probes, const struct words *words,
                        const struct targets *targets, struct nst_error *err)
{
    for (size_t i = 0; i < words->count; i++) {
        struct probe_spec spec;
        int error = probe_spec_parse(&spec, words->list[i], err);

        if (!error)
            error = probe_select(probes, &spec, targets, err);
        if (error)
            return error;
    }
    return 0;
}

/* A kernel that lacks some of a profile's probes can record the others. */
static int choose_profile(struct probes *probes, const char *name, const struct targets *targets,
                          struct nst_error *err)
{
    struct profile profile = {0};
    int error = profile_read(&profile, name, err);

    for (size_t i = 0; !error && i < profile.count; i++) {
        const struct probe_spec *spec = &profile.specs[i];

        error = probe_select(probes, spec, targets, err);
        if (error != -ENOENT)
            continue;
        message_note("profile %s: this kernel lacks %s%s%s%s", name, probe_kind_prefix(spec->kind),
                     spec->group, *spec->group ? ":" : "", spec->name);
        error = 0;
    }
    profile_free(&profile);
    return error;
}

static bool records_any(const struct probes *probes)
{
    for (uint32_t i = 0; i < probes->count; i++)
        if (probes->list[i].recorded && !probes->list[i].error)
            return true;
    return false;
}

static int choose_all(struct probes *probes, const struct options *options, struct nst_error *err)
{
    struct targets *targets;
    int error = targets_read(&targets, TARGETS_FOLDER, err);

    if (error)
        return error;
    error = choose_words(probes, &options->probes, targets, err);
    for (size_t i = 0; !error && i < options->profiles.count; i++)
        error = choose_profile(probes, options->profiles.list[i], targets, err);
    targets_free(targets);
    if (!error && !records_any(probes))
        error = nst_fail(err, -ENOENT, "nothing to record: this kernel has none of these probes");
    return error;
}

int probing_choose(struct probes *probes, const struct options *options, struct nst_error *err)
{
    int error = probes_init(probes, err);

    if (error)
        return error;
    if (options->probes.count || options->profiles.count)
        error = choose_all(probes, options, err);
    else
        probes_choose_default(probes);
    if (!error && options->stack)
        probes_add_stacks(probes);
    return error;
}

static bool has_kprobes(void)
{
    return !access("/sys/bus/event_source/devices/kprobe", F_OK);
}

static const char *why(const struct probe *probe)
{
    bool kprobe = probe->kind == NST_PROBE_KPROBE || probe->kind == NST_PROBE_KRETPROBE;

    if (kprobe && probe->error == -EOPNOTSUPP)
        return "this kernel has no kprobes";
    if (kprobe && probe->error == -ENOENT)
        return "no such function is left in this kernel";
    if (probe->kind == NST_PROBE_FENTRY && probe->error != -ENOMEM && probe->error != -EMFILE)
        return "this kernel has no fentry for it";
    return strerror(-probe->error);
}

static void name_failures(const struct probes *probes, uint32_t most)
{
    uint32_t named = 0;

    for (uint32_t i = 0; i < probes->count && named < most; i++) {
        const struct probe *probe = &probes->list[i];

        if (!probe->error)
            continue;
        message_note("cannot attach to %s%s: %s", probe_kind_prefix(probe->kind), probe->symbol,
                     why(probe));
        named++;
    }
}

/* Not the fault of the probe that came too late. */
static void note_limit(const struct probes *probes)
{
    struct rlimit limit;
    uint32_t count = 0;

    for (uint32_t i = 0; i < probes->count; i++)
        count += probes->list[i].error == -EMFILE;
    if (count && !getrlimit(RLIMIT_NOFILE, &limit))
        message_note("%u probes are too many for the %llu files that this process may have open: "
                     "more take CAP_SYS_RESOURCE (or a higher ulimit -n)",
                     count, (unsigned long long)limit.rlim_cur);
}

int probing_report(const struct probes *probes, bool verbose, struct nst_error *err)
{
    uint32_t failed = 0, wanted = 0;

    for (uint32_t i = 0; i < probes->count; i++) {
        wanted += probes->list[i].recorded;
        failed += probes->list[i].error != 0;
    }
    if (!failed)
        return 0;
    name_failures(probes, verbose || failed <= NAMED ? failed : 1);
    note_limit(probes);
    if (!records_any(probes))
        return nst_fail(err, -ENOENT, "none of %u probes could be attached", wanted);
    if (failed > NAMED)
        message_note("%u of %u probes could not be attached%s", failed, wanted,
                     verbose ? "" : " (-v names them all)");
    return 0;
}

static bool fits(const struct target *target, const char *pattern)
{
    char name[256];

    if (target->tracepoint && !target->group)
        return false;
    if (!pattern || !fnmatch(pattern, target->name, 0))
        return true;
    if (!target->tracepoint) {
        snprintf(name, sizeof(name), "kprobe:%s", target->name);
        return !fnmatch(pattern, name, 0);
    }
    snprintf(name, sizeof(name), "tp:%s:%s", target->group, target->name);
    return !fnmatch(pattern, name, 0) || !fnmatch(pattern, name + strlen("tp:"), 0);
}

static bool is_listed(const struct target *target, const char *pattern)
{
    uint32_t kind = target->tracepoint ? NST_PROBE_RAW_TRACEPOINT : NST_PROBE_KPROBE;

    return fits(target, pattern) && probe_select_has_packet(target) &&
           probe_select_sees_packet(kind, target);
}

static void list_target(const struct target *target)
{
    if (target->tracepoint)
        printf("tp:%s:%s\n", target->group, target->name);
    else
        printf("kprobe:%s\n", target->name);
}

/* What stands in the list and cannot be used here. */
static void say_limits(const struct targets *targets)
{
    if (!has_kprobes())
        message_note("this kernel has no kprobes");
    if (!targets_have_tracefs(targets))
        message_note("tracefs is not mounted: of tracepoints only those of known groups are listed");
}

int probing_list(const char *pattern)
{
    struct nst_error err = {0};
    struct targets *targets;
    const struct target *list;
    size_t count, listed = 0;

    if (targets_read(&targets, TARGETS_FOLDER, &err))
        return message_error("%s", err.text);
    say_limits(targets);
    list = targets_list(targets, &count);
    for (size_t i = 0; i < count; i++)
        if (is_listed(&list[i], pattern)) {
            list_target(&list[i]);
            listed++;
        }
    targets_free(targets);
    if (listed)
        return STATUS_OK;
    return pattern ? message_error("no probe matches %s", pattern)
                   : message_error("this kernel has nothing to record at");
}
