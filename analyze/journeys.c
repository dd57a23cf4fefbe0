/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/journeys_internal.h"

#include <stdlib.h>

/* A journey becomes rows when no event of it came for this long, or when there are too many others
 * in memory. Few packets wait longer in a kernel: three seconds, for an answer of ARP, is much. */
#define IDLE_NS      (10ull * 1000 * 1000 * 1000)
#define JOURNEYS_MAX 16384u
#define BYTES_MAX    (64ull * 1024 * 1024)

#define BUCKETS (JOURNEYS_MAX * 2)

/* So many numbers are tried for one journey: a database with more captures is not expected. */
#define CANDIDATES_MAX 65536u

static const char *const statement_sql[JOURNEYS_STATEMENTS] = {
    [JOURNEYS_FIND] = "SELECT capture_id, track, packet_id FROM journey WHERE id = ?",
    [JOURNEYS_MARK] = "INSERT OR IGNORE INTO temp.journey_rebuild(id) VALUES(?)",
    /* All else is rebuilt from the events in the database: they do not say this. */
    [JOURNEYS_GUESSED] = "UPDATE journey SET guessed = max(guessed, ?2) WHERE id = ?1",
    /* The first event that came when the journey was in the database already, and its skb: if it is
     * the first of all in the end, its skb is the journey's. */
    [JOURNEYS_CAME] = "UPDATE temp.journey_rebuild SET event_id = ?2, skb = ?3"
                      " WHERE id = ?1 AND event_id IS NULL",
};

int64_t journey_row(const struct journey *journey)
{
    return journey->row;
}

struct packet_forms *journey_forms(struct journey *journey)
{
    return &journey->forms;
}

static struct journey **bucket_of(const struct journeys *js, int64_t row)
{
    uint64_t hash = (uint64_t)row * 0x9e3779b97f4a7c15u; /* Fibonacci hashing */

    return &js->buckets[(hash >> 32) % BUCKETS];
}

static struct journey *in_memory(const struct journeys *js, int64_t row)
{
    struct journey *j = *bucket_of(js, row);

    while (j && j->row != row)
        j = j->chain;
    return j;
}

static void unlink_age(struct journeys *js, struct journey *j)
{
    *(j->older ? &j->older->younger : &js->oldest) = j->younger;
    *(j->younger ? &j->younger->older : &js->youngest) = j->older;
}

static void link_youngest(struct journeys *js, struct journey *j)
{
    j->older = js->youngest;
    j->younger = NULL;
    *(js->youngest ? &js->youngest->younger : &js->oldest) = j;
    js->youngest = j;
}

static void forget(struct journeys *js, struct journey *j)
{
    struct journey **link = bucket_of(js, j->row);

    while (*link != j)
        link = &(*link)->chain;
    *link = j->chain;
    unlink_age(js, j);
    packet_rows_forget(js->packets, &j->forms);
    free(j);
    js->count--;
}

int journeys_write_hop(struct journeys *js, int64_t row, uint32_t ordinal,
                       const struct hop_stay *stay)
{
    struct batch *b = js->hops;

    batch_put(b, row);
    batch_put(b, ordinal);
    batch_put(b, stay->netns);
    batch_put(b, (int64_t)stay->entered_ts_ns);
    batch_put(b, (int64_t)(stay->left_clock_ns - stay->entered_clock_ns));
    batch_put(b, stay->events);
    batch_put(b, stay->first_event);
    batch_put_unless(b, stay->prev_netns == 0, stay->prev_netns);
    batch_put_unless(b, stay->prev_netns == 0, stay->latency_ns);
    return batch_end_row(b);
}

int64_t journey_duration_ns(const struct journey *j)
{
    return (int64_t)(j->last_clock_ns - j->first_clock_ns);
}

static int write_journey(struct journeys *js, const struct journey *j)
{
    struct batch *b = js->rows;

    batch_put(b, j->row);
    batch_put(b, j->capture);
    batch_put(b, (int64_t)j->track);
    batch_put(b, (int64_t)j->first_mono_ns);
    batch_put(b, (int64_t)j->first_head);
    batch_put(b, (int64_t)j->first_skb);
    batch_put(b, (int64_t)j->first_ts_ns);
    batch_put(b, (int64_t)j->last_ts_ns);
    batch_put(b, journey_duration_ns(j));
    batch_put(b, j->events);
    batch_put(b, j->trail.stays);
    batch_put(b, j->drops);
    batch_put(b, j->guessed);
    batch_put(b, j->len_bytes);
    batch_put(b, j->packet);
    batch_put_unless(b, j->trail.stays == 0, j->trail.first_netns);
    batch_put_unless(b, j->trail.stays == 0, j->trail.open.netns);
    return batch_end_row(b);
}

