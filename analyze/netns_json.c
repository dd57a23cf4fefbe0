/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The keys are an interface: nstrail(1) lists them. */
#include "config.h"

#include <arpa/inet.h>

#include "analyze/json_writer.h"
#include "analyze/netns_words.h"

struct context {
    struct json_writer *j;
    const struct netns_report *report;
    const struct report_netns *netns;
    const struct inventory *inventory;
};

static void put_span(const struct context *c, uint64_t first_ts_ns, uint64_t last_ts_ns)
{
    const struct anchors_span span = report_span(c->report, c->netns, first_ts_ns, last_ts_ns);

    json_number(c->j, "first_time_ns", span.earliest_ns);
    json_number(c->j, "last_time_ns", span.latest_ns);
    json_bool(c->j, "at_end", c->inventory->last_ts_ns && last_ts_ns >= c->inventory->last_ts_ns);
}

static void put_or_null(struct json_writer *j, const char *key, uint32_t value)
{
    if (value == NST_NONE)
        json_string(j, key, NULL);
    else
        json_number(j, key, value);
}

static void put_names(const struct context *c)
{
    static const char *const places[] = {"netns", "mount", "fd"};
    const struct names *names = &c->inventory->names;

    json_begin(c->j, "names", '[');
    for (size_t i = 0; i < c->netns->names.count; i++) {
        const struct nst_netns_name *name = &names->list[c->netns->names.list[i]];

        json_begin(c->j, NULL, '{');
        json_string(c->j, "name", name->name);
        json_string(c->j, "place", name->place < 3 ? places[name->place] : NULL);
        put_span(c, name->first_ts_ns, name->last_ts_ns);
        json_end(c->j, '}');
    }
    json_end(c->j, ']');
}

static void put_container(const struct context *c, size_t row)
{
    size_t count;
    const struct nst_container *x = &inventory_containers(c->inventory, &count)[row];

    json_string(c->j, "runtime", x->runtime);
    json_string(c->j, "id", x->id);
    json_string(c->j, "name", x->name);
    json_string(c->j, "image", x->image);
    json_string(c->j, "pod_namespace", x->pod_namespace);
    json_string(c->j, "pod_name", x->pod_name);
    json_string(c->j, "pod_uid", x->pod_uid);
    json_string(c->j, "pod_container", x->pod_container);
    json_number_or_null(c->j, "pid", x->pid);
    put_span(c, x->first_ts_ns, x->last_ts_ns);
}

static void put_process(const struct context *c, size_t row)
{
    size_t count;
    const struct nst_process *x = &inventory_processes(c->inventory, &count)[row];

    json_number(c->j, "pid", x->pid);
    json_number_or_null(
        c->j, "start_time_ns",
        x->start_ns ? report_time(c->report, c->netns, x->start_ns - c->inventory->asleep_ns) : 0);
    json_string(c->j, "comm", x->comm);
    json_string(c->j, "exe", x->exe);
    put_or_null(c->j, "uid", x->uid);
    json_string(c->j, "cgroup", x->cgroup);
    json_string(c->j, "cmdline", x->cmdline);
    json_bool(c->j, "session_leader", x->flags & NST_PROCESS_LEADER);
    json_bool(c->j, "pidns_init", x->flags & NST_PROCESS_INIT);
    put_span(c, x->first_ts_ns, x->last_ts_ns);
}

static void put_link(const struct context *c, const struct nst_known_device *d)
{
    const struct nst_known_device *other;

    if (!d->link_ifindex) {
        json_string(c->j, "link", NULL);
        return;
    }
    other = words_link_device(c->report, c->netns->host, d);
    json_begin(c->j, "link", '{');
    json_number_or_null(c->j, "cookie", d->link_netns.cookie);
    json_number_or_null(c->j, "inum", d->link_netns.inum);
    json_number(c->j, "ifindex", d->link_ifindex);
    json_string(c->j, "name", other ? other->name : NULL);
    json_end(c->j, '}');
}

static void put_mac(const struct context *c, const struct nst_octets *mac)
{
    json_key(c->j, "mac");
    fputs(mac->len ? "\"" : "null", c->j->out);
    words_mac(c->j->out, mac);
    fputs(mac->len ? "\"" : "", c->j->out);
}

static void put_device(const struct context *c, size_t row)
{
    size_t count;
    const struct nst_known_device *d = &inventory_devices(c->inventory, &count)[row];

    json_number(c->j, "ifindex", d->ifindex);
    json_string(c->j, "name", d->name);
    json_string(c->j, "kind", d->kind);
    put_mac(c, &d->mac);
    json_number(c->j, "mtu", d->mtu);
    json_number(c->j, "flags", d->flags);
    json_string(c->j, "operstate", words_operstate(d->operstate));
    json_number_or_null(c->j, "master", d->master);
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
    json_number(c->j, "ifindex", a->ifindex);
    json_string(c->j, "address", *text ? text : NULL);
    json_number(c->j, "prefix", a->prefix);
    put_span(c, a->first_ts_ns, a->last_ts_ns);
}

static void put_rows(const struct context *c, const char *key, enum inventory_kind kind,
                     void (*put)(const struct context *c, size_t row))
{
    const struct report_rows *rows = &c->netns->rows[kind];

    json_begin(c->j, key, '[');
    for (size_t i = 0; i < rows->count; i++) {
        json_begin(c->j, NULL, '{');
        put(c, rows->list[i]);
        json_end(c->j, '}');
    }
    json_end(c->j, ']');
}

/* Not every kernel tells when a namespace dies. */
static void put_gone(const struct context *c)
{
    const struct report_netns *n = c->netns;
    bool is_gone = n->flags & NST_NETNS_GONE;

    if (!is_gone && (n->is_lost || !n->is_known))
        json_string(c->j, "gone", NULL);
    else
        json_bool(c->j, "gone", is_gone);
}

static void put_netns(const struct context *c)
{
    const struct report_netns *n = c->netns;

    json_string(c->j, "hostname", c->report->hosts[n->host].hostname);
    json_number_or_null(c->j, "cookie", n->netns.cookie);
    json_number(c->j, "inum", n->netns.inum);
    json_string(c->j, "label", report_label(c->report, n->host, &n->netns, n->last_ts_ns));
    json_bool(c->j, "initial", n->flags & NST_NETNS_INITIAL);
    put_or_null(c->j, "owner_uid", n->owner_uid);
    json_number_or_null(c->j, "userns_inum", n->userns_inum);
    put_span(c, n->first_ts_ns, n->last_ts_ns);
    put_gone(c);
    json_number(c->j, "events", n->events);
    json_number(c->j, "wire_bytes", n->len_bytes);
    json_number(c->j, "drops", n->drops);
    put_names(c);
    put_rows(c, "containers", INVENTORY_CONTAINER, put_container);
    put_rows(c, "processes", INVENTORY_PROCESS, put_process);
    put_rows(c, "devices", INVENTORY_DEVICE, put_device);
    put_rows(c, "addresses", INVENTORY_ADDRESS, put_address);
}

bool netns_print_json(FILE *out, const struct netns_report *r)
{
    struct json_writer j = {.out = out};

    json_begin(&j, NULL, '[');
    for (size_t i = 0; i < r->count; i++) {
        const struct context c = {&j, r, &r->list[i], &r->hosts[r->list[i].host].inventory};

        json_begin(&j, NULL, '{');
        put_netns(&c);
        json_end(&j, '}');
    }
    json_end(&j, ']');
    putc('\n', out);
    return true;
}
