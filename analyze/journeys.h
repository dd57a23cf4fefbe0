/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rows of the tables journey and hop, from the events of an import.
 *
 * A journey is in memory while events of it arrive and becomes rows when none came for a while,
 * so memory does not grow with the capture. When it goes on after that, or had begun in a file
 * that was imported earlier, its rows are made anew from its events once the indexes stand:
 * journeys_rebuild(). So the result does not depend on the order of imports.
 *
 * The id of a row is the recorder's id of the journey (the column track), unless that number is
 * another capture's in this database. Then the importer looks for a free one, in a fixed
 * sequence that begins with the number of the capture in its upper 16 bits.
 */
#ifndef NST_ANALYZE_JOURNEYS_H
#define NST_ANALYZE_JOURNEYS_H

#include "analyze/db.h"
#include "analyze/packet_rows.h"

struct journeys;
struct journey;

/* captures: how many of them this import reads. packets stays the caller's. */
int journeys_open(struct journeys **journeys, const struct db *db, struct packet_rows *packets,
                  unsigned captures);
void journeys_close(struct journeys *journeys);

/* The event's journey, which has one; valid until the next call. */
int journeys_find(struct journeys *journeys, int64_t capture, const struct nst_event *event,
                  struct journey **journey);
int64_t journey_row(const struct journey *journey);
struct packet_forms *journey_forms(struct journey *journey);

/* What the tables keep of an event. */
struct journey_event {
    int64_t id; /* row ids; 0: none */
    int64_t netns;
    int64_t packet;
    uint64_t ts_ns; /* since 1970 */
    uint64_t clock_ns;
    uint64_t skb;
    uint32_t len_bytes;
    bool drop, guessed;
    bool sent; /* see hop_is_sent() */
};

int journeys_event(struct journeys *journeys, struct journey *journey,
                   const struct journey_event *event);

/* Writes those that are still in memory. */
int journeys_flush(struct journeys *journeys);
/* Makes the rows anew that the events of this import have changed; the last, as it needs indexes.
 */
int journeys_rebuild(struct journeys *journeys);

#endif
