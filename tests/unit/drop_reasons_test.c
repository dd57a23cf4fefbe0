/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What drop reasons are called, by a kernel's BTF and those of its modules. */
#include "config.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/drop_reasons.h"
#include "tests/unit/tap.h"

#define ROOM 8

struct value {
    const char *name;
    int64_t number;
};

static struct tap tap;

static void check(int result, const char *what)
{
    if (result >= 0)
        return;
    perror(what);
    exit(1);
}

/* values: up to one without a name. */
static void add_enum(struct btf *btf, const char *name, const struct value *values)
{
    check(btf__add_enum(btf, name, 4), name);
    for (; values->name; values++)
        check(btf__add_enum_value(btf, values->name, values->number), values->name);
}

static struct btf *new_btf(struct btf *base)
{
    struct btf *btf = base ? btf__new_empty_split(base) : btf__new_empty();

    check(btf ? 0 : -1, "BTF");
    return btf;
}

/* As Linux 6.18 has them, but for most of them. */
static struct btf *new_kernel(void)
{
    static const struct value core[] = {
        {"SKB_NOT_DROPPED_YET", 0},
        {"SKB_CONSUMED", 1},
        {"SKB_DROP_REASON_NOT_SPECIFIED", 2},
        {"SKB_DROP_REASON_NO_SOCKET", 3},
        {"SKB_DROP_REASON_TCP_CSUM", 5},
        {"SKB_DROP_REASON_UDP_CSUM", 7},
        {"SKB_DROP_REASON_MAX", 8},
        {"SKB_DROP_REASON_SUBSYS_MASK", 0xffff0000},
        {NULL, 0},
    };
    static const struct value subsys[] = {
        {"SKB_DROP_REASON_SUBSYS_CORE", 0},
        {"SKB_DROP_REASON_SUBSYS_MAC80211_UNUSABLE", 1},
        {"SKB_DROP_REASON_SUBSYS_OPENVSWITCH", 3},
        {"SKB_DROP_REASON_SUBSYS_NUM", 4},
        {NULL, 0},
    };
    struct btf *btf = new_btf(NULL);

    add_enum(btf, "skb_drop_reason", core);
    add_enum(btf, "skb_drop_reason_subsys", subsys);
    return btf;
}

static const struct value openvswitch[] = {
    {"__OVS_DROP_REASON", 3 << 16},
    {"OVS_DROP_LAST_ACTION", (3 << 16) + 1},
    {"OVS_DROP_ACTION_ERROR", (3 << 16) + 2},
    {NULL, 0},
};

static const struct value mac80211[] = {
    {"___RX_DROP_UNUSABLE", 1 << 16},
    {"RX_DROP_U_MIC_FAIL", (1 << 16) + 1},
    {NULL, 0},
};

/* A subsystem that the kernel does not name. */
static const struct value nobody[] = {
    {"NOBODY_DROP_IT", (2 << 16) + 1},
    {"NOR_THIS", (2000 << 16) + 1},
    {NULL, 0},
};

static bool same(const char *left, const char *right)
{
    return left && right ? !strcmp(left, right) : left == right;
}

static void is(const struct drop_reasons *reasons, uint32_t number, const char *subsys,
               const char *name, const char *what)
{
    struct nst_drop_reason reason = {0};

    drop_reasons_find(reasons, number, &reason);
    tap_ok(&tap, reason.number == number && same(reason.subsys, subsys) && same(reason.name, name),
           what);
}

/* first: the number of the first that the pattern means. */
static void means(const struct drop_reasons *reasons, const char *pattern, int count,
                  uint32_t first)
{
    struct nst_error err = {{0}};
    uint32_t numbers[ROOM] = {0};

    tap_ok(&tap,
           drop_reasons_match(reasons, pattern, numbers, ROOM, &err) == count &&
               numbers[0] == first,
           pattern);
}

static void refused(const struct drop_reasons *reasons, const char *pattern, int error,
                    const char *words)
{
    struct nst_error err = {{0}};
    uint32_t numbers[ROOM];

    tap_ok(&tap,
           drop_reasons_match(reasons, pattern, numbers, ROOM, &err) == error &&
               strstr(err.text, words),
           words);
}

static void test_none(void)
{
    struct btf *kernel = new_btf(NULL);
    struct drop_reasons *reasons = drop_reasons_new(kernel);

    tap_ok(&tap, reasons && !drop_reasons_known(reasons), "a kernel without reasons");
    is(reasons, 0, NULL, "unknown", "its only one");
    refused(reasons, "NO_SOCKET", -EOPNOTSUPP, "this kernel gives no reasons");
    drop_reasons_free(reasons);
    btf__free(kernel);
}

