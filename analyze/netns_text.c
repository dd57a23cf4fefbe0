/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Namespaces as lsns(8) lists them. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/escape.h"
#include "analyze/netns_words.h"

enum {
    CELL_HOST,
    CELL_COOKIE,
    CELL_INUM,
    CELL_NAME,
    CELL_CONTAINER,
    CELL_PROCESSES,
    CELL_PID,
    CELL_COMMAND,
    CELL_DEVICES,
    CELL_ADDRESSES,
    CELL_FIRST,
    CELL_LAST,
    CELL_EVENTS,
    CELL_BYTES,
    CELL_DROPS,
    CELLS,
};

static const struct {
    const char *title;
    bool right;
} cells[CELLS] = {
    [CELL_HOST] = {"HOST", false},
    [CELL_COOKIE] = {"COOKIE", true},
    [CELL_INUM] = {"INUM", true},
    [CELL_NAME] = {"NAME", false},
    [CELL_CONTAINER] = {"CONTAINER", false},
    [CELL_PROCESSES] = {"PROCS", true},
    [CELL_PID] = {"PID", true},
    [CELL_COMMAND] = {"COMMAND", false},
    [CELL_DEVICES] = {"DEVICES", false},
    [CELL_ADDRESSES] = {"ADDRESSES", false},
    [CELL_FIRST] = {"FIRST", true},
    [CELL_LAST] = {"LAST", true},
    [CELL_EVENTS] = {"EVENTS", true},
    [CELL_BYTES] = {"BYTES", true},
    [CELL_DROPS] = {"DROPS", true},
};

/* What a cell shows of a list, before it says how many more there are. */
#define LIST_SHOWN 3

struct list {
    FILE *out;
    size_t shown, left_out;
};

/* False: there are enough. */
static bool list_next(struct list *l)
{
    if (l->shown == LIST_SHOWN) {
        l->left_out++;
        return false;
    }
    if (l->shown++)
        putc(',', l->out);
    return true;
}

static void list_end(const struct list *l)
{
    if (l->left_out)
        fprintf(l->out, ",+%zu", l->left_out);
}

static void put_names(FILE *out, const struct netns_report *r, const struct report_netns *n)
{
    const struct names *names = &r->hosts[n->host].inventory.names;
    struct list l = {.out = out};
    bool any = false;

    for (size_t i = 0; i < n->names.count; i++)
        any |= names->list[n->names.list[i]].place == NST_PLACE_NETNS;
    if (!any && n->flags & NST_NETNS_INITIAL && list_next(&l))
        fputs("host", out);
    for (size_t i = 0; i < n->names.count; i++) {
        const struct nst_netns_name *name = &names->list[n->names.list[i]];

        if ((name->place == NST_PLACE_NETNS) == any && list_next(&l))
            escape_text(out, name->name);
    }
    list_end(&l);
}

static bool same_pod(const struct nst_container *a, const struct nst_container *b)
{
    return a->pod_name && a->pod_name == b->pod_name && a->pod_namespace == b->pod_namespace;
}

/* A pod's containers share the namespace: it is said once. */
static void put_containers(FILE *out, const struct netns_report *r, const struct report_netns *n)
{
    size_t count;
    const struct nst_container *all = inventory_containers(&r->hosts[n->host].inventory, &count);
    const struct report_rows *rows = &n->rows[INVENTORY_CONTAINER];
    struct list l = {.out = out};

    for (size_t i = 0; i < rows->count; i++) {
        const struct nst_container *c = &all[rows->list[i]];
        bool said = false;

        for (size_t j = 0; j < i && !said; j++)
            said = same_pod(c, &all[rows->list[j]]) || all[rows->list[j]].id == c->id;
        if (!said && list_next(&l))
            words_container(out, c);
    }
    list_end(&l);
}

static void put_devices(FILE *out, const struct netns_report *r, const struct report_netns *n)
{
    size_t count;
    const struct inventory *inv = &r->hosts[n->host].inventory;
    const struct nst_known_device *all = inventory_devices(inv, &count);
    const struct report_rows *rows = &n->rows[INVENTORY_DEVICE];
    struct list l = {.out = out};

    for (size_t i = 0; i < rows->count; i++)
        if (inventory_is_latest(inv, INVENTORY_DEVICE, rows->list[i]) && list_next(&l))
            escape_text(out, all[rows->list[i]].name);
    list_end(&l);
}

static void put_addresses(FILE *out, const struct netns_report *r, const struct report_netns *n)
{
    size_t count;
    const struct inventory *inv = &r->hosts[n->host].inventory;
    const struct nst_address *all = inventory_addresses(inv, &count);
    const struct report_rows *rows = &n->rows[INVENTORY_ADDRESS];
    struct list l = {.out = out};

    for (size_t i = 0; i < rows->count; i++) {
        const struct nst_address *a = &all[rows->list[i]];

        if (inventory_is_latest(inv, INVENTORY_ADDRESS, rows->list[i]) && !words_is_local(a) &&
            list_next(&l))
            words_address(out, a);
    }
    list_end(&l);
}

