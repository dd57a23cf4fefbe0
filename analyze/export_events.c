/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From events to the packets of the export, and which of them it has. */
#include "config.h"

#include "analyze/export_internal.h"

#include <assert.h>

#include "analyze/message.h"
#include "analyze/skb.h"
#include "analyze/stream.h"

static_assert(EXPORT_COMMENT_MAX <= PCAPNG_TEXT_MAX, "a comment fits");

static void make_frame(struct exporter *x, const struct nst_event *event, struct pcapng_packet *out)
{
    bool raw = export_is_raw(x, event);
    struct frame frame;

    if (frame_get(event, raw ? FRAME_ANY : FRAME_ETHERNET, x->frame, &frame)) {
        out->data = frame.data;
        out->caplen = frame.caplen < x->snaplen ? frame.caplen : x->snaplen;
        out->len = frame.len > frame.caplen ? frame.len : frame.caplen;
    } else {
        /* Recorded without bytes: that it passed, and when and where, is still worth a line. */
        out->len = event->len_bytes;
        if (event->flags & NST_EVENT_L3 && !raw)
            out->len += FRAME_ETHERNET_BYTES;
    }
}

/* Each packet once a (device, direction), each drop always. */
static bool is_wanted(struct exporter *x, const struct export_block *cached,
                      const struct input_event *e, uint32_t interface)
{
    const struct nst_event *event = e->event;
    const struct export_probe *probe = &cached->probes[event->probe];
    struct dedup_sighting where = {
        .origin = x->origins.of_file[e->file->index],
        .interface = interface,
        .direction = probe->direction,
        .probe = probe->number,
    };

    if (x->wanted->all_events || event->drop_reason != NST_NONE)
        return true;
    /* LOOPBACK_IFINDEX: the kernel gives it to every namespace's loopback device and to no
     * other. */
    where.loopback = event->device != NST_NONE && e->block->devices[event->device].ifindex == 1;
    if (!where.loopback && !x->several_probes)
        return true;
    return dedup_keeps(&x->dedup, event->journey_id, &where);
}

static uint32_t offload_of(const struct nst_skb *skb)
{
    uint32_t flags = skb_is_tcp_gso(skb) ? PCAPNG_TCP_OFFLOADED : 0;

    if (skb->ip_summed == NST_CSUM_PARTIAL)
        flags |= PCAPNG_CHECKSUM_NOT_READY;
    if (skb->ip_summed == NST_CSUM_UNNECESSARY)
        flags |= PCAPNG_CHECKSUM_VALID;
    return flags;
}

static int write_event(struct exporter *x, struct export_block *cached, const struct input_event *e)
{
    const struct nst_event *event = e->event;
    struct pcapng_packet packet = {.time_ns = e->time_ns, .id = event->journey_id};
    char *comment;

    packet.interface = export_interface_at(x, cached, e, event->ts_ns);
    if (packet.interface == NST_NONE ||
        (!export_has_words(cached, event) && !export_make_words(cached, x->in, event)))
        return export_no_memory();
    if (!is_wanted(x, cached, e, packet.interface))
        return STATUS_OK;
    /* Wireshark takes a packet without a length for a malformed one. */
    if (!event->len_bytes && !x->wanted->all_events) {
        x->left_out++;
        return STATUS_OK;
    }
    make_frame(x, event, &packet);
    packet.direction = cached->probes[event->probe].direction;
    packet.offload = event->state ? offload_of(event->state) : 0;
    packet.dropped = x->lost;
    x->lost = 0;
    comment = pcapng_packet(x->out, &packet);
    pcapng_comment(
        x->out, comment,
        export_comment(cached, event, export_is_raw(x, event) && event->vlan_proto, comment));
    interfaces_count(&x->interfaces, packet.interface, e->time_ns);
    return STATUS_OK;
}

static int write_run(struct exporter *x, const struct input_run *run)
{
    int status = STATUS_OK;
    struct export_block *cached;
    bool fresh;

    cached = export_cache_get(&x->cache, run->file, run->block, &fresh);
    if (!cached)
        return export_no_memory();
    if (fresh)
        x->lost += origin_lost(&x->origins.list[x->origins.of_file[run->file->index]],
                               run->block->info.lost);
    for (uint32_t i = 0; i < run->count && status == STATUS_OK; i++) {
        struct input_event event = input_run_event(run, i);

        status = write_event(x, cached, &event);
    }
    return status;
}

int export_events(struct exporter *x)
{
    struct input_run run;
    int status = STATUS_OK;

    while (status == STATUS_OK && !stream_error(x->out) && input_next_run(x->in, &run))
        status = write_run(x, &run);
    return status;
}
