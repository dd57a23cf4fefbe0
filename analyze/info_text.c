/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/info.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "analyze/escape.h"
#include "analyze/message.h"
#include "analyze/probe_kind.h"
#include "analyze/when.h"

#define LABEL_WIDTH 16

static void label(FILE *out, const char *text)
{
    fprintf(out, "%-*s", LABEL_WIDTH, text);
}

__attribute__((format(printf, 3, 4))) static void line(FILE *out, const char *name,
                                                       const char *format, ...)
{
    va_list args;

    label(out, name);
    va_start(args, format);
    vfprintf(out, format, args);
    va_end(args);
    putc('\n', out);
}

static void print_known(FILE *out, const char *text)
{
    escape_text(out, text ? text : "unknown");
}

static void print_bytes_hex(FILE *out, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%02x", bytes[i]);
}

static void print_origin(FILE *out, const struct nst_file_info *info)
{
    label(out, "Host");
    print_known(out, info->hostname);
    fputs(", Linux ", out);
    print_known(out, info->kernel_release);
    putc(' ', out);
    print_known(out, info->kernel_version);
    putc(' ', out);
    print_known(out, info->machine);
    if (info->cpus)
        fprintf(out, ", %" PRIu32 " CPUs", info->cpus);
    putc('\n', out);
    label(out, "Written by");
    print_known(out, info->writer);
    putc('\n', out);
    label(out, "Command line");
    print_known(out, info->command_line);
    putc('\n', out);
    label(out, "Left out");
    escape_text(out, info->filter ? info->filter : "nothing");
    putc('\n', out);
    label(out, "Capture");
    print_bytes_hex(out, info->capture_id, sizeof(info->capture_id));
    fprintf(out, ", file %" PRIu32 " of it\n", info->sequence);
}

static void print_recording(FILE *out, const struct nst_file_info *info)
{
    if (info->snaplen)
        line(out, "Snaplen", "%" PRIu32 " bytes of a packet", info->snaplen);
    else
        line(out, "Snaplen", "no packets are recorded");
    line(out, "Tracking", info->tracking_exact ? "exact" : "by a heuristic, which can be wrong");
    label(out, "Drop reasons");
    print_known(out, info->drop_reasons);
    putc('\n', out);
}

static void print_clock(FILE *out, const struct input_totals *t, const struct nst_file_info *info)
{
    char text[WHEN_TEXT_MAX];

    when_format(info->realtime_ns, text);
    line(out, "Clock", "CLOCK_MONOTONIC; %" PRIu64 " was %s", info->monotonic_ns, text);
    if (t->blocks)
        line(out, "Clock drift", "%" PRIu64 " ns between the time of day and that",
             (uint64_t)t->greatest_offset_ns - (uint64_t)t->least_offset_ns);
}

/* Where the clock was set back, the first event has not the earliest time. */
static void print_times(FILE *out, const struct info_file *f)
{
    const struct input_totals *t = f->totals;
    char text[WHEN_TEXT_MAX];
    uint64_t ns = t->last_ts_ns - t->first_ts_ns;

    if (!t->events)
        return;
    when_format(anchors_time(f->anchors, t->first_ts_ns), text);
    line(out, "First event", "%s (%" PRIu64 ")", text, t->first_ts_ns);
    when_format(anchors_time(f->anchors, t->last_ts_ns), text);
    line(out, "Last event", "%s (%" PRIu64 ")", text, t->last_ts_ns);
    line(out, "Duration", "%" PRIu64 ".%09" PRIu64 " s", ns / 1000000000, ns % 1000000000);
}

static void print_size(FILE *out, const struct info_file *f)
{
    const struct input_totals *t = f->totals;

    line(out, "Events", "%" PRIu64, t->events);
    if (f->file->size && t->events)
        line(out, "Size", "%" PRIu64 " bytes, %.1f an event", f->file->size,
             (double)f->file->size / (double)t->events);
    else if (f->file->size)
        line(out, "Size", "%" PRIu64 " bytes", f->file->size);
    if (t->stored_bytes)
        line(out, "Compression", "%.2f: %" PRIu64 " bytes in %" PRIu64,
             (double)t->plain_bytes / (double)t->stored_bytes, t->plain_bytes, t->stored_bytes);
    line(out, "Blocks", "%" PRIu64 " of events, %" PRIu64 " of tables", t->blocks,
         t->tables_blocks);
}

