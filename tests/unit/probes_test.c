/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Probes as users write them, one by one and in profiles, and the list that comes of it. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "capture/probe_spec.h"
#include "capture/probes.h"
#include "capture/profile.h"
#include "tests/unit/tap.h"

static struct tap tap;
static struct nst_error err;

static void means(const char *text, uint32_t kind, const char *group, const char *name, bool stack)
{
    struct probe_spec spec;
    bool good = !probe_spec_parse(&spec, text, &err);

    tap_ok(&tap,
           good && spec.kind == kind && !strcmp(spec.group, group) && !strcmp(spec.name, name) &&
               spec.stack == stack,
           text);
}

static void refused(const char *text)
{
    struct probe_spec spec;

    tap_ok(&tap, probe_spec_parse(&spec, text, &err) < 0, *text ? text : "nothing");
}

static void test_specs(void)
{
    char name[200];

    means("tp:net:netif_rx", NST_PROBE_RAW_TRACEPOINT, "net", "netif_rx", false);
    means("net:netif_*", NST_PROBE_RAW_TRACEPOINT, "net", "netif_*", false);
    means("raw_tracepoint:*:?", NST_PROBE_RAW_TRACEPOINT, "*", "?", false);
    means("ip_rcv", NST_PROBE_KPROBE, "", "ip_rcv", false);
    means("kprobe:ip_rcv/stack", NST_PROBE_KPROBE, "", "ip_rcv", true);
    means("k:ip_*", NST_PROBE_KPROBE, "", "ip_*", false);
    means("kr:ip_rcv", NST_PROBE_KRETPROBE, "", "ip_rcv", false);
    means("fentry:ip_rcv", NST_PROBE_FENTRY, "", "ip_rcv", false);
    means("skb:kfree_skb/stack", NST_PROBE_RAW_TRACEPOINT, "skb", "kfree_skb", true);
    refused("");
    refused("/stack");
    refused("tp:");
    refused("tp:net");
    refused("tp:net:");
    refused("tp::netif_rx");
    refused("kprobe:");
    refused("kprobe:a:b");
    refused("net:a:b");
    refused("ip_rcv/");
    refused("ip_rcv/stack/stack");
    memset(name, 'n', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    refused(name);
}

static int parse(struct profile *profile, const char *text)
{
    return profile_parse(profile, "file", text, strlen(text), &err);
}

static void test_profiles(void)
{
    struct profile profile;
    static const char *const ours[] = {"default", "drop", "ifdump", "stack"};

    tap_ok(&tap,
           !parse(&profile, "# a\n\n  tp:net:a # b\r\n\tk:c/stack") && profile.count == 2 &&
               !strcmp(profile.specs[0].name, "a") && profile.specs[1].stack,
           "comments, blanks, and a last line without an end");
    profile_free(&profile);
    tap_ok(&tap, !parse(&profile, "") && !profile.count, "an empty profile");
    tap_ok(&tap,
           parse(&profile, "tp:net:a\nsecret:x:y\n") < 0 && strstr(err.text, "file:2:") &&
               !strstr(err.text, "secret"),
           "an error says where, and not what stands there");
    tap_ok(&tap, profile_parse(&profile, "file", "k:a\0b", 5, &err) < 0, "refused: a NUL");
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        tap_ok(&tap, !profile_read(&profile, ours[i], &err) && profile.count, ours[i]);
        profile_free(&profile);
    }
    tap_ok(&tap, profile_read(&profile, "none_such", &err) < 0 && strstr(err.text, "ifdump"),
           "an unknown name: those that there are");
    tap_ok(&tap, profile_read(&profile, "/", &err) < 0, "refused: a folder");
    tap_ok(&tap, profile_read(&profile, "/dev/zero", &err) < 0, "refused: a device");
}

static int add(struct probes *probes, const char *symbol, uint64_t place)
{
    struct probe probe = {.kind = NST_PROBE_RAW_TRACEPOINT,
                          .symbol = strdup(symbol),
                          .recorded = true,
                          .stack = place & EV_PLACE_STACK,
                          .place = place};

    return probes_add(probes, &probe);
}

static void test_list(void)
{
    struct probes probes;
    const struct probe *other;

    probes_init(&probes, &err);
    tap_ok(&tap, probes.count == EV_PROBE_OTHER && !probes.list[EV_PROBE_KFREE].recorded,
           "the fixed ones are there, and not recorded");
    add(&probes, "skb:kfree_skb", 0);
    tap_ok(&tap, probes.count == EV_PROBE_OTHER && probes.list[EV_PROBE_KFREE].recorded,
           "asking for a fixed one records it");
    add(&probes, "net:netif_rx", 2 << EV_PLACE_SKB_SHIFT);
    add(&probes, "net:netif_rx", EV_PLACE_STACK);
    other = &probes.list[EV_PROBE_OTHER];
    tap_ok(&tap,
           probes.count == EV_PROBE_OTHER + 1 && other->stack &&
               ev_place_probe(other->place) == EV_PROBE_OTHER && ev_place_skb(other->place) == 2 &&
               other->place & EV_PLACE_STACK,
           "another one twice is one, with its stack");
    tap_ok(&tap, !strcmp(probe_name(other), "netif_rx") && probes_have_stacks(&probes) &&
                     !probes_have_kprobes(&probes),
           "what they are");
    probes_free(&probes);
}

int main(void)
{
    test_specs();
    test_profiles();
    test_list();
    return tap_done(&tap);
}