static int amend_journey(struct journeys *js, const struct journey *j)
{
    sqlite3_stmt *guessed = js->statements[JOURNEYS_GUESSED], *came = js->statements[JOURNEYS_CAME];
    int code;

    sqlite3_bind_int64(guessed, 1, j->row);
    sqlite3_bind_int(guessed, 2, j->guessed);
    code = db_run(guessed);
    sqlite3_bind_int64(came, 1, j->row);
    sqlite3_bind_int64(came, 2, j->first_event);
    sqlite3_bind_int64(came, 3, (int64_t)j->first_skb);
    return code ? code : db_run(came);
}

/* From memory into the tables. */
static int evict(struct journeys *js, struct journey *j)
{
    int code = SQLITE_OK;

    if (j->stored) {
        code = amend_journey(js, j);
    } else {
        code = write_journey(js, j);
        if (!code && j->trail.stays)
            code = journeys_write_hop(js, j->row, j->trail.stays, &j->trail.open);
    }
    js->evicted = true;
    if (j->last_clock_ns > js->evicted_clock_ns)
        js->evicted_clock_ns = j->last_clock_ns;
    forget(js, j);
    return code;
}

static int evict_some(struct journeys *js, uint64_t now_ns)
{
    int code = SQLITE_OK;

    while (!code && js->count > 1 &&
           (js->count > JOURNEYS_MAX || packet_rows_held(js->packets) > BYTES_MAX ||
            (now_ns > js->oldest->last_ts_ns && now_ns - js->oldest->last_ts_ns > IDLE_NS)))
        code = evict(js, js->oldest);
    return code;
}

/* Whether the event's journey, which is not in memory, may have rows. Asking the database for every
 * new journey would cost a tenth of the import. A journey that begins with this event has none, as
 * no number is used for two of them. */
static bool may_be_stored(const struct journeys *js, const struct nst_event *event)
{
    if (js->existing)
        return true;
    if (!js->evicted)
        return false;
    return !js->alone || event->ts_ns != event->journey_ts_ns ||
           event->ts_ns <= js->evicted_clock_ns;
}

static struct journey *create(struct journeys *js, int64_t row, int64_t capture,
                              const struct nst_event *event)
{
    struct journey *j = calloc(1, sizeof(*j));
    struct journey **bucket = bucket_of(js, row);

    if (!j)
        return NULL;
    j->row = row;
    j->capture = capture;
    j->track = event->journey_id;
    j->first_mono_ns = event->journey_ts_ns;
    j->first_head = event->journey_head;
    j->chain = *bucket;
    *bucket = j;
    link_youngest(js, j);
    js->count++;
    return j;
}

/* SQLITE_ROW: the row is this journey's, and *journey is in memory again. SQLITE_DONE: there is no
 * such row. SQLITE_OK: it is another journey's. */
static int from_table(struct journeys *js, int64_t row, int64_t capture,
                      const struct nst_event *event, struct journey **journey)
{
    sqlite3_stmt *s = js->statements[JOURNEYS_FIND];
    int64_t packet;
    int code = batch_flush(js->rows);

    if (code)
        return code;
    sqlite3_bind_int64(s, 1, row);
    code = sqlite3_step(s);
    if (code != SQLITE_ROW) {
        sqlite3_reset(s);
        return code;
    }
    if (sqlite3_column_int64(s, 0) != capture ||
        (uint64_t)sqlite3_column_int64(s, 1) != event->journey_id)
        return sqlite3_reset(s);
    packet = sqlite3_column_int64(s, 2);
    sqlite3_reset(s);

    *journey = create(js, row, capture, event);
    if (!*journey)
        return SQLITE_NOMEM;
    (*journey)->stored = true;
    sqlite3_bind_int64(js->statements[JOURNEYS_MARK], 1, row);
    code = db_run(js->statements[JOURNEYS_MARK]);
    if (!code)
        code = packet_rows_recall(js->packets, packet, &(*journey)->forms);
    return code ? code : SQLITE_ROW;
}

static int64_t candidate(const struct nst_event *event, int64_t capture, uint32_t n)
{
    return (int64_t)(event->journey_id + n * ((uint64_t)capture << 48));
}

int journeys_find(struct journeys *js, int64_t capture, const struct nst_event *event,
                  struct journey **journey)
{
    bool ask = may_be_stored(js, event);

