/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The keys are an interface: nstrail(1) lists them. */
#include "config.h"

#include <arpa/inet.h>

#include "analyze/members.h"
#include "analyze/netns_words.h"

struct context {
    struct members *j;
    const struct netns_report *report;
    const struct report_netns *netns;
    const struct inventory *inventory;
};

static void put_span(const struct context *c, uint64_t first_ts_ns, uint64_t last_ts_ns)
{
    const struct anchors_span span = report_span(c->report, c->netns, first_ts_ns, last_ts_ns);

    members_number(c->j, "first_time_ns", span.earliest_ns);
    members_number(c->j, "last_time_ns", span.latest_ns);
    members_bool(c->j, "at_end",
                 c->inventory->last_ts_ns && last_ts_ns >= c->inventory->last_ts_ns);
}

static void put_or_null(struct members *j, const char *key, uint32_t value)
{
    if (value == NST_NONE)
        members_string(j, key, NULL);
    else
        members_number(j, key, value);
}

static void put_names(const struct context *c)
{
    static const char *const places[] = {"netns", "mount", "fd"};
    const struct names *names = &c->inventory->names;

    members_begin(c->j, "names", '[');
    for (size_t i = 0; i < c->netns->names.count; i++) {
        const struct nst_netns_name *name = &names->list[c->netns->names.list[i]];

        members_begin(c->j, NULL, '{');
        members_string(c->j, "name", name->name);
        members_string(c->j, "place", name->place < 3 ? places[name->place] : NULL);
        put_span(c, name->first_ts_ns, name->last_ts_ns);
        members_end(c->j, '}');
    }
    members_end(c->j, ']');
}

static void put_container(const struct context *c, size_t row)
{
    size_t count;
    const struct nst_container *x = &inventory_containers(c->inventory, &count)[row];

    members_string(c->j, "runtime", x->runtime);
    members_string(c->j, "id", x->id);
    members_string(c->j, "name", x->name);
    members_string(c->j, "image", x->image);
    members_string(c->j, "pod_namespace", x->pod_namespace);
    members_string(c->j, "pod_name", x->pod_name);
    members_string(c->j, "pod_uid", x->pod_uid);
    members_string(c->j, "pod_container", x->pod_container);
    members_number_or_null(c->j, "pid", x->pid);
    put_span(c, x->first_ts_ns, x->last_ts_ns);
}

static void put_process(const struct context *c, size_t row)
{
    size_t count;
    const struct nst_process *x = &inventory_processes(c->inventory, &count)[row];

    members_number(c->j, "pid", x->pid);
    members_number_or_null(
        c->j, "start_time_ns",
        x->start_ns ? report_time(c->report, c->netns, x->start_ns - c->inventory->asleep_ns) : 0);
    members_string(c->j, "comm", x->comm);
    members_string(c->j, "exe", x->exe);
    put_or_null(c->j, "uid", x->uid);
    members_string(c->j, "cgroup", x->cgroup);
    members_string(c->j, "cmdline", x->cmdline);
    members_bool(c->j, "session_leader", x->flags & NST_PROCESS_LEADER);
    members_bool(c->j, "pidns_init", x->flags & NST_PROCESS_INIT);
    put_span(c, x->first_ts_ns, x->last_ts_ns);
}

static void put_link(const struct context *c, const struct nst_known_device *d)
{
    const struct nst_known_device *other;

    if (!d->link_ifindex) {
        members_string(c->j, "link", NULL);
        return;
    }
    other = words_link_device(c->report, c->netns->host, d);
    members_begin(c->j, "link", '{');
    members_number_or_null(c->j, "cookie", d->link_netns.cookie);
    members_number_or_null(c->j, "inum", d->link_netns.inum);
    members_number(c->j, "ifindex", d->link_ifindex);
    members_string(c->j, "name", other ? other->name : NULL);
    members_end(c->j, '}');
}

