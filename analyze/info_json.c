/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The keys are an interface: nstrail(1) lists them. */
#include "config.h"

#include "analyze/info.h"

#include <inttypes.h>

#include "analyze/escape.h"
#include "analyze/kinds.h"
#include "analyze/members.h"

/* "1.0" */
static void put_format(struct members *j, const struct nst_file_info *info)
{
    char version[16];

    snprintf(version, sizeof(version), "%u.%u", info->major, info->minor);
    members_string(j, "format", info->major ? version : NULL);
}

static void put_origin(struct members *j, const struct nst_file_info *info)
{
    members_string(j, "hostname", info->hostname);
    members_string(j, "kernel_release", info->kernel_release);
    members_string(j, "kernel_version", info->kernel_version);
    members_string(j, "machine", info->machine);
    members_number(j, "cpus", info->cpus);
    members_string(j, "writer", info->writer);
    members_string(j, "command_line", info->command_line);
    members_string(j, "filter", info->filter);
    members_bytes(j, "capture_id", info->capture_id, sizeof(info->capture_id));
    members_bytes(j, "boot_id", info->boot_id, sizeof(info->boot_id));
    members_number(j, "sequence", info->sequence);
    members_number(j, "snaplen", info->snaplen);
    members_bool(j, "tracking_exact", info->tracking_exact);
    members_string(j, "drop_reason_names", info->drop_reasons);
    members_begin(j, "start", '{');
    members_number(j, "monotonic_ns", info->monotonic_ns);
    members_number(j, "boottime_ns", info->boottime_ns);
    members_number(j, "realtime_ns", info->realtime_ns);
    members_end(j, '}');
}

/* Of an event that the file has: 0 without any. */
static uint64_t time_of(const struct info_file *f, uint64_t ts_ns)
{
    return f->totals->blocks ? anchors_time(f->anchors, ts_ns) : 0;
}

static void put_totals(struct members *j, const struct info_file *f)
{
    const struct input_totals *t = f->totals;

    members_number(j, "events", t->events);
    members_number(j, "blocks", t->blocks);
    members_number(j, "tables_blocks", t->tables_blocks);
    members_number(j, "captured_bytes", t->packet_bytes);
    members_number(j, "stored_bytes", t->stored_bytes);
    members_number(j, "plain_bytes", t->plain_bytes);
    members_number(j, "lost", t->lost);
    members_number(j, "first_ts_ns", t->first_ts_ns);
    members_number(j, "last_ts_ns", t->last_ts_ns);
    members_number(j, "first_time_ns", time_of(f, t->first_ts_ns));
    members_number(j, "last_time_ns", time_of(f, t->last_ts_ns));
    members_number(j, "duration_ns", t->last_ts_ns - t->first_ts_ns);
    members_number(j, "clock_drift_ns",
                   (uint64_t)t->greatest_offset_ns - (uint64_t)t->least_offset_ns);
}

static void put_matching(struct members *j, const struct info_file *f)
{
    const struct tally_entry *e = &f->events;

    members_number(j, "matching_events", e->events);
    members_number(j, "wire_bytes", e->len_bytes);
    members_decimal(j, "average_wire_bytes", info_average(f, e->len_bytes));
    members_decimal(j, "events_per_second", info_rate(f, e->events));
    members_decimal(j, "wire_bytes_per_second", info_rate(f, e->len_bytes));
    members_number(j, "late_events", f->late);
    members_bool(j, "strict_time_order", !f->late);
}

static void put_counters(struct members *j, const struct info_file *f)
{
    members_begin(j, "counters", '{');
    for (size_t i = 0; i < f->counters_count; i++)
        if (f->counters[i].known)
            members_number(j, f->counters[i].name, f->counters[i].value);
        else
            members_string(j, f->counters[i].name, "unknown");
    members_end(j, '}');
}

