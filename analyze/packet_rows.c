/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/packet_rows.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/frame.h"
#include "analyze/intern.h"
#include "analyze/packet.h"

struct packet_rows {
    const struct db *db;
    sqlite3_stmt *insert, *select;
    struct intern bare; /* rows without bytes: a handful for a whole import */
    uint64_t held;
    uint8_t frame[FRAME_MAX];
};

/* Of an event, whose own the bytes remain. */
static struct packet_form form_of(const struct nst_event *event)
{
    return (struct packet_form){
        .layer = event->flags & NST_EVENT_L3 ? 3 : 2,
        .cut = event->flags & NST_EVENT_CUT,
        .vlan_proto = event->vlan_proto,
        .vlan_tci = event->vlan_tci,
        .length = event->packet ? event->caplen_bytes : 0,
        .bytes = event->packet,
    };
}

static bool same_form(const struct packet_form *a, const struct packet_form *b)
{
    return a->length == b->length && a->layer == b->layer && a->cut == b->cut &&
           a->vlan_proto == b->vlan_proto && a->vlan_tci == b->vlan_tci &&
           memcmp(a->bytes, b->bytes, a->length) == 0;
}

static int64_t find_form(const struct packet_forms *forms, const struct packet_form *form)
{
    /* Newest first: it is the likeliest. */
    for (unsigned i = 0; i < forms->count; i++) {
        unsigned at = (forms->next + PACKET_FORMS - 1 - i) % PACKET_FORMS;

        if (same_form(&forms->forms[at], form))
            return forms->forms[at].row;
    }
    return 0;
}

static int remember_form(struct packet_rows *rows, struct packet_forms *forms,
                         const struct packet_form *form)
{
    struct packet_form *slot = &forms->forms[forms->next];
    uint8_t *bytes = malloc(form->length);

    if (!bytes)
        return SQLITE_NOMEM;
    memcpy(bytes, form->bytes, form->length);
    rows->held += form->length;
    rows->held -= slot->length;
    free((void *)slot->bytes);
    *slot = *form;
    slot->bytes = bytes;
    forms->next = (forms->next + 1) % PACKET_FORMS;
    if (forms->count < PACKET_FORMS)
        forms->count++;
    return SQLITE_OK;
}

/* Room for the two addresses as text. */
struct flow_text {
    char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
};

static void bind_flow(struct packet_rows *rows, const struct packet_flow *flow,
                      struct flow_text *text)
{
    sqlite3_stmt *s = rows->insert;
    int family = flow->family == 4 ? AF_INET : AF_INET6;

    db_bind_unless(s, 5, flow->ethertype == 0, flow->ethertype);
    db_bind_unless(s, 10, !flow->has_ports, flow->sport);
    db_bind_unless(s, 11, !flow->has_ports, flow->dport);
    db_bind_unless(s, 6, flow->family == 0, flow->family);
    db_bind_unless(s, 7, flow->family == 0, flow->protocol);
    if (flow->family == 0)
        return;
    db_bind_text(s, 8, inet_ntop(family, flow->src, text->src, sizeof(text->src)));
    db_bind_text(s, 9, inet_ntop(family, flow->dst, text->dst, sizeof(text->dst)));
}

static int insert_row(struct packet_rows *rows, const struct nst_event *event,
                      const struct packet_form *form, int64_t *id)
{
    sqlite3_stmt *s = rows->insert;
    struct packet_flow flow = {0};
    struct flow_text text;
    struct frame frame;
    int code;

    sqlite3_bind_int(s, 1, form->layer);
    db_bind_unless(s, 2, form->vlan_proto == 0, form->vlan_proto);
    db_bind_unless(s, 3, form->vlan_proto == 0, form->vlan_tci);
    sqlite3_bind_int(s, 4, form->cut);
    if (form->length && frame_get(event, FRAME_ANY, rows->frame, &frame)) {
        struct packet packet;

        packet_decode(&frame, &packet);
        packet_flow(&packet, &flow);
    }
    db_bind_text(s, 8, NULL);
    db_bind_text(s, 9, NULL);
    bind_flow(rows, &flow, &text);
    db_bind_blob(s, 12, form->length ? form->bytes : NULL, form->length);
    code = db_run(s);
    *id = sqlite3_last_insert_rowid(rows->db->handle);
    return code;
}

