/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/targets.h"

#include <bpf/btf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/groups.h"
#include "format/array.h"
#include "format/error.h"

#define KERNEL            "vmlinux"
#define TRACEPOINT_PREFIX "btf_trace_"
/* More parameters no program sees. */
#define PARAMETERS 8

struct targets {
    struct btf *btf;
    struct groups *groups;
    struct target *list;
    size_t count, room;
    /* Types of the kernel's own that we look for; 0: it has no such. */
    uint32_t skb, net, net_device, sock;
};

/* What a parameter points to, behind const and volatile; 0: it is no pointer. */
static uint32_t pointee(const struct btf *btf, uint32_t id)
{
    const struct btf_type *type = btf__type_by_id(btf, id);

    while (type && (btf_is_const(type) || btf_is_volatile(type)))
        type = btf__type_by_id(btf, type->type);
    if (!type || !btf_is_ptr(type))
        return 0;
    id = type->type;
    for (type = btf__type_by_id(btf, id); type && (btf_is_const(type) || btf_is_volatile(type));
         type = btf__type_by_id(btf, id))
        id = type->type;
    return id;
}

/* A structure may take several registers, or be on the stack: what comes behind it has moved. */
static bool is_larger_than_register(const struct btf *btf, uint32_t id)
{
    return btf__resolve_size(btf, id) > (int64_t)sizeof(uint64_t);
}

/* Finds what we need among the parameters from the first-th on; false: there is no skb. */
static bool find_parameters(const struct targets *t, const struct btf *btf,
                            const struct btf_type *proto, uint32_t first, struct target *target)
{
    bool found = false;

    for (uint32_t i = first; i < btf_vlen(proto) && i - first < PARAMETERS; i++) {
        uint32_t id = pointee(btf, btf_params(proto)[i].type);

        if (!id && is_larger_than_register(btf, btf_params(proto)[i].type))
            break;
        if (!id)
            continue;
        if (id == t->skb && !found) {
            target->skb = i - first;
            found = true;
        } else if ((id == t->net || id == t->net_device) && !target->netns) {
            target->netns = i - first + 1;
            target->netns_is_device = id == t->net_device;
        } else if (id == t->sock && !target->sock) {
            target->sock = i - first + 1;
        }
    }
    return found;
}

static bool add(struct targets *t, const struct target *target, const char *name)
{
    struct target *list = nst_array_room(t->list, t->count, &t->room, sizeof(*list));

    if (!list)
        return false;
    t->list = list;
    t->list[t->count] = *target;
    t->list[t->count].name = strdup(name);
    return t->list[t->count++].name != NULL;
}

/* What a tracepoint itself is made of. */
static bool is_tracing(const char *name)
{
    static const char *const prefixes[] = {"__bpf_trace_", "__traceiter_", "__probestub_",
                                           "trace_event_raw_event_", "perf_trace_"};

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
            return true;
    return false;
}

/* False: no memory. */
static bool take_function(struct targets *t, const struct btf *btf, uint32_t id,
                          const struct btf_type *type)
{
    const struct btf_type *proto = btf__type_by_id(btf, type->type);
    const char *name = btf__name_by_offset(btf, type->name_off);
    struct target target = {.btf_id = btf == t->btf ? id : 0};

    if (is_tracing(name) || !proto || !btf_is_func_proto(proto) ||
        !find_parameters(t, btf, proto, 0, &target))
        return true;
    return add(t, &target, name);
}

/* BTF knows a tracepoint as a type btf_trace_NAME, a pointer to a function whose first parameter
 * is not passed on. */
static bool take_tracepoint(struct targets *t, const struct btf *btf, uint32_t id,
                            const struct btf_type *type)
{
    const char *name = btf__name_by_offset(btf, type->name_off);
    struct target target = {.btf_id = btf == t->btf ? id : 0, .tracepoint = true};
    const struct btf_type *proto;

    if (strncmp(name, TRACEPOINT_PREFIX, sizeof(TRACEPOINT_PREFIX) - 1))
        return true;
    name += sizeof(TRACEPOINT_PREFIX) - 1;
    proto = btf__type_by_id(btf, pointee(btf, type->type));
    if (!proto || !btf_is_func_proto(proto) || !find_parameters(t, btf, proto, 1, &target))
        return true;
    target.group = groups_find(t->groups, name);
    return add(t, &target, name);
}

