/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What of a kernel, as its BTF describes it, a probe can be put on, and which of that is chosen. */
#include "config.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/probe_select.h"
#include "capture/probe_spec.h"
#include "capture/probes.h"
#include "capture/targets.h"
#include "tests/unit/tap.h"

static struct tap tap;
static struct nst_error err;
static char folder[] = "/tmp/nstrail-choose.XXXXXX";
static struct targets *targets;

/* What parameters are, a letter each. */
static struct {
    int number, skb, constant_skb, net, device, sock, constant_sock, pair;
} types;

static int type_of(char letter)
{
    switch (letter) {
    case 'p':
        return types.skb;
    case 'c':
        return types.constant_skb;
    case 'n':
        return types.net;
    case 'd':
        return types.device;
    case 's':
        return types.sock;
    case 'k':
        return types.constant_sock;
    case 'S':
        return types.pair;
    }
    return types.number;
}

static int add_prototype(struct btf *btf, const char *parameters)
{
    int proto = btf__add_func_proto(btf, types.number);

    for (; *parameters; parameters++)
        btf__add_func_param(btf, "p", type_of(*parameters));
    return proto;
}

static void add_function(struct btf *btf, const char *name, const char *parameters)
{
    btf__add_func(btf, name, BTF_FUNC_STATIC, add_prototype(btf, parameters));
}

/* Its first parameter is not passed on. */
static void add_tracepoint(struct btf *btf, const char *name, const char *parameters)
{
    btf__add_typedef(btf, name, btf__add_ptr(btf, add_prototype(btf, parameters)));
}

static void add_types(struct btf *btf)
{
    int skb = btf__add_struct(btf, "sk_buff", 8), net = btf__add_struct(btf, "net", 8);
    int device = btf__add_struct(btf, "net_device", 8), sock = btf__add_struct(btf, "sock", 8);

    types.number = btf__add_int(btf, "long", 8, 0);
    types.pair = btf__add_struct(btf, "pair", 16);
    types.skb = btf__add_ptr(btf, skb);
    types.constant_skb = btf__add_const(btf, btf__add_ptr(btf, btf__add_const(btf, skb)));
    types.net = btf__add_ptr(btf, net);
    types.device = btf__add_ptr(btf, device);
    types.sock = btf__add_ptr(btf, sock);
    types.constant_sock = btf__add_const(btf, btf__add_ptr(btf, btf__add_const(btf, sock)));
}

static void add_kernel(struct btf *btf)
{
    add_types(btf);
    add_function(btf, "no_packet", "xxn");
    add_function(btf, "at_1", "pxd");
    add_function(btf, "at_5", "nxxxc");
    add_function(btf, "at_6", "xxxxxp");
    add_function(btf, "at_8", "xxxxxxxp");
    add_function(btf, "at_9", "xxxxxxxxp");
    add_function(btf, "late_netns", "pxxxxn");
    add_function(btf, "sk_before", "sp");
    add_function(btf, "sk_constant", "pxk");
    add_function(btf, "sk_first", "kps");
    add_function(btf, "sk_and_netns", "nsp");
    add_function(btf, "sk_late", "pxxxxs");
    add_function(btf, "sk_late_netns", "psxxxd");
    add_function(btf, "sk_behind_struct", "pSs");
    add_function(btf, "sk_alone", "xs");
    add_function(btf, "behind_pair", "xSp");
    add_function(btf, "before_pair", "pSn");
    add_function(btf, "namesake", "p");
    add_function(btf, "namesake", "p");
    add_function(btf, "__traceiter_netif_rx", "xp");
    add_tracepoint(btf, "btf_trace_netif_rx", "xp");
    add_tracepoint(btf, "btf_trace_net_dev_xmit", "xp");
    add_tracepoint(btf, "btf_trace_tcp_send_reset", "xkp");
    add_tracepoint(btf, "btf_trace_kfree_skb", "xpxxxxx");
    add_tracepoint(btf, "btf_trace_consume_skb", "xxxxxxxp");
}

static bool save(const struct btf *btf, const char *name)
{
    char path[sizeof(folder) + 32];
    __u32 length;
    const void *data = btf__raw_data(btf, &length);
    FILE *file;
    bool good;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = data ? fopen(path, "w") : NULL;
    good = file && fwrite(data, 1, length, file) == length;
    return file && !fclose(file) && good;
}

static void forget(const char *name)
{
    char path[sizeof(folder) + 32];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    unlink(path);
}

static bool describe(void)
{
    struct btf *kernel = btf__new_empty(), *module;
    bool good;

    add_kernel(kernel);
    module = btf__new_empty_split(kernel);
    add_function(module, "of_module", "xp");
    good = mkdtemp(folder) && save(kernel, "vmlinux") && save(module, "some_module") &&
           !targets_read(&targets, folder, &err);
    btf__free(module);
    btf__free(kernel);
    forget("vmlinux");
    forget("some_module");
    rmdir(folder);
    return good;
}

static struct probes probes;

static int choose(const char *text)
{
    struct probe_spec spec;

    err.text[0] = '\0';
    probes_free(&probes);
    return probes_init(&probes, &err) || probe_spec_parse(&spec, text, &err)
               ? -1
               : probe_select(&probes, &spec, targets, &err);
}

/* Which functions are chosen, each with the number of its skb, its namespace and, if it has one,
 * its socket: "NAME/1/0 NAME/2/0/sock1 ...". */
