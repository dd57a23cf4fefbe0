/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The keys are an interface: nstrail(1) lists them. */
#include "config.h"

#include "analyze/info.h"

#include <inttypes.h>

#include "analyze/escape.h"
#include "analyze/kinds.h"

struct json {
    FILE *out;
    bool comma; /* due before the next member */
};

/* The key of a member; NULL in an array. */
static void member(struct json *j, const char *key)
{
    if (j->comma)
        putc(',', j->out);
    j->comma = true;
    if (!key)
        return;
    escape_json(j->out, key);
    putc(':', j->out);
}

static void begin(struct json *j, const char *key, char bracket)
{
    member(j, key);
    putc(bracket, j->out);
    j->comma = false;
}

static void end(struct json *j, char bracket)
{
    putc(bracket, j->out);
    j->comma = true;
}

static void put_string(struct json *j, const char *key, const char *value)
{
    member(j, key);
    if (value)
        escape_json(j->out, value);
    else
        fputs("null", j->out);
}

static void put_number(struct json *j, const char *key, uint64_t value)
{
    member(j, key);
    fprintf(j->out, "%" PRIu64, value);
}

/* 0 stands for what is not there. */
static void put_number_or_null(struct json *j, const char *key, uint64_t value)
{
    if (value)
        put_number(j, key, value);
    else
        put_string(j, key, NULL);
}

static void put_bool(struct json *j, const char *key, bool value)
{
    member(j, key);
    fputs(value ? "true" : "false", j->out);
}

static void put_bytes(struct json *j, const char *key, const uint8_t *bytes, size_t count)
{
    member(j, key);
    putc('"', j->out);
    for (size_t i = 0; i < count; i++)
        fprintf(j->out, "%02x", bytes[i]);
    putc('"', j->out);
}

/* "1.0" */
static void put_format(struct json *j, const struct nst_file_info *info)
{
    char version[16];

    snprintf(version, sizeof(version), "%u.%u", info->major, info->minor);
    put_string(j, "format", info->major ? version : NULL);
}

static void put_origin(struct json *j, const struct nst_file_info *info)
{
    put_string(j, "hostname", info->hostname);
    put_string(j, "kernel_release", info->kernel_release);
    put_string(j, "kernel_version", info->kernel_version);
    put_string(j, "machine", info->machine);
    put_number(j, "cpus", info->cpus);
    put_string(j, "writer", info->writer);
    put_string(j, "command_line", info->command_line);
    put_string(j, "filter", info->filter);
    put_bytes(j, "capture_id", info->capture_id, sizeof(info->capture_id));
    put_bytes(j, "boot_id", info->boot_id, sizeof(info->boot_id));
    put_number(j, "sequence", info->sequence);
    put_number(j, "snaplen", info->snaplen);
    put_bool(j, "tracking_exact", info->tracking_exact);
    put_string(j, "drop_reason_names", info->drop_reasons);
    begin(j, "start", '{');
    put_number(j, "monotonic_ns", info->monotonic_ns);
    put_number(j, "boottime_ns", info->boottime_ns);
    put_number(j, "realtime_ns", info->realtime_ns);
    end(j, '}');
}

static void put_totals(struct json *j, const struct input_totals *t)
{
    put_number(j, "events", t->events);
    put_number(j, "blocks", t->blocks);
    put_number(j, "tables_blocks", t->tables_blocks);
    put_number(j, "captured_bytes", t->packet_bytes);
    put_number(j, "stored_bytes", t->stored_bytes);
    put_number(j, "plain_bytes", t->plain_bytes);
    put_number(j, "lost", t->lost);
    put_number(j, "first_ts_ns", t->first_ts_ns);
    put_number(j, "last_ts_ns", t->last_ts_ns);
    put_number(j, "first_time_ns", t->first_time_ns);
    put_number(j, "last_time_ns", t->last_time_ns);
    put_number(j, "duration_ns", t->last_ts_ns - t->first_ts_ns);
    put_number(j, "clock_drift_ns", (uint64_t)t->greatest_offset_ns - (uint64_t)t->least_offset_ns);
}

