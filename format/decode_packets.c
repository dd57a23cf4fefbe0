/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The packet bytes of a block's events. */
#include "config.h"

#include "format/decode.h"

#include <errno.h>

#include "format/error.h"
#include "format/layout.h"
#include "format/patch.h"

/* Answers the event's packet; NULL: what the file says makes none. *patched is where the
 * next patched packet goes. */
static const uint8_t *take_packet(struct frame *frame, const struct nst_event *ev,
                                  const struct trace *t, uint8_t **patched)
{
    const struct nst_event *prev = ev - t->back;
    int shift = nst_patch_shift(ev->flags, prev->flags);
    uint8_t *p = *patched;

    switch (t->mode) {
    case MODE_FULL:
        return cursor_take(&frame->columns[COLUMN_PACKET_FULL], ev->caplen_bytes);
    case MODE_SAME:
        if (shift < 0 || (uint64_t)ev->caplen_bytes + (uint32_t)shift > prev->caplen_bytes)
            return NULL;
        return prev->packet + shift;
    default:
        nst_patch_expect(p, ev->caplen_bytes, prev->packet, prev->caplen_bytes, shift);
        *patched += ev->caplen_bytes;
        return nst_patch_apply(&frame->columns[COLUMN_PACKET_PATCH], p, ev->caplen_bytes) ? p
                                                                                          : NULL;
    }
}

static int take_packets(struct decoder *d, struct nst_event *events, uint32_t count,
                        uint8_t *patched, struct nst_error *err)
{
    uint32_t i;

    for (i = 0; i < count; i++) {
        if (d->traces[i].mode == MODE_NONE)
            continue;
        events[i].packet = take_packet(&d->frame, &events[i], &d->traces[i], &patched);
        if (!events[i].packet)
            return nst_fail(err, -EBADMSG, "event %u: its packet cannot be put together", i);
    }
    return nst_frame_finish(&d->frame, NST_COLUMN_IDS, err);
}

int nst_decode_packets(struct decoder *d, struct content *content, const struct block_header *h,
                       const uint8_t *pkt, struct nst_error *err)
{
    struct nst_event *events = (struct nst_event *)content->block.events;
    struct buffer *plain = &content->packets;
    int ret = nst_decode_inflate(&h->pkt, pkt, plain, d->patched, err);
    uint32_t i;

    if (ret == 0)
        ret = nst_frame_parse(&d->frame, plain->data, plain->len, err);
    if (ret == 0)
        ret = take_packets(d, events, h->info.events, plain->data + plain->len, err);
    for (i = 0; ret < 0 && i < h->info.events; i++)
        events[i].packet = NULL;
    return ret;
}
