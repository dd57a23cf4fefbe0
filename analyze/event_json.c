/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/event_json.h"

#include <inttypes.h>
#include <string.h>

#include "analyze/digits.h"
#include "analyze/escape.h"
#include "analyze/event_names.h"
#include "analyze/probe_kind.h"
#include "analyze/skb.h"

#define NS_PER_S INT64_C(1000000000)

/* The layout that we write. Retis's reader goes by it and refuses versions it never had. */
#define RETIS_VERSION "v1.7.0"

static void key_number(FILE *out, const char *key, uint64_t number)
{
    fputs(key, out);
    digits_decimal(out, number);
}

static void key_string(FILE *out, const char *key, const char *text)
{
    fputs(key, out);
    escape_json(out, text);
}

/* Strings that Retis's reader does not do without. */
static void key_known(FILE *out, const char *key, const char *text)
{
    key_string(out, key, text ? text : "unknown");
}

/* Ours is said behind the command line, as a shell's comment. */
static void print_command_line(FILE *out, const struct nst_file_info *info)
{
    char text[4096];

    snprintf(text, sizeof(text), "%s # %s", info->command_line ? info->command_line : "unknown",
             info->writer ? info->writer : "nstrail");
    key_string(out, ",\"cmdline\":", text);
}

void event_json_startup(struct event_json *p, const struct input_file *file)
{
    const struct nst_file_info *info = file->info;
    int64_t offset = (int64_t)(info->realtime_ns - info->monotonic_ns);
    int64_t ns = offset % NS_PER_S;

    if (ns < 0)
        ns += NS_PER_S;
    key_number(p->out, "{\"common\":{\"timestamp\":", info->monotonic_ns);
    fputs("},\"startup\":{\"retis_version\":\"" RETIS_VERSION "\"", p->out);
    print_command_line(p->out, info);
    fprintf(p->out, ",\"clock_monotonic_offset\":{\"sec\":%" PRId64 ",\"nsec\":%" PRId64 "}",
            (offset - ns) / NS_PER_S, ns);
    key_known(p->out, ",\"machine\":{\"kernel_release\":", info->kernel_release);
    key_known(p->out, ",\"kernel_version\":", info->kernel_version);
    key_known(p->out, ",\"hardware_name\":", info->machine);
    fputs("}}", p->out);
    if (p->hosts)
        key_known(p->out, ",\"host\":", info->hostname);
    fputs("}\n", p->out);
}

static void print_common(FILE *out, const struct input_event *e)
{
    key_number(out, "{\"common\":{\"timestamp\":", e->event->ts_ns);
    key_number(out, ",\"smp_id\":", e->event->cpu);
    if (e->event->task == NST_NONE) {
        fputs(",\"task\":null}", out);
    } else {
        const struct nst_task *task = &e->block->tasks[e->event->task];

        key_number(out, ",\"task\":{\"pid\":", task->pid);
        key_number(out, ",\"tgid\":", task->tgid);
        key_string(out, ",\"comm\":", task->comm);
        fputs("}}", out);
    }
}

static void print_kernel(FILE *out, const struct nst_block *block, const struct nst_event *event)
{
    const char *before = ",\"stack_trace\":[";

    key_string(out, ",\"kernel\":{\"symbol\":", block->probes[event->probe].symbol);
    key_known(out, ",\"probe_type\":", probe_kind_name(block->probes[event->probe].kind));
    for (uint32_t i = event->stack; i != NST_NONE; i = block->frames[i].caller) {
        key_string(out, before, block->frames[i].name);
        before = ",";
    }
    fputs(event->stack == NST_NONE ? "}" : "]}", out);
}

/* The last is ours, and what --track takes: Retis's reader passes over it. Its own pair has a
 * number that is larger than many readers of JSON hold exactly, as jq before 1.7. */
static void print_journey(FILE *out, const struct nst_event *event)
{
    key_number(out, ",\"skb-tracking\":{\"orig_head\":", event->journey_head);
    key_number(out, ",\"timestamp\":", event->journey_ts_ns);
    key_number(out, ",\"skb\":", event->skb);
    fputs(",\"track\":\"0x", out);
    digits_hex(out, event->journey_id, 1);
    fputs("\"}", out);
}

static void print_drop(FILE *out, const struct nst_drop_reason *reason)
{
    fputs(",\"skb-drop\":{\"subsys\":", out);
    if (reason->subsys)
        escape_json(out, reason->subsys);
    else
        fputs("null", out);
    if (reason->name) {
        key_string(out, ",\"drop_reason\":", reason->name);
    } else {
        /* A string there, too. */
        key_number(out, ",\"drop_reason\":\"", reason->number);
        putc('"', out);
    }
    putc('}', out);
}

static void print_netns(FILE *out, const struct nst_netns *netns)
{
    if (netns->cookie)
        key_number(out, ",\"netns\":{\"cookie\":", netns->cookie);
    else
        fputs(",\"netns\":{\"cookie\":null", out);
    key_number(out, ",\"inum\":", netns->inum);
    putc('}', out);
}

static void print_device(FILE *out, const struct nst_device *device, uint32_t rx_ifindex)
{
    key_string(out, ",\"dev\":{\"name\":", device->name);
    key_number(out, ",\"ifindex\":", device->ifindex);
    if (rx_ifindex)
        key_number(out, ",\"rx_ifindex\":", rx_ifindex);
    else
        fputs(",\"rx_ifindex\":null", out);
    putc('}', out);
}