/* How many processes there were, and the one with the lowest pid, as lsns has it. */
static const struct nst_process *first_process(const struct netns_report *r,
                                               const struct report_netns *n, size_t *processes)
{
    size_t count;
    const struct inventory *inv = &r->hosts[n->host].inventory;
    const struct nst_process *all = inventory_processes(inv, &count), *first = NULL;
    const struct report_rows *rows = &n->rows[INVENTORY_PROCESS];

    *processes = 0;
    for (size_t i = 0; i < rows->count; i++) {
        const struct nst_process *p = &all[rows->list[i]];

        if (!inventory_is_latest(inv, INVENTORY_PROCESS, rows->list[i]))
            continue;
        ++*processes;
        if (!first || p->pid < first->pid)
            first = p;
    }
    return first;
}

static void put_process(FILE *out, const struct netns_report *r, const struct report_netns *n,
                        int cell)
{
    size_t count;
    const struct nst_process *first = first_process(r, n, &count);

    if (!first)
        return;
    if (cell == CELL_PROCESSES)
        fprintf(out, "%zu", count);
    else if (cell == CELL_PID)
        fprintf(out, "%" PRIu32, first->pid);
    else
        escape_text(out, first->cmdline ? first->cmdline : first->comm ? first->comm : "");
}

static void put_cell(FILE *out, const struct netns_report *r, const struct report_netns *n,
                     int cell)
{
    switch (cell) {
    case CELL_HOST:
        escape_text(out, r->hosts[n->host].hostname ? r->hosts[n->host].hostname : "");
        break;
    case CELL_COOKIE:
        if (n->netns.cookie)
            fprintf(out, "0x%" PRIx64, n->netns.cookie);
        break;
    case CELL_INUM:
        fprintf(out, "%" PRIu32, n->netns.inum);
        break;
    case CELL_NAME:
        put_names(out, r, n);
        break;
    case CELL_CONTAINER:
        put_containers(out, r, n);
        break;
    case CELL_PROCESSES:
    case CELL_PID:
    case CELL_COMMAND:
        put_process(out, r, n, cell);
        break;
    case CELL_DEVICES:
        put_devices(out, r, n);
        break;
    case CELL_ADDRESSES:
        put_addresses(out, r, n);
        break;
    case CELL_FIRST:
        words_first(out, r, n, n->first_ts_ns, n->last_ts_ns);
        break;
    case CELL_LAST:
        words_last(out, r, n, n->first_ts_ns, n->last_ts_ns);
        break;
    case CELL_EVENTS:
        fprintf(out, "%" PRIu64, n->events);
        break;
    case CELL_BYTES:
        fprintf(out, "%" PRIu64, n->len_bytes);
        break;
    case CELL_DROPS:
        fprintf(out, "%" PRIu64, n->drops);
        break;
    }
}

/* NULL: no memory. */
static char *cell_text(const struct netns_report *r, const struct report_netns *n, int cell)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    put_cell(out, r, n, cell);
    if (!ftell(out))
        putc('-', out);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

/* In columns of a terminal, as far as counting characters tells. */
static int width_of(const char *text)
{
    int width = 0;

    for (; *text; text++)
        width += (*text & 0xc0) != 0x80;
    return width;
}

static void print_cell(FILE *out, const char *text, int cell, int width)
{
    int pad = width - width_of(text);

    if (cells[cell].right)
        fprintf(out, "%*s", pad, "");
    fputs(text, out);
    if (!cells[cell].right && cell + 1 < CELLS)
        fprintf(out, "%*s", pad, "");
    putc(cell + 1 < CELLS ? ' ' : '\n', out);
}

/* Hosts are told where there are several. */
static void print_rows(FILE *out, char *const *texts, size_t rows, bool hosts)
{
    int widths[CELLS];

    for (int cell = 0; cell < CELLS; cell++) {
        widths[cell] = width_of(cells[cell].title);
        for (size_t i = 0; i < rows; i++)
            if (width_of(texts[i * CELLS + (size_t)cell]) > widths[cell])
                widths[cell] = width_of(texts[i * CELLS + (size_t)cell]);
    }
    for (int cell = !hosts; cell < CELLS; cell++)
        print_cell(out, cells[cell].title, cell, widths[cell]);
    for (size_t i = 0; i < rows; i++)
        for (int cell = !hosts; cell < CELLS; cell++)
            print_cell(out, texts[i * CELLS + (size_t)cell], cell, widths[cell]);
}

bool netns_print_table(FILE *out, const struct netns_report *r)
{
    size_t count = r->count * CELLS;
    char **texts = calloc(count + 1, sizeof(*texts));
    bool ok = texts;

    for (size_t i = 0; ok && i < count; i++) {
        texts[i] = cell_text(r, &r->list[i / CELLS], (int)(i % CELLS));
        ok = texts[i];
    }
    if (ok)
        print_rows(out, texts, r->count, r->hosts_count > 1);
    for (size_t i = 0; texts && i < count; i++)
        free(texts[i]);
    free(texts);
    return ok;
}
