/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The core's reasons are enum skb_drop_reason (since 5.17). A subsystem's are an enum of its own,
 * most often in its module, numbered from its place in enum skb_drop_reason_subsys << 16 (since
 * 6.4, 071c0fc6fb91), such as openvswitch's OVS_DROP_LAST_ACTION.
 */
#include "config.h"

#include "capture/drop_reasons_internal.h"

#include <bpf/btf.h>
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/array.h"

#define SUBSYS_PREFIX "SKB_DROP_REASON_SUBSYS_"
/* Elsewhere in a test. */
#ifndef MODULES_BTF
#define MODULES_BTF "/sys/kernel/btf"
#endif

typedef int visit_value(struct drop_reasons *reasons, const char *name, uint32_t number);

static char *lower(const char *text)
{
    char *copy = strdup(text);

    for (char *c = copy; c && *c; c++)
        *c = tolower((unsigned char)*c);
    return copy;
}

static int add_reason(struct drop_reasons *reasons, const char *name, uint32_t number)
{
    char *copy;
    struct drop_reason_name *list =
        nst_array_room(reasons->list, reasons->count, &reasons->room, sizeof(*list));

    if (!list)
        return -1;
    reasons->list = list;
    copy = strdup(name);
    if (!copy)
        return -1;
    reasons->list[reasons->count++] = (struct drop_reason_name){.number = number, .name = copy};
    return 0;
}

static int add_core(struct drop_reasons *reasons, const char *name, uint32_t number)
{
    if (number >> 16)
        return 0;
    if (!strncmp(name, DROP_REASON_PREFIX, strlen(DROP_REASON_PREFIX)))
        name += strlen(DROP_REASON_PREFIX);
    return strcmp(name, "MAX") ? add_reason(reasons, name, number) : 0;
}

static int add_subsys(struct drop_reasons *reasons, const char *name, uint32_t number)
{
    if (strncmp(name, SUBSYS_PREFIX, strlen(SUBSYS_PREFIX)))
        return 0;
    name += strlen(SUBSYS_PREFIX);
    if (number == 0 || number >= DROP_REASON_SUBSYS_MAX || reasons->subsys[number] ||
        !strcmp(name, "NUM"))
        return 0;
    reasons->subsys[number] = lower(name);
    return reasons->subsys[number] ? 0 : -1;
}

static int add_of_subsys(struct drop_reasons *reasons, const char *name, uint32_t number)
{
    uint32_t subsys = number >> 16;

    /* The enum's first value is where its numbers begin. */
    if (subsys == 0 || subsys >= DROP_REASON_SUBSYS_MAX || !reasons->subsys[subsys] ||
        !(number & 0xffff))
        return 0;
    return add_reason(reasons, name, number);
}

static int visit_enum(struct drop_reasons *reasons, const struct btf *btf,
                      const struct btf_type *type, visit_value *visit)
{
    const struct btf_enum *values = btf_enum(type);

    for (uint32_t i = 0; i < btf_vlen(type); i++) {
        const char *name = btf__name_by_offset(btf, values[i].name_off);

        if (name && visit(reasons, name, values[i].val))
            return -1;
    }
    return 0;
}

static int visit_named(struct drop_reasons *reasons, const struct btf *btf, const char *name,
                       visit_value *visit)
{
    int id = btf__find_by_name_kind(btf, name, BTF_KIND_ENUM);

    return id < 0 ? 0 : visit_enum(reasons, btf, btf__type_by_id(btf, id), visit);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);

    return length >= end_length && !strcmp(text + length - end_length, end);
}

/* All enums of reasons that this BTF adds to its base, if it has one. */
static int visit_subsys_enums(struct drop_reasons *reasons, const struct btf *btf)
{
    const struct btf *base = btf__base_btf(btf);
    uint32_t count = btf__type_cnt(btf);

    for (uint32_t id = base ? btf__type_cnt(base) : 1; id < count; id++) {
        const struct btf_type *type = btf__type_by_id(btf, id);
        const char *name = btf__name_by_offset(btf, type->name_off);

        if (!btf_is_enum(type) || !name || !ends_with(name, "_drop_reason") ||
            !strcmp(name, "skb_drop_reason"))
            continue;
        if (visit_enum(reasons, btf, type, add_of_subsys))
            return -1;
    }
    return 0;
}

/* A module of a subsystem: openvswitch, or mac80211 for mac80211_unusable. */
static bool is_of_subsys(const struct drop_reasons *reasons, const char *module)
{
    for (size_t i = 1; i < DROP_REASON_SUBSYS_MAX; i++)
        if (reasons->subsys[i] && !strncmp(reasons->subsys[i], module, strlen(module)))
            return true;
    return false;
}

static int visit_module(struct drop_reasons *reasons, const char *module, const struct btf *kernel)
{
    char path[300];
    struct btf *btf;
    int result;

    snprintf(path, sizeof(path), MODULES_BTF "/%s", module);
    btf = btf__parse_split(path, (struct btf *)kernel);
    /* Unloaded meanwhile, or unreadable: its reasons have no names. */
    if (!btf)
        return 0;
    result = visit_subsys_enums(reasons, btf);
    btf__free(btf);
    return result;
}

static int visit_modules(struct drop_reasons *reasons, const struct btf *kernel)
{
    DIR *directory = opendir(MODULES_BTF);
    const struct dirent *entry;
    int result = 0;

    if (!directory)
        return 0;
    while (!result && (entry = readdir(directory)))
        if (entry->d_name[0] != '.' && is_of_subsys(reasons, entry->d_name))
            result = visit_module(reasons, entry->d_name, kernel);
    closedir(directory);
    return result;
}

static int by_number(const void *a, const void *b)
{
    const struct drop_reason_name *left = a, *right = b;

    return left->number < right->number ? -1 : left->number > right->number;
}

struct drop_reasons *drop_reasons_new(const struct btf *kernel)
{
    struct drop_reasons *reasons = calloc(1, sizeof(*reasons));

    if (!reasons)
        return NULL;
    if (visit_named(reasons, kernel, "skb_drop_reason", add_core) ||
        visit_named(reasons, kernel, "skb_drop_reason_subsys", add_subsys) ||
        visit_subsys_enums(reasons, kernel) || visit_modules(reasons, kernel)) {
        drop_reasons_free(reasons);
        return NULL;
    }
    if (reasons->count)
        qsort(reasons->list, reasons->count, sizeof(*reasons->list), by_number);
    return reasons;
}

void drop_reasons_free(struct drop_reasons *reasons)
{
    if (!reasons)
        return;
    for (size_t i = 0; i < reasons->count; i++)
        free(reasons->list[i].name);
    for (size_t i = 0; i < DROP_REASON_SUBSYS_MAX; i++)
        free(reasons->subsys[i]);
    free(reasons->list);
    free(reasons);
}

bool drop_reasons_known(const struct drop_reasons *reasons)
{
    return reasons->count != 0;
}

void drop_reasons_find(const struct drop_reasons *reasons, uint32_t number,
                       struct nst_drop_reason *reason)
{
    struct drop_reason_name key = {.number = number};
    const struct drop_reason_name *found = NULL;
    uint32_t subsys = number >> 16;

    reason->number = number;
    reason->subsys = subsys < DROP_REASON_SUBSYS_MAX ? reasons->subsys[subsys] : NULL;
    /* Kernels before 5.17 have no reasons at all (c504e5c2f964): 0 is not one of theirs. */
    if (!reasons->count) {
        reason->name = "unknown";
        return;
    }
    found = bsearch(&key, reasons->list, reasons->count, sizeof(key), by_number);
    reason->name = found ? found->name : NULL;
}