static void put_counters(struct json *j, const struct info_file *f)
{
    begin(j, "counters", '{');
    for (size_t i = 0; i < f->counters_count; i++)
        if (f->counters[i].known)
            put_number(j, f->counters[i].name, f->counters[i].value);
        else
            put_string(j, f->counters[i].name, "unknown");
    end(j, '}');
}

static void put_damage(struct json *j, const struct nst_damage *d)
{
    begin(j, "damage", '{');
    put_number(j, "bad_header", d->bad_header);
    put_number(j, "bad_blocks", d->bad_blocks);
    put_number(j, "lost_blocks", d->lost_blocks);
    put_number(j, "duplicates", d->duplicates);
    put_number(j, "skipped_bytes", d->skipped_bytes);
    put_number(j, "torn_bytes", d->torn_bytes);
    end(j, '}');
    put_bool(j, "ended", d->ended);
}

static void put_file(struct json *j, const struct info_file *f)
{
    begin(j, NULL, '{');
    put_string(j, "path", f->file->path);
    put_number_or_null(j, "size_bytes", f->file->size);
    put_format(j, f->file->info);
    put_origin(j, f->file->info);
    put_totals(j, f->totals);
    put_number(j, "matching_events", f->events.events);
    put_counters(j, f);
    put_damage(j, f->file->damage);
    end(j, '}');
}

static void put_netns_id(struct json *j, const struct info *info, const struct tally_key *key)
{
    put_string(j, "hostname", info->hosts[key->host]->hostname);
    put_number_or_null(j, "cookie", key->netns.cookie);
    put_number_or_null(j, "inum", key->netns.inum);
}

static void put_netns(struct json *j, const struct info *info, const struct tally_key *key)
{
    const char *name;

    put_netns_id(j, info, key);
    begin(j, "names", '[');
    for (size_t i = 0; (name = info_netns_name(info, key, i)); i++)
        put_string(j, NULL, name);
    end(j, ']');
}

static void put_device(struct json *j, const struct info *info, const struct tally_key *key)
{
    put_netns_id(j, info, key);
    put_number(j, "ifindex", key->number);
    put_string(j, "name", key->name);
}

static void put_probe(struct json *j, const struct info *info, const struct tally_key *key)
{
    (void)info;
    put_string(j, "kind", kind_name(key->number));
    put_string(j, "symbol", key->name);
}

static void put_drop_reason(struct json *j, const struct info *info, const struct tally_key *key)
{
    (void)info;
    put_number(j, "number", key->number);
    put_string(j, "subsys", key->subsys);
    put_string(j, "name", key->name);
}

static void
put_tally(struct json *j, const struct info *info, const char *name, const struct tally *t,
          void (*put_key)(struct json *j, const struct info *info, const struct tally_key *key))
{
    begin(j, name, '[');
    for (size_t i = 0; i < t->count; i++) {
        const struct tally_entry *e = t->list[i];

        begin(j, NULL, '{');
        put_key(j, info, &e->key);
        put_number(j, "events", e->events);
        put_number(j, "drops", e->drops);
        put_number(j, "wire_bytes", e->len_bytes);
        put_number(j, "captured_bytes", e->caplen_bytes);
        end(j, '}');
    }
    end(j, ']');
}

void info_print_json(FILE *out, const struct info *info)
{
    struct json j = {.out = out};

    begin(&j, NULL, '{');
    begin(&j, "files", '[');
    for (unsigned i = 0; i < info->files_count; i++)
        put_file(&j, &info->files[i]);
    end(&j, ']');
    put_tally(&j, info, "namespaces", &info->netns, put_netns);
    put_tally(&j, info, "devices", &info->devices, put_device);
    put_tally(&j, info, "probes", &info->probes, put_probe);
    put_tally(&j, info, "drop_reasons", &info->drop_reasons, put_drop_reason);
    end(&j, '}');
    putc('\n', out);
}
