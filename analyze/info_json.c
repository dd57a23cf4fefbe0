/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The keys are an interface: nstrail(1) lists them. */
#include "config.h"

#include "analyze/info.h"

#include <inttypes.h>

#include "analyze/escape.h"
#include "analyze/json_writer.h"
#include "analyze/probe_kind.h"

/* "1.0" */
static void put_format(struct json_writer *j, const struct nst_file_info *info)
{
    char version[16];

    snprintf(version, sizeof(version), "%u.%u", info->major, info->minor);
    json_string(j, "format", info->major ? version : NULL);
}

static void put_origin(struct json_writer *j, const struct nst_file_info *info)
{
    json_string(j, "hostname", info->hostname);
    json_string(j, "kernel_release", info->kernel_release);
    json_string(j, "kernel_version", info->kernel_version);
    json_string(j, "machine", info->machine);
    json_number(j, "cpus", info->cpus);
    json_string(j, "writer", info->writer);
    json_string(j, "command_line", info->command_line);
    json_string(j, "filter", info->filter);
    json_bytes(j, "capture_id", info->capture_id, sizeof(info->capture_id));
    json_bytes(j, "boot_id", info->boot_id, sizeof(info->boot_id));
    json_number(j, "sequence", info->sequence);
    json_number(j, "snaplen", info->snaplen);
    json_bool(j, "tracking_exact", info->tracking_exact);
    json_string(j, "drop_reason_names", info->drop_reasons);
    json_begin(j, "start", '{');
    json_number(j, "monotonic_ns", info->monotonic_ns);
    json_number(j, "boottime_ns", info->boottime_ns);
    json_number(j, "realtime_ns", info->realtime_ns);
    json_end(j, '}');
}

/* Of an event that the file has: 0 without any. */
static uint64_t time_of(const struct info_file *f, uint64_t ts_ns)
{
    return f->totals->blocks ? anchors_time(f->anchors, ts_ns) : 0;
}

static void put_totals(struct json_writer *j, const struct info_file *f)
{
    const struct input_totals *t = f->totals;

    json_number(j, "events", t->events);
    json_number(j, "blocks", t->blocks);
    json_number(j, "tables_blocks", t->tables_blocks);
    json_number(j, "captured_bytes", t->packet_bytes);
    json_number(j, "stored_bytes", t->stored_bytes);
    json_number(j, "plain_bytes", t->plain_bytes);
    json_number(j, "lost", t->lost);
    json_number(j, "first_ts_ns", t->first_ts_ns);
    json_number(j, "last_ts_ns", t->last_ts_ns);
    json_number(j, "first_time_ns", time_of(f, t->first_ts_ns));
    json_number(j, "last_time_ns", time_of(f, t->last_ts_ns));
    json_number(j, "duration_ns", t->last_ts_ns - t->first_ts_ns);
    json_number(j, "clock_drift_ns",
                (uint64_t)t->greatest_offset_ns - (uint64_t)t->least_offset_ns);
}

static void put_matching(struct json_writer *j, const struct info_file *f)
{
    const struct tally_entry *e = &f->events;

    json_number(j, "matching_events", e->events);
    json_number(j, "wire_bytes", e->len_bytes);
    json_decimal(j, "average_wire_bytes", info_average(f, e->len_bytes));
    json_decimal(j, "events_per_second", info_rate(f, e->events));
    json_decimal(j, "wire_bytes_per_second", info_rate(f, e->len_bytes));
    json_number(j, "late_events", f->late);
    json_bool(j, "strict_time_order", !f->late);
}

static void put_counters(struct json_writer *j, const struct info_file *f)
{
    json_begin(j, "counters", '{');
    for (size_t i = 0; i < f->counters_count; i++)
        if (f->counters[i].known)
            json_number(j, f->counters[i].name, f->counters[i].value);
        else
            json_string(j, f->counters[i].name, "unknown");
    json_end(j, '}');
}