static void put_losses(struct members *j, const struct info_file *f)
{
    members_begin(j, "losses", '[');
    for (size_t i = 0; i < f->losses.count; i++) {
        const struct loss *loss = &f->losses.list[i];

        members_begin(j, NULL, '{');
        members_string(j, "counter", loss->counter);
        members_string(j, "probe", loss->probe);
        if (loss->cpu == NST_NONE)
            members_string(j, "cpu", NULL);
        else
            members_number(j, "cpu", loss->cpu);
        members_number(j, "since_ts_ns", loss->since_ts_ns);
        members_number(j, "until_ts_ns", loss->until_ts_ns);
        members_number(j, "events", loss->events);
        members_end(j, '}');
    }
    members_end(j, ']');
}

static void put_damage(struct members *j, const struct nst_damage *d)
{
    members_begin(j, "damage", '{');
    members_number(j, "bad_header", d->bad_header);
    members_number(j, "bad_blocks", d->bad_blocks);
    members_number(j, "lost_blocks", d->lost_blocks);
    members_number(j, "duplicates", d->duplicates);
    members_number(j, "skipped_bytes", d->skipped_bytes);
    members_number(j, "torn_bytes", d->torn_bytes);
    members_end(j, '}');
    members_bool(j, "ended", d->ended);
}

static void put_file(struct members *j, const struct info_file *f)
{
    members_begin(j, NULL, '{');
    members_string(j, "path", f->file->path);
    members_number_or_null(j, "size_bytes", f->file->size);
    put_format(j, f->file->info);
    put_origin(j, f->file->info);
    put_totals(j, f);
    put_matching(j, f);
    put_counters(j, f);
    put_losses(j, f);
    put_damage(j, f->file->damage);
    members_end(j, '}');
}

static void put_netns_id(struct members *j, const struct info *info, const struct tally_key *key)
{
    members_string(j, "hostname", info->hosts[key->host]->hostname);
    members_number_or_null(j, "cookie", key->netns.cookie);
    members_number_or_null(j, "inum", key->netns.inum);
}

static void put_name(void *context, const char *name)
{
    members_string(context, NULL, name);
}

static void put_netns(struct members *j, const struct info *info, const struct tally_key *key)
{
    put_netns_id(j, info, key);
    members_begin(j, "names", '[');
    info_netns_names(info, key, put_name, j);
    members_end(j, ']');
}

static void put_device(struct members *j, const struct info *info, const struct tally_key *key)
{
    put_netns_id(j, info, key);
    members_number(j, "ifindex", key->number);
    members_string(j, "name", key->name);
}

static void put_probe(struct members *j, const struct info *info, const struct tally_key *key)
{
    (void)info;
    members_string(j, "kind", kind_name(key->number));
    members_string(j, "symbol", key->name);
}

static void put_drop_reason(struct members *j, const struct info *info, const struct tally_key *key)
{
    (void)info;
    members_number(j, "number", key->number);
    members_string(j, "subsys", key->subsys);
    members_string(j, "name", key->name);
}

static void
put_tally(struct members *j, const struct info *info, const char *name, const struct tally *t,
          void (*put_key)(struct members *j, const struct info *info, const struct tally_key *key))
{
    members_begin(j, name, '[');
    for (size_t i = 0; i < t->count; i++) {
        const struct tally_entry *e = t->list[i];

        members_begin(j, NULL, '{');
        put_key(j, info, &e->key);
        members_number(j, "events", e->events);
        members_number(j, "drops", e->drops);
        members_number(j, "wire_bytes", e->len_bytes);
        members_number(j, "captured_bytes", e->caplen_bytes);
        members_end(j, '}');
    }
    members_end(j, ']');
}

void info_print_json(FILE *out, const struct info *info)
{
    struct members j = {.out = out};

    members_begin(&j, NULL, '{');
    members_begin(&j, "files", '[');
    for (unsigned i = 0; i < info->files_count; i++)
        put_file(&j, &info->files[i]);
    members_end(&j, ']');
    put_tally(&j, info, "namespaces", &info->netns, put_netns);
    put_tally(&j, info, "devices", &info->devices, put_device);
    put_tally(&j, info, "probes", &info->probes, put_probe);
    put_tally(&j, info, "drop_reasons", &info->drop_reasons, put_drop_reason);
    members_end(&j, '}');
    putc('\n', out);
}
