/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/packets.h"

#include <errno.h>
#include <stdlib.h>

#include "format/frame.h"
#include "format/patch.h"

enum {
    PATCHED_FULL = 1024 * 1024,
    HEAD_SIZE = FRAME_HEAD_SIZE + 2 * FRAME_COLUMN_SIZE,
    /* What fills a block, and one packet more. */
    ROOM = NST_PAYLOAD_FULL + NST_MAX_SNAPLEN,
};

int nst_packets_init(struct packets *p)
{
    p->frame = malloc(HEAD_SIZE + 2 * (size_t)ROOM);
    p->patches = malloc(ROOM + PATCH_OVERHEAD);
    p->patched = malloc(PATCHED_FULL + NST_MAX_SNAPLEN);
    nst_packets_clear(p);
    return p->frame && p->patches && p->patched ? 0 : -ENOMEM;
}

void nst_packets_free(struct packets *p)
{
    free(p->frame);
    free(p->patches);
    free(p->patched);
}

void nst_packets_clear(struct packets *p)
{
    p->full_len = p->patches_len = p->patched_len = 0;
}

bool nst_packets_full(const struct packets *p)
{
    return p->full_len + p->patches_len >= NST_PAYLOAD_FULL || p->patched_len >= PATCHED_FULL;
}

static void put_full(struct packets *p, struct known_packet *known, const struct nst_event *ev)
{
    uint8_t *kept = p->frame + HEAD_SIZE + p->full_len;

    memcpy(kept, ev->packet, ev->caplen_bytes);
    p->full_len += ev->caplen_bytes;
    known->bytes = kept;
}

static bool put_patch(struct packets *p, struct known_packet *known, const struct nst_event *ev,
                      int shift)
{
    uint8_t *kept = p->patched + p->patched_len;
    size_t len = ev->caplen_bytes, size;

    if (!known->len)
        return false;
    nst_patch_expect(kept, len, known->bytes, known->len, shift);
    size = nst_patch_make(p->patches + p->patches_len, kept, ev->packet, len);
    if (!size)
        return false;
    memcpy(kept, ev->packet, len);
    p->patches_len += size;
    p->patched_len += len;
    known->bytes = kept;
    return true;
}

enum packet_mode nst_packets_put(struct packets *p, struct known_packet *known,
                                 const struct nst_event *ev, bool begins)
{
    int shift = nst_patch_shift(ev->flags, known->flags);
    uint32_t len = ev->caplen_bytes;
    enum packet_mode mode = MODE_FULL;

    if (!len) {
        mode = MODE_NONE;
        known->bytes = NULL;
    } else if (!begins && shift >= 0 && (uint64_t)len + (uint32_t)shift <= known->len &&
               memcmp(known->bytes + shift, ev->packet, len) == 0) {
        mode = MODE_SAME;
        known->bytes += shift;
    } else if (!begins && put_patch(p, known, ev, shift)) {
        mode = MODE_PATCH;
    } else {
        put_full(p, known, ev);
    }
    known->len = len;
    known->flags = ev->flags;
    return mode;
}

size_t nst_packets_finish(struct packets *p)
{
    const struct column columns[] = {{.id = COLUMN_PACKET_FULL, .len = p->full_len},
                                     {.id = COLUMN_PACKET_PATCH, .len = p->patches_len}};

    if (!p->full_len && !p->patches_len)
        return 0;
    nst_frame_put_table(p->frame, columns, 2);
    memcpy(p->frame + HEAD_SIZE + p->full_len, p->patches, p->patches_len);
    return HEAD_SIZE + p->full_len + p->patches_len;
}