static void test_core(void)
{
    struct btf *kernel = new_kernel();
    struct drop_reasons *reasons = drop_reasons_new(kernel);

    tap_ok(&tap, reasons && drop_reasons_known(reasons), "a kernel's own reasons");
    is(reasons, 1, NULL, "SKB_CONSUMED", "one without the prefix");
    is(reasons, 3, NULL, "NO_SOCKET", "one with it");
    is(reasons, 4, NULL, NULL, "a number that it does not name");
    is(reasons, 8, NULL, NULL, "the end of them is none");
    is(reasons, 0xffff0000, NULL, NULL, "nor is a mask");
    is(reasons, (3 << 16) + 1, "openvswitch", NULL, "of a module that is not there");
    means(reasons, "NO_SOCKET", 1, 3);
    means(reasons, "skb_drop_reason_no_socket", 1, 3);
    means(reasons, "*_csum", 2, 5);
    refused(reasons, "TCP_CHECKSUM", -ENOENT, "of its 6: TCP_CSUM");
    refused(reasons, "nothing", -ENOENT, "of its 6: SKB_NOT_DROPPED_YET, SKB_CONSUMED, ");
    drop_reasons_free(reasons);
    btf__free(kernel);
}

/* Of both subsystems, wherever they are. */
static void look_at_subsystems(const struct drop_reasons *reasons)
{
    is(reasons, (1 << 16) + 1, "mac80211_unusable", "RX_DROP_U_MIC_FAIL", "a subsystem's");
    is(reasons, (3 << 16) + 2, "openvswitch", "OVS_DROP_ACTION_ERROR", "another one's");
    is(reasons, 3 << 16, "openvswitch", NULL, "where its numbers begin there is none");
    is(reasons, (2 << 16) + 1, NULL, NULL, "of a subsystem that the kernel does not name");
    is(reasons, (2000u << 16) + 1, NULL, NULL, "nor of one beyond all");
    is(reasons, 3, NULL, "NO_SOCKET", "the kernel's own are there as well");
    means(reasons, "openvswitch/*", 2, (3 << 16) + 1);
    means(reasons, "OVS_DROP_LAST_ACTION", 1, (3 << 16) + 1);
    means(reasons, "*/rx_drop_*", 1, (1 << 16) + 1);
    refused(reasons, "ovs_action", -ENOENT,
            "of its 9: openvswitch/OVS_DROP_LAST_ACTION, openvswitch/OVS_DROP_ACTION_ERROR");
}

static void test_built_in(void)
{
    struct btf *kernel = new_kernel();
    struct drop_reasons *reasons;

    add_enum(kernel, "ovs_drop_reason", openvswitch);
    add_enum(kernel, "mac80211_drop_reason", mac80211);
    add_enum(kernel, "nobodys_drop_reason", nobody);
    reasons = drop_reasons_new(kernel);
    look_at_subsystems(reasons);
    drop_reasons_free(reasons);
    btf__free(kernel);
}

static void write_file(const char *path, const void *bytes, size_t count)
{
    FILE *file = fopen(path, "we");

    check(file && fwrite(bytes, 1, count, file) == count && !fclose(file) ? 0 : -1, path);
}

/* A module's BTF, which goes on from the kernel's, where the recorder looks for it. */
static void write_module(struct btf *kernel, const char *path, const char *name,
                         const struct value *values)
{
    struct btf *btf = new_btf(kernel);
    uint32_t count;
    const void *bytes;

    add_enum(btf, name, values);
    bytes = btf__raw_data(btf, &count);
    check(bytes ? 0 : -1, path);
    write_file(path, bytes, count);
    btf__free(btf);
}

static void test_modules(void)
{
    struct btf *kernel = new_kernel();
    struct drop_reasons *reasons;

    check(mkdir(MODULES_BTF, 0700), MODULES_BTF);
    write_module(kernel, MODULES_BTF "/openvswitch", "ovs_drop_reason", openvswitch);
    write_module(kernel, MODULES_BTF "/mac80211", "mac80211_drop_reason", mac80211);
    write_file(MODULES_BTF "/mac", "no BTF", 6);
    reasons = drop_reasons_new(kernel);
    look_at_subsystems(reasons);
    drop_reasons_free(reasons);
    unlink(MODULES_BTF "/openvswitch");
    unlink(MODULES_BTF "/mac80211");
    unlink(MODULES_BTF "/mac");
    check(rmdir(MODULES_BTF), MODULES_BTF);
    btf__free(kernel);
}

int main(void)
{
    char folder[] = "/tmp/nstrail-test.XXXXXX";

    libbpf_set_print(NULL);
    check(mkdtemp(folder) ? chdir(folder) : -1, folder);
    test_none();
    test_core();
    test_built_in();
    test_modules();
    check(rmdir(folder), folder);
    return tap_done(&tap);
}
