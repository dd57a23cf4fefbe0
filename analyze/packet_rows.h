/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows of the table packet: what an event recorded of its packet, once for events of a journey
 * that recorded the same. */
#ifndef NST_ANALYZE_PACKET_ROWS_H
#define NST_ANALYZE_PACKET_ROWS_H

#include "analyze/db.h"
#include "format/nstrail.h"

/* The last few forms of a journey's packet. A router changes a packet now and then, and hardly ever
 * back to what it was. */
#define PACKET_FORMS 4

struct packet_form {
    int64_t row;
    uint8_t layer;
    bool cut;
    uint16_t vlan_proto, vlan_tci;
    uint32_t length;
    const uint8_t *bytes; /* a copy, in what a journey keeps */
};

/* Zero-initialise it. */
struct packet_forms {
    struct packet_form forms[PACKET_FORMS];
    unsigned count, next;
};

struct packet_rows;

int packet_rows_open(struct packet_rows **rows, const struct db *db);
void packet_rows_close(struct packet_rows *rows);

/* The row of an event; forms are its journey's, NULL where it has none. */
int packet_rows_event(struct packet_rows *rows, const struct nst_event *event,
                      struct packet_forms *forms, int64_t *id);
/* Makes a row that is there already one of the journey's forms. */
int packet_rows_recall(struct packet_rows *rows, int64_t id, struct packet_forms *forms);

void packet_rows_forget(struct packet_rows *rows, struct packet_forms *forms);
/* Bytes of memory in the forms of all journeys. */
uint64_t packet_rows_held(const struct packet_rows *rows);

#endif
