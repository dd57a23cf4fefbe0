/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The packet bytes of a block as they come: each packet in full once, then as "the same" or as
 * a patch. Internal. */
#ifndef NST_FORMAT_PACKETS_H
#define NST_FORMAT_PACKETS_H

#include "format/layout.h"
#include "format/nstrail.h"

/* Above 256 KiB of payload a block compresses no better, below it worse. */
#define NST_PAYLOAD_FULL (256u * 1024)

struct packets {
    /* The PKT frame as it will be: room for its table, the full packets; the patches come
     * behind them in the end. */
    uint8_t *frame;
    size_t full_len;
    uint8_t *patches;
    size_t patches_len;
    uint8_t *patched; /* packets as their patches made them, to compare with what follows */
    size_t patched_len;
};

/* What is known of a packet: its bytes at its last event. */
struct known_packet {
    const uint8_t *bytes;
    uint32_t len;
    uint8_t flags; /* enum nst_event_flag */
};

int nst_packets_init(struct packets *p);
void nst_packets_free(struct packets *p);
void nst_packets_clear(struct packets *p);
/* There may be no room for one more. */
bool nst_packets_full(const struct packets *p);

/* Stores the event's bytes, and makes them what is known. begins: nothing is known yet. */
enum packet_mode nst_packets_put(struct packets *p, struct known_packet *known,
                                 const struct nst_event *ev, bool begins);

/* Completes p->frame; answers its length, 0: there were no packets. */
size_t nst_packets_finish(struct packets *p);

#endif