static void key_bool(FILE *out, const char *key, bool value)
{
    fputs(key, out);
    fputs(value ? "true" : "false", out);
}

/* Retis's reader has a byte for these counts. */
static uint64_t byte_at_most(uint32_t count)
{
    return count < UINT8_MAX ? count : UINT8_MAX;
}

static void print_dataref(FILE *out, const struct nst_skb *skb)
{
    if (!skb->dataref) {
        fputs(",\"data_ref\":null", out);
        return;
    }
    key_bool(out, ",\"data_ref\":{\"nohdr\":", skb->flags & NST_SKB_NOHDR);
    key_bool(out, ",\"cloned\":", skb->flags & NST_SKB_CLONED);
    key_number(out, ",\"fclone\":", skb->fclone);
    key_number(out, ",\"users\":", byte_at_most(skb->users));
    key_number(out, ",\"dataref\":", byte_at_most(skb_dataref(skb)));
    putc('}', out);
}

static void print_gso(FILE *out, const struct nst_skb *skb)
{
    if (!skb->gso_size) {
        fputs(",\"gso\":null", out);
        return;
    }
    key_number(out, ",\"gso\":{\"flags\":", skb->shared_flags);
    key_number(out, ",\"frags\":", skb->frags);
    key_number(out, ",\"size\":", skb->gso_size);
    key_number(out, ",\"segs\":", skb->gso_segs);
    key_number(out, ",\"type\":", skb->gso_type);
    putc('}', out);
}

/* Mark and protocol are ours: Retis's reader passes over them. A VLAN tag is in the packet. */
static void print_skb(FILE *out, const struct nst_skb *skb)
{
    key_number(out, ",\"skb\":{\"meta\":{\"len\":", skb->len);
    key_number(out, ",\"data_len\":", skb->data_len);
    key_number(out, ",\"hash\":", skb->hash);
    key_number(out, ",\"ip_summed\":", skb->ip_summed);
    key_number(out, ",\"csum\":", skb->csum);
    key_number(out, ",\"csum_level\":", skb->csum_level);
    key_number(out, ",\"priority\":", skb->priority);
    if (skb->mark)
        key_number(out, ",\"mark\":", skb->mark);
    if (skb->protocol)
        key_number(out, ",\"protocol\":", skb->protocol);
    fputs("},\"vlan_accel\":null", out);
    print_dataref(out, skb);
    print_gso(out, skb);
    putc('}', out);
}

static void print_base64(FILE *out, const uint8_t *data, uint32_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char text[1024];
    size_t used = 0;

    for (uint32_t at = 0; at < length; at += 3) {
        uint32_t left = length - at;
        uint32_t bits = (uint32_t)data[at] << 16 | (left > 1 ? (uint32_t)data[at + 1] << 8 : 0) |
                        (left > 2 ? data[at + 2] : 0);

        text[used++] = digits[bits >> 18];
        text[used++] = digits[bits >> 12 & 63];
        text[used++] = left > 1 ? digits[bits >> 6 & 63] : '=';
        text[used++] = left > 2 ? digits[bits & 63] : '=';
        if (used == sizeof(text)) {
            fwrite(text, 1, used, out);
            used = 0;
        }
    }
    fwrite(text, 1, used, out);
}

/* Retis takes all bytes for Ethernet's. */
static void print_packet(struct event_json *p, const struct nst_event *event)
{
    struct frame frame;

    if (!frame_get(event, FRAME_ETHERNET, p->frame, &frame))
        return;
    key_number(p->out, ",\"packet\":{\"len\":", frame.len);
    key_number(p->out, ",\"capture_len\":", frame.caplen);
    fputs(",\"data\":\"", p->out);
    print_base64(p->out, frame.data, frame.caplen);
    fputs("\"}", p->out);
}

static void key_name(FILE *out, const char *key, const char *name)
{
    fputs(key, out);
    if (name)
        escape_json(out, name);
    else
        fputs("null", out);
}

/* A section of ours: Retis's reader passes over it. */
static void print_names(struct event_json *p, const struct input_event *e)
{
    struct event_names names;

    event_names_find(p->in, e, p->frame, &names);
    if (!names.netns && !names.src && !names.dst)
        return;
    key_name(p->out, ",\"names\":{\"netns\":", names.netns);
    key_name(p->out, ",\"src\":", names.src);
    key_name(p->out, ",\"dst\":", names.dst);
    putc('}', p->out);
}

static void print_host(FILE *out, const struct input_event *e)
{
    key_known(out, ",\"host\":", e->file->info->hostname);
    key_number(out, ",\"time_ns\":", e->time_ns);
}

void event_json_print(struct event_json *p, const struct input_event *e)
{
    const struct nst_event *event = e->event;
    const struct nst_block *block = e->block;

    print_common(p->out, e);
    print_kernel(p->out, block, event);
    if (event->journey_id)
        print_journey(p->out, event);
    if (event->drop_reason != NST_NONE)
        print_drop(p->out, &block->drop_reasons[event->drop_reason]);
    if (event->state)
        print_skb(p->out, event->state);
    if (event->netns != NST_NONE)
        print_netns(p->out, &block->netns[event->netns]);
    if (event->device != NST_NONE)
        print_device(p->out, &block->devices[event->device], event->rx_ifindex);
    print_packet(p, event);
    if (p->names)
        print_names(p, e);
    if (p->hosts)
        print_host(p->out, e);
    fputs("}\n", p->out);
}