/* The types of btf from the first-th on. */
static bool take_all(struct targets *t, const struct btf *btf, uint32_t first)
{
    bool taken = true;

    for (uint32_t id = first; taken && id < btf__type_cnt(btf); id++) {
        const struct btf_type *type = btf__type_by_id(btf, id);

        if (btf_is_func(type))
            taken = take_function(t, btf, id, type);
        else if (btf_is_typedef(type))
            taken = take_tracepoint(t, btf, id, type);
    }
    return taken;
}

/* A module that goes away meanwhile is none. */
static bool take_modules(struct targets *t, const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    bool taken = true;

    while (dir && taken && (entry = readdir(dir))) {
        char path[512];
        struct btf *btf;

        if (*entry->d_name == '.' || !strcmp(entry->d_name, KERNEL) ||
            snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >= (int)sizeof(path))
            continue;
        btf = btf__parse_split(path, t->btf);
        if (btf)
            taken = take_all(t, btf, btf__type_cnt(t->btf));
        btf__free(btf);
    }
    if (dir)
        closedir(dir);
    return taken;
}

static int compare(const void *a, const void *b)
{
    const struct target *first = a, *second = b;
    int order = second->tracepoint - first->tracepoint;

    if (!order)
        order = strcmp(first->group ? first->group : "~", second->group ? second->group : "~");
    return order ? order : strcmp(first->name, second->name);
}

/* Static functions of the same name are one: a probe is put on all of them. Those of the kernel
 * that differ in their parameters pahole (since 1.25) leaves out of BTF, which has no addresses. */
static void drop_doubles(struct targets *t)
{
    size_t kept = 0;

    qsort(t->list, t->count, sizeof(*t->list), compare);
    for (size_t i = 0; i < t->count; i++) {
        if (kept && !compare(&t->list[kept - 1], &t->list[i]))
            free(t->list[i].name);
        else
            t->list[kept++] = t->list[i];
    }
    t->count = kept;
}

static uint32_t find_struct(const struct btf *btf, const char *name)
{
    int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);

    return id < 0 ? 0 : id;
}

static int parse_kernel(struct targets *t, const char *folder, struct nst_error *err)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/" KERNEL, folder);
    t->btf = btf__parse(path, NULL);
    return t->btf ? 0 : nst_fail(err, -errno, "%s: %s", path, strerror(errno));
}

int targets_read(struct targets **targets, const char *folder, struct nst_error *err)
{
    struct targets *t = calloc(1, sizeof(*t));
    int error;

    if (!t)
        return nst_fail(err, -ENOMEM, "no memory for the kernel's functions");
    t->groups = groups_read();
    error = parse_kernel(t, folder, err);
    if (error) {
        targets_free(t);
        return error;
    }
    t->skb = find_struct(t->btf, "sk_buff");
    t->net = find_struct(t->btf, "net");
    t->net_device = find_struct(t->btf, "net_device");
    t->sock = find_struct(t->btf, "sock");
    if (!t->groups || !take_all(t, t->btf, 1) || !take_modules(t, folder)) {
        targets_free(t);
        return nst_fail(err, -ENOMEM, "no memory for the kernel's functions");
    }
    drop_doubles(t);
    *targets = t;
    return 0;
}

void targets_free(struct targets *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->count; i++)
        free(t->list[i].name);
    free(t->list);
    groups_free(t->groups);
    btf__free(t->btf);
    free(t);
}

const struct target *targets_list(const struct targets *t, size_t *count)
{
    *count = t->count;
    return t->list;
}

bool targets_have_tracefs(const struct targets *t)
{
    return groups_from_tracefs(t->groups);
}

bool targets_have_function(const struct targets *t, const char *name)
{
    return btf__find_by_name_kind(t->btf, name, BTF_KIND_FUNC) > 0;
}
