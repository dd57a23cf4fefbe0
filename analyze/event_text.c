/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/event_text.h"

#include <string.h>

#include "analyze/digits.h"
#include "analyze/escape.h"
#include "analyze/event_names.h"
#include "analyze/hexdump.h"
#include "analyze/packet.h"
#include "analyze/probe_kind.h"
#include "analyze/skb_text.h"

/* Between the parts of an event. */
static const char *separator(const struct event_text *p)
{
    return p->style.single_line ? " " : "\n  ";
}

static void end_event(struct event_text *p)
{
    fputs(p->style.single_line ? "\n" : "\n\n", p->out);
}

static void print_known(FILE *out, const char *text)
{
    escape_text(out, text ? text : "unknown");
}

void event_text_startup(struct event_text *p, const struct input_file *file)
{
    static const char recorder[] = "nstrail-capture ";
    const struct nst_file_info *info = file->info;
    const char *writer = info->writer;

    clock_print_aside(&p->clock, p->out, info->monotonic_ns, info->realtime_ns);
    fprintf(p->out, "%scollected with ", separator(p));
    /* The program's name in one word, as Retis's own. */
    if (writer && !strncmp(writer, recorder, sizeof(recorder) - 1)) {
        fputs("nstrail ", p->out);
        writer += sizeof(recorder) - 1;
    }
    print_known(p->out, writer);
    fprintf(p->out, "%son machine ", separator(p));
    print_known(p->out, info->kernel_release);
    putc(' ', p->out);
    print_known(p->out, info->kernel_version);
    putc(' ', p->out);
    print_known(p->out, info->machine);
    fprintf(p->out, "%scmdline ", separator(p));
    print_known(p->out, info->command_line);
    if (p->style.hosts) {
        fprintf(p->out, "%shost ", separator(p));
        print_known(p->out, info->hostname);
    }
    end_event(p);
}

static void print_task(struct event_text *p, const struct nst_task *task)
{
    fputs(" [", p->out);
    escape_text(p->out, task->comm);
    fputs("] ", p->out);
    if (task->pid != task->tgid) {
        digits_decimal(p->out, task->pid);
        putc('/', p->out);
    }
    digits_decimal(p->out, task->tgid);
}

static void print_probe(struct event_text *p, const struct nst_probe *probe)
{
    fputs(" [", p->out);
    fputs(probe_kind_letters(probe->kind), p->out);
    fputs("] ", p->out);
    escape_text(p->out, probe->symbol);
}

static void print_journey(struct event_text *p, const struct nst_event *event)
{
    fputs(" #", p->out);
    digits_hex(p->out, event->journey_ts_ns, 1);
    digits_hex(p->out, event->journey_head, 16);
    fputs(" (skb ", p->out);
    digits_hex(p->out, event->skb, 1);
    putc(')', p->out);
}

static void print_drop(struct event_text *p, const struct nst_drop_reason *reason)
{
    fputs(" drop (reason ", p->out);
    if (reason->subsys) {
        escape_text(p->out, reason->subsys);
        putc('/', p->out);
    }
    if (reason->name)
        escape_text(p->out, reason->name);
    else
        digits_decimal(p->out, reason->number);
    putc(')', p->out);
}

/* A line for each function, or all of them in brackets. */
static void print_stack(struct event_text *p, const struct nst_block *block, uint32_t stack)
{
    const char *before = p->style.single_line ? " [" : "\n    ";

    for (uint32_t i = stack; i != NST_NONE; i = block->frames[i].caller) {
        fputs(before, p->out);
        escape_text(p->out, block->frames[i].name);
        if (p->style.single_line)
            before = ", ";
    }
    if (p->style.single_line && stack != NST_NONE)
        putc(']', p->out);
}