static void chooses(const char *text, const char *wanted)
{
    char got[512] = "";
    size_t used = 0;

    if (!choose(text))
        for (uint32_t i = EV_PROBE_OTHER; i < probes.count && used < sizeof(got); i++) {
            const struct probe *probe = &probes.list[i];

            used +=
                snprintf(got + used, sizeof(got) - used, "%s%s/%u/%s%u", used ? " " : "",
                         probe->symbol, ev_place_skb(probe->place) + 1,
                         probe->place & EV_PLACE_DEVICE ? "dev" : "", ev_place_netns(probe->place));
            if (ev_place_sock(probe->place) && used < sizeof(got))
                used += snprintf(got + used, sizeof(got) - used, "/sock%u",
                                 ev_place_sock(probe->place));
        }
    if (!tap_ok(&tap, !strcmp(got, wanted), text))
        printf("# got: %s %s\n# wanted: %s\n", got, err.text, wanted);
}

static void refuses(const char *text, const char *words)
{
    if (!tap_ok(&tap, choose(text) == -ENOENT && strstr(err.text, words), text))
        printf("# said: %s\n# wanted: %s\n", err.text, words);
}

static void test_functions(void)
{
    chooses("kprobe:at_*", "at_1/1/dev3 at_5/5/1");
    chooses("kretprobe:at_*", "at_1/1/dev3 at_5/5/1");
    chooses("fentry:at_*", "at_1/1/dev3 at_5/5/1 at_6/6/0 at_8/8/0");
    chooses("kprobe:late_netns", "late_netns/1/0");
    chooses("fentry:late_netns", "late_netns/1/6");
    chooses("kprobe:*_pair", "before_pair/1/0");
    chooses("fentry:*_pair", "before_pair/1/0");
    chooses("kprobe:namesake", "namesake/1/0");
    chooses("kprobe:of_*", "of_module/2/0");
    tap_ok(&tap, !probes.list[EV_PROBE_OTHER].btf_id,
           "a module's function has no type of the kernel's");
    chooses("kprobe:at_1/stack", "at_1/1/dev3");
    tap_ok(&tap, probes.list[EV_PROBE_OTHER].stack && probes.list[EV_PROBE_OTHER].btf_id,
           "with its stack");
}

static void test_sockets(void)
{
    chooses("kprobe:sk_*", "sk_and_netns/3/1/sock2 sk_before/2/0/sock1 sk_behind_struct/1/0 "
                           "sk_constant/1/0/sock3 sk_first/2/0/sock1 sk_late/1/0 "
                           "sk_late_netns/1/0/sock2");
    chooses("kretprobe:sk_late*", "sk_late/1/0 sk_late_netns/1/0/sock2");
    chooses("fentry:sk_late*", "sk_late/1/0/sock6 sk_late_netns/1/dev6/sock2");
    chooses("tcp:*", "tcp:tcp_send_reset/2/0/sock1");
    refuses("kprobe:sk_alone", "this function has no packet");
}

static void test_tracepoints(void)
{
    chooses("net:netif_*", "net:netif_rx/1/0");
    tap_ok(&tap,
           !choose("skb:*") && probes.count == EV_PROBE_OTHER &&
               probes.list[EV_PROBE_KFREE].recorded && probes.list[EV_PROBE_CONSUME].recorded,
           "those that are always there, however many parameters they have");
    refuses("net:net_dev_xmit", "the packet may be gone");
    refuses("net:nothing", "no such tracepoint");
    refuses("nett:netif_rx", "there are those of net skb tcp");
}

static void test_words(void)
{
    refuses("kprobe:at_6", "kprobe:at_6: the packet is parameter 6 of at_6, and a kprobe sees the "
                           "first 5; fentry");
    refuses("kretprobe:at_[68]", "the packet is parameter 6 of at_6");
    refuses("kprobe:at_9", "at_9: this function has no packet");
    refuses("kprobe:no_packet", "this function has no packet");
    refuses("kprobe:behind_pair", "this function has no packet");
    refuses("kprobe:__traceiter_netif_rx", "this function has no packet");
    refuses("kprobe:at_7", "did you mean at_1, at_5");
    tap_ok(&tap, !strstr(err.text, "at_6"), "but not what a kprobe cannot see");
    refuses("fentry:at_7", "did you mean at_1, at_5, at_6");
}

static void test_list(void)
{
    const struct target late = {.skb = EV_REGISTER_PARAMETERS}, early = {.skb = 4};

    tap_ok(&tap,
           probe_select_sees_packet(NST_PROBE_KPROBE, &early) &&
               !probe_select_sees_packet(NST_PROBE_KPROBE, &late) &&
               !probe_select_sees_packet(NST_PROBE_KRETPROBE, &late) &&
               probe_select_sees_packet(NST_PROBE_FENTRY, &late) &&
               probe_select_sees_packet(NST_PROBE_RAW_TRACEPOINT, &late),
           "which probes see what");
}

int main(void)
{
    if (tap_ok(&tap, describe(), "BTF of a kernel and a module")) {
        test_functions();
        test_sockets();
        test_tracepoints();
        test_words();
        test_list();
        probes_free(&probes);
        targets_free(targets);
    } else {
        printf("# said: %s\n", err.text);
    }
    return tap_done(&tap);
}
