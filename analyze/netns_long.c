/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All that is known of each namespace, a line each thing. */
#include "config.h"

#include <inttypes.h>

#include "analyze/escape.h"
#include "analyze/inventory_life.h"
#include "analyze/message.h"
#include "analyze/netns_words.h"

static void label(FILE *out, const char *text)
{
    fprintf(out, "  %-10s ", text);
}

/* When a thing was there, if it was not there all the time that the namespace was. */
static void print_span(FILE *out, const struct netns_report *r, const struct report_netns *n,
                       uint64_t first_ts_ns, uint64_t last_ts_ns)
{
    if (first_ts_ns > n->first_ts_ns || last_ts_ns < n->last_ts_ns) {
        fputs(", ", out);
        words_first(out, r, n, first_ts_ns, last_ts_ns);
        fputs(" to ", out);
        words_last(out, r, n, first_ts_ns, last_ts_ns);
    }
    putc('\n', out);
}

static void word(FILE *out, const char *before, const char *text)
{
    if (!text)
        return;
    fputs(before, out);
    escape_text(out, text);
}

static void print_names(FILE *out, const struct netns_report *r, const struct report_netns *n)
{
    const struct names *names = &r->hosts[n->host].inventory.names;

    for (size_t i = 0; i < n->names.count; i++) {
        const struct nst_netns_name *name = &names->list[n->names.list[i]];

        label(out, name->place == NST_PLACE_NETNS   ? "Name"
                   : name->place == NST_PLACE_MOUNT ? "Bound to"
                                                    : "Open as");
        escape_text(out, name->name);
        print_span(out, r, n, name->first_ts_ns, name->last_ts_ns);
    }
}

static void print_container(FILE *out, const struct netns_report *r, const struct report_netns *n,
                            size_t row)
{
    size_t count;
    const struct inventory *inv = &r->hosts[n->host].inventory;
    const struct nst_container *c = &inventory_containers(inv, &count)[row];

    label(out, "Container");
    escape_text(out, c->name ? c->name : c->pod_container ? c->pod_container : "(no name)");
    word(out, " of pod ", c->pod_namespace);
    word(out, c->pod_namespace ? "/" : " of pod ", c->pod_name);
    word(out, ", ", c->runtime);
    word(out, ", id ", c->id);
    word(out, ", image ", c->image);
    word(out, ", pod uid ", c->pod_uid);
    if (c->pid)
        fprintf(out, ", pid %" PRIu32, c->pid);
    print_span(out, r, n, inventory_since(inv, INVENTORY_CONTAINER, row), c->last_ts_ns);
}

static void print_process(FILE *out, const struct netns_report *r, const struct report_netns *n,
                          size_t row)
{
    size_t count;
    const struct inventory *inv = &r->hosts[n->host].inventory;
    const struct nst_process *p = &inventory_processes(inv, &count)[row];

    label(out, "Process");
    fprintf(out, "%" PRIu32, p->pid);
    word(out, " ", p->comm);
    if (p->uid != NST_NONE)
        fprintf(out, ", uid %" PRIu32, p->uid);
    word(out, ", ", p->exe);
    word(out, ", cgroup ", p->cgroup);
    word(out, ", command line ", p->cmdline);
    print_span(out, r, n, inventory_since(inv, INVENTORY_PROCESS, row), p->last_ts_ns);
}

static void print_addresses(FILE *out, const struct netns_report *r, const struct report_netns *n,
                            uint32_t ifindex)
{
    size_t count;
    const struct inventory *inv = &r->hosts[n->host].inventory;
    const struct nst_address *all = inventory_addresses(inv, &count);
    const struct report_rows rows = report_rows_ranked(r, n, INVENTORY_ADDRESS, ifindex);

    for (size_t i = 0; i < rows.count; i++) {
        const struct nst_address *a = &all[rows.list[i]];

        if (!inventory_is_latest(inv, INVENTORY_ADDRESS, rows.list[i]))
            continue;
        label(out, "");
        fputs("  ", out);
        words_address(out, a);
        print_span(out, r, n, inventory_since(inv, INVENTORY_ADDRESS, rows.list[i]), a->last_ts_ns);
    }
}

static void print_device(FILE *out, const struct netns_report *r, const struct report_netns *n,
                         size_t row)
{
    size_t count;
    const struct inventory *inv = &r->hosts[n->host].inventory;
    const struct nst_known_device *d = &inventory_devices(inv, &count)[row];
    const struct nst_known_device *master =
        d->master ? inventory_device(inv, &d->netns, d->master, d->last_ts_ns) : NULL;

    label(out, "Device");
    fprintf(out, "%" PRIu32 " ", d->ifindex);
    escape_text(out, d->name);
    word(out, ", ", d->kind);
    if (d->mac.len) {
        fputs(", ", out);
        words_mac(out, &d->mac);
    }
    fprintf(out, ", mtu %" PRIu32, d->mtu);
    word(out, ", ", words_operstate(d->operstate));
    if (master)
        word(out, ", port of ", master->name);
    words_link(out, r, n->host, d, ", wired to ", ", on ");
    print_span(out, r, n, inventory_since(inv, INVENTORY_DEVICE, row), d->last_ts_ns);
    print_addresses(out, r, n, d->ifindex);
}

static void print_latest(FILE *out, const struct netns_report *r, const struct report_netns *n,
                         enum inventory_kind kind,
                         void (*print)(FILE *out, const struct netns_report *r,
                                       const struct report_netns *n, size_t row))
{
    const struct report_rows *rows = &n->rows[kind];

    for (size_t i = 0; i < rows->count; i++)
        if (inventory_is_latest(&r->hosts[n->host].inventory, kind, rows->list[i]))
            print(out, r, n, rows->list[i]);
}

static void print_head(FILE *out, const struct netns_report *r, const struct report_netns *n)
{
    words_netns(out, &n->netns);
    word(out, " ", report_label(r, n->host, &n->netns, n->last_ts_ns));
    if (r->hosts_count > 1)
        word(out, ", on ", r->hosts[n->host].hostname);
    putc('\n', out);
    label(out, "Seen");
    words_first(out, r, n, n->first_ts_ns, n->last_ts_ns);
    fputs(" to ", out);
    words_last(out, r, n, n->first_ts_ns, n->last_ts_ns);
    if (n->flags & NST_NETNS_GONE)
        fputs(", then it was gone", out);
    else if (n->is_lost)
        fputs(", then no more", out);
    putc('\n', out);
    label(out, "Events");
    fprintf(out, "%" PRIu64 ", %" PRIu64 " byte%s, %" PRIu64 " drop%s\n", n->events, n->len_bytes,
            MESSAGE_PLURAL(n->len_bytes), n->drops, MESSAGE_PLURAL(n->drops));
}

bool netns_print_long(FILE *out, const struct netns_report *r)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct report_netns *n = &r->list[i];

        if (i)
            putc('\n', out);
        print_head(out, r, n);
        if (n->owner_uid != NST_NONE || n->userns_inum) {
            label(out, "Owner");
            if (n->owner_uid != NST_NONE)
                fprintf(out, "uid %" PRIu32, n->owner_uid);
            if (n->userns_inum)
                fprintf(out, "%suser namespace %" PRIu32, n->owner_uid == NST_NONE ? "" : ", ",
                        n->userns_inum);
            putc('\n', out);
        }
        print_names(out, r, n);
        print_latest(out, r, n, INVENTORY_CONTAINER, print_container);
        print_latest(out, r, n, INVENTORY_PROCESS, print_process);
        print_latest(out, r, n, INVENTORY_DEVICE, print_device);
    }
    return true;
}