static void print_packet(struct event_text *p, const struct nst_event *event)
{
    /* Its VLAN tag has no place in the bytes: it is shown as if behind an Ethernet header, which
     * there was none of. */
    bool bare_tag = event->flags & NST_EVENT_L3 && event->vlan_proto;
    struct packet packet;
    struct frame frame;

    if (!frame_get(event, bare_tag ? FRAME_ETHERNET : FRAME_ANY, p->frame, &frame))
        return;
    packet_decode(&frame, &packet);
    fputs(separator(p), p->out);
    packet_print(p->out, &packet, p->style.link_layer && !bare_tag ? PACKET_PRINT_LINK : 0,
                 p->style.single_line ? " " : "\n    ");
}

static void print_netns(struct event_text *p, const struct nst_netns *netns)
{
    fputs("ns ", p->out);
    if (netns->cookie) {
        fputs("0x", p->out);
        digits_hex(p->out, netns->cookie, 1);
        putc('/', p->out);
    }
    digits_decimal(p->out, netns->inum);
}

static void print_device(struct event_text *p, const struct nst_device *device, uint32_t rx_ifindex)
{
    fputs("if ", p->out);
    digits_decimal(p->out, device->ifindex);
    if (*device->name) {
        fputs(" (", p->out);
        escape_text(p->out, device->name);
        putc(')', p->out);
    }
    if (rx_ifindex) {
        fputs(" rxif ", p->out);
        digits_decimal(p->out, rx_ifindex);
    }
}

static void print_name(FILE *out, const char *word, const char *name)
{
    if (!name)
        return;
    fputs(word, out);
    escape_text(out, name);
}

static void print_names(struct event_text *p, const struct input_event *e)
{
    struct event_names names;

    event_names_find(p->in, e, p->frame, &names);
    print_name(p->out, " netns ", names.netns);
    print_name(p->out, " src ", names.src);
    print_name(p->out, " dst ", names.dst);
}

/* Namespace and device share a line. */
static void print_place(struct event_text *p, const struct input_event *e)
{
    const struct nst_event *event = e->event;
    const struct nst_netns *netns = NULL;
    const struct nst_device *device = NULL;

    if (event->netns != NST_NONE)
        netns = &e->block->netns[event->netns];
    if (event->device != NST_NONE)
        device = &e->block->devices[event->device];
    if (!netns && !device)
        return;
    fputs(separator(p), p->out);
    if (netns)
        print_netns(p, netns);
    if (netns && device)
        putc(' ', p->out);
    if (device)
        print_device(p, device, event->rx_ifindex);
    if (p->style.names)
        print_names(p, e);
}

/* Last of all, as tcpdump has them. */
static void print_bytes(struct event_text *p, const struct nst_event *event)
{
    unsigned times = p->style.ascii ? p->style.ascii : p->style.hex;
    struct packet packet;
    struct frame frame;
    uint32_t skip = 0;

    if (!times || !frame_get(event, FRAME_ANY, p->frame, &frame))
        return;
    if (times == 1) {
        packet_decode(&frame, &packet);
        skip = packet_link_bytes(&packet);
    }
    hexdump(p->out, frame.data + skip, frame.caplen - skip,
            p->style.single_line ? "\n\t" : separator(p), p->style.ascii);
}

void event_text_print(struct event_text *p, const struct input_event *e)
{
    const struct nst_event *event = e->event;

    clock_print(&p->clock, p->out, event->ts_ns, e->time_ns);
    fputs(" (", p->out);
    digits_decimal(p->out, event->cpu);
    putc(')', p->out);
    if (event->task != NST_NONE)
        print_task(p, &e->block->tasks[event->task]);
    print_probe(p, &e->block->probes[event->probe]);
    if (event->journey_id)
        print_journey(p, event);
    if (event->drop_reason != NST_NONE)
        print_drop(p, &e->block->drop_reasons[event->drop_reason]);
    print_stack(p, e->block, event->stack);
    print_packet(p, event);
    print_place(p, e);
    if (event->state) {
        fputs(separator(p), p->out);
        skb_text(p->out, event->state);
    }
    if (p->style.hosts) {
        fprintf(p->out, "%shost ", separator(p));
        print_known(p->out, e->file->info->hostname);
    }
    print_bytes(p, event);
    end_event(p);
}