/* What capinfos says of packets. */
static void print_pace(FILE *out, const struct info_file *f, bool filtered)
{
    const struct tally_entry *e = &f->events;
    double events = info_rate(f, e->events), bytes = info_rate(f, e->len_bytes);

    if (filtered)
        line(out, "Matching", "%" PRIu64 " event%s", e->events, MESSAGE_PLURAL(e->events));
    if (!e->events)
        return;
    line(out, "Wire bytes", "%" PRIu64 ", %.1f a packet on average", e->len_bytes,
         info_average(f, e->len_bytes));
    if (!isnan(events))
        line(out, "Rate", "%.1f events and %.1f wire bytes a second", events, bytes);
    if (f->late)
        line(out, "Time order", "all but %" PRIu64 " event%s, which came late", f->late,
             MESSAGE_PLURAL(f->late));
    else
        line(out, "Time order", "strict");
}

static void print_counters(FILE *out, const struct info_file *f)
{
    if (!f->counters_count)
        line(out, "Lost", "%" PRIu64 " event%s in all, no more is known", f->totals->lost,
             MESSAGE_PLURAL(f->totals->lost));
    for (size_t i = 0; i < f->counters_count; i++) {
        label(out, i ? "" : "Counted");
        escape_text(out, f->counters[i].name);
        if (f->counters[i].known)
            fprintf(out, " %" PRIu64 "\n", f->counters[i].value);
        else
            fputs(" unknown\n", out);
    }
}

static void print_time(FILE *out, const struct anchors *anchors, uint64_t ts_ns)
{
    char text[WHEN_TEXT_MAX];

    when_format(anchors_time(anchors, ts_ns), text);
    fputs(text, out);
}

/* Each counter, probe and CPU once, with the time from the first loss to the last. */
static void print_losses(FILE *out, const struct info_file *f)
{
    for (size_t i = 0; i < f->losses_sum.count; i++) {
        const struct loss *loss = &f->losses_sum.list[i];

        label(out, i ? "" : "Losses");
        escape_text(out, loss->counter);
        fprintf(out, " %" PRIu64, loss->events);
        if (loss->probe) {
            fputs(" at ", out);
            escape_text(out, loss->probe);
        }
        if (loss->cpu != NST_NONE)
            fprintf(out, " on CPU %" PRIu32, loss->cpu);
        fputs(", ", out);
        print_time(out, f->anchors, loss->since_ts_ns);
        fputs(" to ", out);
        print_time(out, f->anchors, loss->until_ts_ns);
        putc('\n', out);
    }
}

static void print_damage(FILE *out, const struct nst_damage *d)
{
    const struct {
        const char *what, *whats;
        uint64_t count;
    } kinds[] = {
        {"unusable file header", "unusable file headers", d->bad_header},
        {"damaged block", "damaged blocks", d->bad_blocks},
        {"missing block", "missing blocks", d->lost_blocks},
        {"doubled block, left out", "doubled blocks, left out", d->duplicates},
        {"byte of no block", "bytes of no block", d->skipped_bytes},
        {"byte of a torn block", "bytes of a torn block", d->torn_bytes},
    };
    const char *separator = "";

    label(out, "Damage");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!kinds[i].count)
            continue;
        fprintf(out, "%s%" PRIu64 " %s", separator, kinds[i].count,
                kinds[i].count == 1 ? kinds[i].what : kinds[i].whats);
        separator = ", ";
    }
    fputs(*separator ? "\n" : "none\n", out);
    line(out, "End", d->ended ? "clean" : "none: still being written, or the recorder was killed");
}