static void put_mac(const struct context *c, const struct nst_octets *mac)
{
    members_key(c->j, "mac");
    fputs(mac->len ? "\"" : "null", c->j->out);
    words_mac(c->j->out, mac);
    fputs(mac->len ? "\"" : "", c->j->out);
}

static void put_device(const struct context *c, size_t row)
{
    size_t count;
    const struct nst_known_device *d = &inventory_devices(c->inventory, &count)[row];

    members_number(c->j, "ifindex", d->ifindex);
    members_string(c->j, "name", d->name);
    members_string(c->j, "kind", d->kind);
    put_mac(c, &d->mac);
    members_number(c->j, "mtu", d->mtu);
    members_number(c->j, "flags", d->flags);
    members_string(c->j, "operstate", words_operstate(d->operstate));
    members_number_or_null(c->j, "master", d->master);
    put_link(c, d);
    put_span(c, d->first_ts_ns, d->last_ts_ns);
}

static void put_address(const struct context *c, size_t row)
{
    size_t count;
    const struct nst_address *a = &inventory_addresses(c->inventory, &count)[row];
    char text[INET6_ADDRSTRLEN] = "";

    if (a->address.len == 4)
        inet_ntop(AF_INET, a->address.data, text, sizeof(text));
    else if (a->address.len == 16)
        inet_ntop(AF_INET6, a->address.data, text, sizeof(text));
    members_number(c->j, "ifindex", a->ifindex);
    members_string(c->j, "address", *text ? text : NULL);
    members_number(c->j, "prefix", a->prefix);
    put_span(c, a->first_ts_ns, a->last_ts_ns);
}

static void put_rows(const struct context *c, const char *key, enum inventory_kind kind,
                     void (*put)(const struct context *c, size_t row))
{
    const struct report_rows *rows = &c->netns->rows[kind];

    members_begin(c->j, key, '[');
    for (size_t i = 0; i < rows->count; i++) {
        members_begin(c->j, NULL, '{');
        put(c, rows->list[i]);
        members_end(c->j, '}');
    }
    members_end(c->j, ']');
}

/* Not every kernel tells when a namespace dies. */
static void put_gone(const struct context *c)
{
    const struct report_netns *n = c->netns;
    bool is_gone = n->flags & NST_NETNS_GONE;

    if (!is_gone && (n->is_lost || !n->is_known))
        members_string(c->j, "gone", NULL);
    else
        members_bool(c->j, "gone", is_gone);
}

static void put_netns(const struct context *c)
{
    const struct report_netns *n = c->netns;

    members_string(c->j, "hostname", c->report->hosts[n->host].hostname);
    members_number_or_null(c->j, "cookie", n->netns.cookie);
    members_number(c->j, "inum", n->netns.inum);
    members_string(c->j, "label", report_label(c->report, n->host, &n->netns, n->last_ts_ns));
    members_bool(c->j, "initial", n->flags & NST_NETNS_INITIAL);
    put_or_null(c->j, "owner_uid", n->owner_uid);
    members_number_or_null(c->j, "userns_inum", n->userns_inum);
    put_span(c, n->first_ts_ns, n->last_ts_ns);
    put_gone(c);
    members_number(c->j, "events", n->events);
    members_number(c->j, "wire_bytes", n->len_bytes);
    members_number(c->j, "drops", n->drops);
    put_names(c);
    put_rows(c, "containers", INVENTORY_CONTAINER, put_container);
    put_rows(c, "processes", INVENTORY_PROCESS, put_process);
    put_rows(c, "devices", INVENTORY_DEVICE, put_device);
    put_rows(c, "addresses", INVENTORY_ADDRESS, put_address);
}

bool netns_print_json(FILE *out, const struct netns_report *r)
{
    struct members j = {.out = out};

    members_begin(&j, NULL, '[');
    for (size_t i = 0; i < r->count; i++) {
        const struct context c = {&j, r, &r->list[i], &r->hosts[r->list[i].host].inventory};

        members_begin(&j, NULL, '{');
        put_netns(&c);
        members_end(&j, '}');
    }
    members_end(&j, ']');
    putc('\n', out);
    return true;
}