    for (uint32_t n = 0; n < CANDIDATES_MAX; n++) {
        int64_t row = candidate(event, capture, n);
        int code = SQLITE_DONE;

        *journey = in_memory(js, row);
        if (*journey) {
            if ((*journey)->capture == capture && (*journey)->track == event->journey_id)
                return SQLITE_OK;
            continue;
        }
        if (ask)
            code = from_table(js, row, capture, event, journey);
        if (code == SQLITE_DONE) {
            *journey = create(js, row, capture, event);
            return *journey ? SQLITE_OK : SQLITE_NOMEM;
        }
        if (code != SQLITE_OK)
            return code == SQLITE_ROW ? SQLITE_OK : code;
    }
    return SQLITE_CONSTRAINT;
}

void journey_count(struct journey *j, const struct journey_event *event)
{
    if (!j->events) {
        j->first_ts_ns = event->ts_ns;
        j->first_clock_ns = event->clock_ns;
        j->first_event = event->id;
        j->first_skb = event->skb;
        j->packet = event->packet;
        j->len_bytes = event->len_bytes;
    }
    j->last_ts_ns = event->ts_ns;
    j->last_clock_ns = event->clock_ns;
    j->events++;
    j->drops += event->drop;
    j->guessed |= event->guessed;
}

int journeys_follow(struct journeys *js, struct journey *j, const struct journey_event *event)
{
    const struct hop_event at = {
        .id = event->id,
        .netns = event->netns,
        .ts_ns = event->ts_ns,
        .clock_ns = event->clock_ns,
        .sent = event->sent,
    };
    struct hop_stay finished;

    if (!hop_add(&j->trail, &at, &finished))
        return SQLITE_OK;
    return journeys_write_hop(js, j->row, j->trail.stays - 1, &finished);
}

int journeys_event(struct journeys *js, struct journey *j, const struct journey_event *event)
{
    int code = SQLITE_OK;

    journey_count(j, event);
    if (!j->stored)
        code = journeys_follow(js, j, event);
    if (js->youngest != j) {
        unlink_age(js, j);
        link_youngest(js, j);
    }
    return code ? code : evict_some(js, event->ts_ns);
}

int journeys_flush(struct journeys *js)
{
    int code = SQLITE_OK;

    while (!code && js->oldest)
        code = evict(js, js->oldest);
    if (!code)
        code = batch_flush(js->rows);
    return code ? code : batch_flush(js->hops);
}

static int prepare(struct journeys *js)
{
    int64_t existing;
    int code = db_integer(js->db, "SELECT EXISTS(SELECT 1 FROM journey)", &existing);

    js->existing = existing;
    if (!code)
        code = sqlite3_exec(js->db->handle,
                            "CREATE TEMP TABLE journey_rebuild(id INTEGER PRIMARY KEY,"
                            " event_id INTEGER, skb INTEGER)",
                            NULL, NULL, NULL);
    for (int i = 0; i < JOURNEYS_STATEMENTS && !code; i++)
        code = db_prepare(js->db, statement_sql[i], &js->statements[i]);
    if (!code)
        code = batch_open(&js->rows, js->db, "journey",
                          "id, capture_id, track, first_mono_ns, first_head, first_skb,"
                          " first_ts_ns, last_ts_ns, duration_ns, events, hops, drops, guessed,"
                          " len_bytes, packet_id, from_netns_id, to_netns_id");
    if (!code)
        code = batch_open(&js->hops, js->db, "hop",
                          "journey_id, ordinal, netns_id, entered_ts_ns, stay_ns, events,"
                          " first_event_id, prev_netns_id, latency_ns");
    return code;
}

int journeys_open(struct journeys **journeys, const struct db *db, struct packet_rows *packets,
                  unsigned captures)
{
    struct journeys *js = calloc(1, sizeof(*js));
    int code;

    if (!js)
        return SQLITE_NOMEM;
    js->db = db;
    js->packets = packets;
    js->alone = captures < 2;
    js->buckets = calloc(BUCKETS, sizeof(struct journey *));
    code = js->buckets ? prepare(js) : SQLITE_NOMEM;
    if (code) {
        journeys_close(js);
        return code;
    }
    *journeys = js;
    return SQLITE_OK;
}

void journeys_close(struct journeys *js)
{
    if (!js)
        return;
    while (js->oldest)
        forget(js, js->oldest);
    for (int i = 0; i < JOURNEYS_STATEMENTS; i++)
        sqlite3_finalize(js->statements[i]);
    batch_close(js->rows);
    batch_close(js->hops);
    free(js->buckets);
    free(js);
}