static void put_losses(struct json_writer *j, const struct info_file *f)
{
    json_begin(j, "losses", '[');
    for (size_t i = 0; i < f->losses.count; i++) {
        const struct loss *loss = &f->losses.list[i];

        json_begin(j, NULL, '{');
        json_string(j, "counter", loss->counter);
        json_string(j, "probe", loss->probe);
        if (loss->cpu == NST_NONE)
            json_string(j, "cpu", NULL);
        else
            json_number(j, "cpu", loss->cpu);
        json_number(j, "since_ts_ns", loss->since_ts_ns);
        json_number(j, "until_ts_ns", loss->until_ts_ns);
        json_number(j, "events", loss->events);
        json_end(j, '}');
    }
    json_end(j, ']');
}

static void put_damage(struct json_writer *j, const struct nst_damage *d)
{
    json_begin(j, "damage", '{');
    json_number(j, "bad_header", d->bad_header);
    json_number(j, "bad_blocks", d->bad_blocks);
    json_number(j, "lost_blocks", d->lost_blocks);
    json_number(j, "duplicates", d->duplicates);
    json_number(j, "skipped_bytes", d->skipped_bytes);
    json_number(j, "torn_bytes", d->torn_bytes);
    json_end(j, '}');
    json_bool(j, "ended", d->ended);
}

static void put_file(struct json_writer *j, const struct info_file *f)
{
    json_begin(j, NULL, '{');
    json_string(j, "path", f->file->path);
    json_number_or_null(j, "size_bytes", f->file->size);
    put_format(j, f->file->info);
    put_origin(j, f->file->info);
    put_totals(j, f);
    put_matching(j, f);
    put_counters(j, f);
    put_losses(j, f);
    put_damage(j, f->file->damage);
    json_end(j, '}');
}

static void put_netns_id(struct json_writer *j, const struct info *info,
                         const struct tally_key *key)
{
    json_string(j, "hostname", info->hosts[key->host]->hostname);
    json_number_or_null(j, "cookie", key->netns.cookie);
    json_number_or_null(j, "inum", key->netns.inum);
}

static void put_name(void *context, const char *name)
{
    json_string(context, NULL, name);
}

static void put_netns(struct json_writer *j, const struct info *info, const struct tally_key *key)
{
    put_netns_id(j, info, key);
    json_begin(j, "names", '[');
    info_netns_names(info, key, put_name, j);
    json_end(j, ']');
}

static void put_device(struct json_writer *j, const struct info *info, const struct tally_key *key)
{
    put_netns_id(j, info, key);
    json_number(j, "ifindex", key->number);
    json_string(j, "name", key->name);
}

static void put_probe(struct json_writer *j, const struct info *info, const struct tally_key *key)
{
    const char *kind = probe_kind_name(key->number);

    (void)info;
    json_string(j, "kind", kind ? kind : "unknown");
    json_string(j, "symbol", key->name);
}

static void put_drop_reason(struct json_writer *j, const struct info *info,
                            const struct tally_key *key)
{
    (void)info;
    json_number(j, "number", key->number);
    json_string(j, "subsys", key->subsys);
    json_string(j, "name", key->name);
}

static void put_tally(struct json_writer *j, const struct info *info, const char *name,
                      const struct tally *t,
                      void (*put_key)(struct json_writer *j, const struct info *info,
                                      const struct tally_key *key))
{
    json_begin(j, name, '[');
    for (size_t i = 0; i < t->count; i++) {
        const struct tally_entry *e = t->list[i];

        json_begin(j, NULL, '{');
        put_key(j, info, &e->key);
        json_number(j, "events", e->events);
        json_number(j, "drops", e->drops);
        json_number(j, "wire_bytes", e->len_bytes);
        json_number(j, "captured_bytes", e->caplen_bytes);
        json_end(j, '}');
    }
    json_end(j, ']');
}

void info_print_json(FILE *out, const struct info *info)
{
    struct json_writer j = {.out = out};

    json_begin(&j, NULL, '{');
    json_begin(&j, "files", '[');
    for (unsigned i = 0; i < info->files_count; i++)
        put_file(&j, &info->files[i]);
    json_end(&j, ']');
    put_tally(&j, info, "namespaces", &info->netns, put_netns);
    put_tally(&j, info, "devices", &info->devices, put_device);
    put_tally(&j, info, "probes", &info->probes, put_probe);
    put_tally(&j, info, "drop_reasons", &info->drop_reasons, put_drop_reason);
    json_end(&j, '}');
    putc('\n', out);
}