static int bare_row(struct packet_rows *rows, const struct nst_event *event,
                    const struct packet_form *form, int64_t *id)
{
    const uint16_t key[] = {form->layer, form->cut, form->vlan_proto, form->vlan_tci};
    int code;

    *id = intern_find(&rows->bare, key, sizeof(key));
    if (*id)
        return SQLITE_OK;
    code = insert_row(rows, event, form, id);
    if (code)
        return code;
    return intern_add(&rows->bare, key, sizeof(key), *id) ? SQLITE_OK : SQLITE_NOMEM;
}

int packet_rows_event(struct packet_rows *rows, const struct nst_event *event,
                      struct packet_forms *forms, int64_t *id)
{
    struct packet_form form = form_of(event);
    int code;

    if (!form.length)
        return bare_row(rows, event, &form, id);
    *id = forms ? find_form(forms, &form) : 0;
    if (*id)
        return SQLITE_OK;
    code = insert_row(rows, event, &form, id);
    if (code || !forms)
        return code;
    form.row = *id;
    return remember_form(rows, forms, &form);
}

int packet_rows_recall(struct packet_rows *rows, int64_t id, struct packet_forms *forms)
{
    sqlite3_stmt *s = rows->select;
    int code = SQLITE_OK;

    sqlite3_bind_int64(s, 1, id);
    if (sqlite3_step(s) == SQLITE_ROW && sqlite3_column_bytes(s, 4) > 0) {
        struct packet_form form = {
            .row = id,
            .layer = (uint8_t)sqlite3_column_int(s, 0),
            .vlan_proto = (uint16_t)sqlite3_column_int(s, 1),
            .vlan_tci = (uint16_t)sqlite3_column_int(s, 2),
            .cut = sqlite3_column_int(s, 3),
            .length = (uint32_t)sqlite3_column_bytes(s, 4),
            .bytes = sqlite3_column_blob(s, 4),
        };

        if (form.bytes)
            code = remember_form(rows, forms, &form);
    }
    return code ? (sqlite3_reset(s), code) : sqlite3_reset(s);
}

void packet_rows_forget(struct packet_rows *rows, struct packet_forms *forms)
{
    for (unsigned i = 0; i < forms->count; i++) {
        rows->held -= forms->forms[i].length;
        free((void *)forms->forms[i].bytes);
    }
    *forms = (struct packet_forms){0};
}

uint64_t packet_rows_held(const struct packet_rows *rows)
{
    return rows->held;
}

int packet_rows_open(struct packet_rows **rows, const struct db *db)
{
    struct packet_rows *r = calloc(1, sizeof(*r));
    int code;

    if (!r)
        return SQLITE_NOMEM;
    r->db = db;
    code = db_prepare(db,
                      "INSERT INTO packet(layer, vlan_proto, vlan_tci, cut, ethertype, family,"
                      " protocol, src, dst, sport, dport, bytes)"
                      " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      &r->insert);
    if (!code)
        code = db_prepare(db,
                          "SELECT layer, vlan_proto, vlan_tci, cut, bytes FROM packet"
                          " WHERE id = ?",
                          &r->select);
    if (code) {
        packet_rows_close(r);
        return code;
    }
    *rows = r;
    return SQLITE_OK;
}

void packet_rows_close(struct packet_rows *rows)
{
    if (!rows)
        return;
    sqlite3_finalize(rows->insert);
    sqlite3_finalize(rows->select);
    intern_clear(&rows->bare);
    free(rows);
}
