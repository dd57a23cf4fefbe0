/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/netns_words.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "analyze/escape.h"
#include "analyze/inventory_life.h"

/* As much of an id as docker ps shows. */
#define SHORT_ID 12

#define NS_PER_S  UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

void words_netns(FILE *out, const struct nst_netns *netns)
{
    if (netns->cookie)
        fprintf(out, "0x%" PRIx64 "/", netns->cookie);
    fprintf(out, "%" PRIu32, netns->inum);
}

void words_netns_label(FILE *out, const struct netns_report *r, unsigned host,
                       const struct nst_netns *netns, uint64_t ts_ns)
{
    const char *label = report_label(r, host, netns, ts_ns);

    if (label)
        escape_text(out, label);
    else
        words_netns(out, netns);
}

void words_address(FILE *out, const struct nst_address *address)
{
    char text[INET6_ADDRSTRLEN] = "?";

    if (address->address.len == 4)
        inet_ntop(AF_INET, address->address.data, text, sizeof(text));
    else if (address->address.len == 16)
        inet_ntop(AF_INET6, address->address.data, text, sizeof(text));
    fprintf(out, "%s/%u", text, address->prefix);
}

void words_mac(FILE *out, const struct nst_octets *mac)
{
    for (unsigned i = 0; i < mac->len; i++)
        fprintf(out, "%s%02x", i ? ":" : "", mac->data[i]);
}

void words_container(FILE *out, const struct nst_container *c)
{
    char id[SHORT_ID + 1];

    if (c->pod_name) {
        escape_text(out, c->pod_namespace ? c->pod_namespace : "");
        putc('/', out);
        escape_text(out, c->pod_name);
    } else if (c->name) {
        escape_text(out, c->name);
    } else {
        snprintf(id, sizeof(id), "%s", c->id);
        escape_text(out, id);
    }
}

/* Without a namespace of its own it is in the same one. */
static const struct nst_netns *link_netns(const struct nst_known_device *d)
{
    return d->link_netns.inum ? &d->link_netns : &d->netns;
}

const struct nst_known_device *words_link_device(const struct netns_report *r, unsigned host,
                                                 const struct nst_known_device *d)
{
    return inventory_device(&r->hosts[host].inventory, link_netns(d), d->link_ifindex,
                            d->last_ts_ns);
}

void words_link(FILE *out, const struct netns_report *r, unsigned host,
                const struct nst_known_device *d, const char *to_end, const char *to_below)
{
    const struct nst_known_device *other;
    bool is_veth = d->kind && !strcmp(d->kind, "veth");

    if (!d->link_ifindex)
        return;
    other = words_link_device(r, host, d);
    fputs(is_veth ? to_end : to_below, out);
    if (is_veth && !d->link_netns.inum) {
        fputs("?/", out);
        other = NULL;
    } else if (is_veth || link_netns(d) != &d->netns) {
        words_netns_label(out, r, host, link_netns(d), d->last_ts_ns);
        putc('/', out);
    }
    if (other)
        escape_text(out, other->name);
    else
        fprintf(out, "%" PRIu32, d->link_ifindex);
}

static void relative(FILE *out, uint64_t base_ns, uint64_t time_ns)
{
    uint64_t ns = time_ns - base_ns;

    if (time_ns <= base_ns)
        fputs("start", out);
    else
        fprintf(out, "+%" PRIu64 ".%03u", ns / NS_PER_S, (unsigned)(ns % NS_PER_S / NS_PER_MS));
}

void words_first(FILE *out, const struct netns_report *r, const struct report_netns *n,
                 uint64_t first_ts_ns, uint64_t last_ts_ns)
{
    relative(out, r->base_ns, report_span(r, n, first_ts_ns, last_ts_ns).earliest_ns);
}

void words_last(FILE *out, const struct netns_report *r, const struct report_netns *n,
                uint64_t first_ts_ns, uint64_t last_ts_ns)
{
    uint64_t end_ns = r->hosts[n->host].inventory.last_ts_ns;

    if (end_ns && last_ts_ns >= end_ns)
        fputs("end", out);
    else
        relative(out, r->base_ns, report_span(r, n, first_ts_ns, last_ts_ns).latest_ns);
}

const char *words_operstate(uint8_t operstate)
{
    static const char *const states[] = {
        NULL, "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up",
    };

    return operstate < sizeof(states) / sizeof(states[0]) ? states[operstate] : NULL;
}

bool words_is_local(const struct nst_address *a)
{
    static const uint8_t loopback6[16] = {[15] = 1};

    if (a->address.len == 4)
        return a->address.data[0] == 127;
    if (a->address.len != 16)
        return false;
    for (unsigned i = 0; i < 16; i++)
        if (a->address.data[i] != loopback6[i])
            return a->address.data[0] == 0xfe && (a->address.data[1] & 0xc0) == 0x80;
    return true;
}