static void print_file(FILE *out, const struct info_file *f, bool filtered)
{
    const struct nst_file_info *info = f->file->info;

    label(out, "File");
    escape_text(out, f->file->path);
    putc('\n', out);
    if (info->major)
        line(out, "Format", "nstrail %u.%u", info->major, info->minor);
    print_origin(out, info);
    print_recording(out, info);
    print_clock(out, f->totals, info);
    print_times(out, f);
    print_size(out, f);
    print_pace(out, f, filtered);
    print_counters(out, f);
    print_losses(out, f);
    print_damage(out, f->file->damage);
    putc('\n', out);
}

static void print_host(FILE *out, const struct info *info, const struct tally_key *key)
{
    if (info->hosts_count < 2)
        return;
    print_known(out, info->hosts[key->host]->hostname);
    putc(' ', out);
}

struct listing {
    FILE *out;
    const char *separator;
};

static void list_name(void *context, const char *name)
{
    struct listing *l = context;

    fputs(l->separator, l->out);
    escape_text(l->out, name);
    l->separator = ", ";
}

static void print_netns(FILE *out, const struct info *info, const struct tally_key *key)
{
    struct listing names = {out, " ("};

    if (!key->netns.inum) {
        fputs("no namespace", out);
        return;
    }
    if (key->netns.cookie)
        fprintf(out, "0x%" PRIx64 "/", key->netns.cookie);
    fprintf(out, "%" PRIu32, key->netns.inum);
    info_netns_names(info, key, list_name, &names);
    if (*names.separator == ',')
        putc(')', out);
}

static void print_netns_key(FILE *out, const struct info *info, const struct tally_key *key)
{
    print_host(out, info, key);
    print_netns(out, info, key);
}

static void print_device_key(FILE *out, const struct info *info, const struct tally_key *key)
{
    print_host(out, info, key);
    if (*key->name) {
        escape_text(out, key->name);
        putc(' ', out);
    }
    fprintf(out, "(%" PRIu32 ") in ", key->number);
    print_netns(out, info, key);
}

static void print_probe_key(FILE *out, const struct info *info, const struct tally_key *key)
{
    (void)info;
    fprintf(out, "[%s] ", probe_kind_letters(key->number));
    escape_text(out, key->name);
}

static void print_drop_key(FILE *out, const struct info *info, const struct tally_key *key)
{
    (void)info;
    if (key->subsys) {
        escape_text(out, key->subsys);
        putc('/', out);
    }
    if (key->name)
        escape_text(out, key->name);
    else
        fprintf(out, "%" PRIu32, key->number);
}

/* The key is last, since it may have any length. */
static void
print_tally(FILE *out, const struct info *info, const char *title, const struct tally *t,
            void (*print_key)(FILE *out, const struct info *info, const struct tally_key *key))
{
    size_t silent = 0;

    if (!t->count)
        return;
    fprintf(out, "%12s %12s %16s %16s  %s\n", "events", "drops", "wire bytes", "captured bytes",
            title);
    for (size_t i = 0; i < t->count; i++) {
        const struct tally_entry *e = t->list[i];

        if (!e->events) {
            silent++;
            continue;
        }
        fprintf(out, "%12" PRIu64 " %12" PRIu64 " %16" PRIu64 " %16" PRIu64 "  ", e->events,
                e->drops, e->len_bytes, e->caplen_bytes);
        print_key(out, info, &e->key);
        putc('\n', out);
    }
    /* A host may have had thousands. */
    if (silent)
        fprintf(out, "and %zu without events; nstrail netns shows %s\n", silent,
                silent == 1 ? "it" : "them");
    putc('\n', out);
}

void info_print_text(FILE *out, const struct info *info)
{
    for (unsigned i = 0; i < info->files_count; i++)
        print_file(out, &info->files[i], info->filtered);
    if (info->filtered)
        fputs(info->netns.count ? "Of the events that match the filter:\n\n"
                                : "No event matches the filter.\n",
              out);
    print_tally(out, info, "namespace", &info->netns, print_netns_key);
    print_tally(out, info, "device", &info->devices, print_device_key);
    print_tally(out, info, "probe", &info->probes, print_probe_key);
    print_tally(out, info, "drop reason", &info->drop_reasons, print_drop_key);
}
