/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Makes the rows of journeys anew from their events: of those that went on after they had become
 * rows, or had begun in a file that was imported earlier.
 */
#include "config.h"

#include "analyze/journeys_internal.h"

#include "analyze/clock_rows.h"

enum statement {
    MARKED,
    EVENTS,
    DELETE_HOPS,
    FIRST_SKB,
    UPDATE,
    STATEMENTS,
};

static const char *const statement_sql[STATEMENTS] = {
    [MARKED] = "SELECT id, event_id, skb FROM temp.journey_rebuild",
    /* In the order in which they would have come in one import: by time, at equal times by the
     * place of their files in the capture, within a file by their ids. */
    [EVENTS] = "SELECT e.id, e.netns_id, e.ts_ns, e.drop_reason_id IS NOT NULL, e.len_bytes,"
               " e.packet_id, p.symbol, " CLOCK_ROWS_EVENT_NS " AS mono_ns"
               " FROM event e JOIN file f ON f.id = e.file_id"
               " LEFT JOIN probe p ON p.id = e.probe_id"
               " WHERE e.journey_id = ? ORDER BY mono_ns, f.sequence, e.id",
    [DELETE_HOPS] = "DELETE FROM hop WHERE journey_id = ?",
    [FIRST_SKB] = "UPDATE journey SET first_skb = ?2 WHERE id = ?1",
    [UPDATE] = "UPDATE journey SET first_ts_ns = ?2, last_ts_ns = ?3, duration_ns = ?4,"
               " events = ?5, hops = ?6, drops = ?7, len_bytes = ?8, packet_id = ?9,"
               " from_netns_id = ?10, to_netns_id = ?11 WHERE id = ?1",
};

struct rebuild {
    struct journeys *journeys;
    sqlite3_stmt *statements[STATEMENTS];
};

static int replay_events(const struct rebuild *r, struct journey *j)
{
    sqlite3_stmt *s = r->statements[EVENTS];
    int code = SQLITE_OK;

    sqlite3_bind_int64(s, 1, j->row);
    while (!code && sqlite3_step(s) == SQLITE_ROW) {
        const char *probe = (const char *)sqlite3_column_text(s, 6);
        const struct journey_event event = {
            .id = sqlite3_column_int64(s, 0),
            .netns = sqlite3_column_int64(s, 1),
            .ts_ns = (uint64_t)sqlite3_column_int64(s, 2),
            .clock_ns = (uint64_t)sqlite3_column_int64(s, 7),
            .drop = sqlite3_column_int(s, 3),
            .len_bytes = (uint32_t)sqlite3_column_int64(s, 4),
            .packet = sqlite3_column_int64(s, 5),
            .sent = probe && hop_is_sent(probe),
        };

        journey_count(j, &event);
        code = journeys_follow(r->journeys, j, &event);
    }
    if (code)
        sqlite3_reset(s);
    else
        code = sqlite3_reset(s);
    return code;
}

static int update_journey(const struct rebuild *r, const struct journey *j)
{
    sqlite3_stmt *s = r->statements[UPDATE];

    sqlite3_bind_int64(s, 1, j->row);
    sqlite3_bind_int64(s, 2, (int64_t)j->first_ts_ns);
    sqlite3_bind_int64(s, 3, (int64_t)j->last_ts_ns);
    sqlite3_bind_int64(s, 4, journey_duration_ns(j));
    sqlite3_bind_int64(s, 5, j->events);
    sqlite3_bind_int64(s, 6, j->trail.stays);
    sqlite3_bind_int64(s, 7, j->drops);
    sqlite3_bind_int64(s, 8, j->len_bytes);
    sqlite3_bind_int64(s, 9, j->packet);
    db_bind_unless(s, 10, j->trail.stays == 0, j->trail.first_netns);
    db_bind_unless(s, 11, j->trail.stays == 0, j->trail.open.netns);
    return db_run(s);
}

/* Events have no skb in the database, so it does not come with the replay. */
static int update_first_skb(const struct rebuild *r, int64_t row, int64_t skb)
{
    sqlite3_stmt *s = r->statements[FIRST_SKB];

    sqlite3_bind_int64(s, 1, row);
    sqlite3_bind_int64(s, 2, skb);
    return db_run(s);
}

/* came: the first event that came when the journey had rows already, and its skb. */
static int rebuild_journey(const struct rebuild *r, int64_t row, int64_t came, int64_t skb)
{
    struct journey j = {.row = row};
    int code;

    sqlite3_bind_int64(r->statements[DELETE_HOPS], 1, row);
    code = db_run(r->statements[DELETE_HOPS]);
    if (!code)
        code = replay_events(r, &j);
    if (!code && j.trail.stays)
        code = journeys_write_hop(r->journeys, row, j.trail.stays, &j.trail.open);
    if (!code && j.first_event == came)
        code = update_first_skb(r, row, skb);
    return code ? code : update_journey(r, &j);
}

static int rebuild_marked(const struct rebuild *r)
{
    sqlite3_stmt *marked = r->statements[MARKED];
    int code = SQLITE_OK;

    while (!code && sqlite3_step(marked) == SQLITE_ROW)
        code = rebuild_journey(r, sqlite3_column_int64(marked, 0), sqlite3_column_int64(marked, 1),
                               sqlite3_column_int64(marked, 2));
    if (code)
        sqlite3_reset(marked);
    else
        code = sqlite3_reset(marked);
    return code ? code : batch_flush(r->journeys->hops);
}

int journeys_rebuild(struct journeys *js)
{
    struct rebuild r = {.journeys = js};
    int code = SQLITE_OK;

    for (int i = 0; i < STATEMENTS && !code; i++)
        code = db_prepare(js->db, statement_sql[i], &r.statements[i]);
    if (!code)
        code = rebuild_marked(&r);
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(r.statements[i]);
    return code;
}
