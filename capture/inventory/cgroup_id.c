/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The paths that runtimes give their containers, by their own driver (cgroupfs) and by systemd's:
 *
 *   docker      /docker/ID                        /system.slice/docker-ID.scope
 *   containerd  /kubepods/burstable/podUID/ID     .../kubepods-podUID.slice/cri-containerd-ID.scope
 *               /system.slice/containerd.service/kubepods-podUID.slice:cri-containerd:ID
 *   nerdctl     /NAMESPACE/ID                     /system.slice/nerdctl-ID.scope
 *   crio        /kubepods/podUID/crio-ID          .../kubepods-podUID.slice/crio-ID.scope
 *   podman      /libpod_parent/libpod-ID          /machine.slice/libpod-ID.scope[/container]
 *   nspawn      /machine.slice/machine-NAME.scope, /machine.slice/systemd-nspawn@NAME.service
 *   libvirt     /machine.slice/machine-DRIVER-NUMBER-NAME.scope, which is no container
 *   lxc         /lxc/NAME, /lxc.payload/NAME, /lxc.payload.NAME
 *
 * ID is 64 hexadecimal digits. In a pod's UID systemd's slices have _ for -. Containers nest: the
 * innermost counts, which stands last.
 */
#include "config.h"

#include "capture/inventory/cgroup_id.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#define ID_DIGITS 64

/* One component of the path. */
struct part {
    const char *text;
    size_t len;
};

static const struct {
    const char *prefix;
    const char *runtime; /* NULL: a helper of the runtime's, no container */
} prefixes[] = {
    {"docker-", "docker"},
    {"cri-containerd-", "containerd"},
    {"cri-containerd:", "containerd"},
    {"nerdctl-", "containerd"},
    {"nerdctl:", "containerd"},
    {"crio-conmon-", NULL},
    {"crio-", "crio"},
    {"libpod-conmon-", NULL},
    {"libpod-", "podman"},
};

static bool starts_with(struct part part, const char *prefix)
{
    size_t len = strlen(prefix);

    return part.len >= len && !memcmp(part.text, prefix, len);
}

static bool is(struct part part, const char *text)
{
    return part.len == strlen(text) && !memcmp(part.text, text, part.len);
}

static struct part without(struct part part, size_t front)
{
    return (struct part){.text = part.text + front, .len = part.len - front};
}

static struct part without_suffix(struct part part, const char *suffix)
{
    size_t len = strlen(suffix);

    if (part.len > len && !memcmp(part.text + part.len - len, suffix, len))
        part.len -= len;
    return part;
}

static bool is_id(struct part part)
{
    if (part.len != ID_DIGITS)
        return false;
    for (size_t i = 0; i < part.len; i++)
        if (!isxdigit((unsigned char)part.text[i]))
            return false;
    return true;
}

bool cgroup_is_file_name(const char *text)
{
    size_t len = strlen(text);

    return len > 0 && len <= NST_MAX_NAME && *text != '.' && !strchr(text, '/');
}

static bool take_id(struct cgroup_id *id, const char *runtime, struct part part)
{
    if (part.len == 0 || part.len > NST_MAX_NAME)
        return false;
    memcpy(id->id, part.text, part.len);
    id->id[part.len] = '\0';
    id->runtime = runtime;
    return cgroup_is_file_name(id->id);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* As systemd writes names of units: \x2d for a hyphen. */
static bool take_unit(struct cgroup_id *id, struct part part)
{
    char name[NST_MAX_NAME + 1];
    size_t len = 0;

    if (part.len > NST_MAX_NAME)
        return false;
    for (size_t i = 0; i < part.len; i++) {
        char c = part.text[i];

        if (c == '\\' && part.len - i > 3 && part.text[i + 1] == 'x') {
            int high = hex_digit(part.text[i + 2]), low = hex_digit(part.text[i + 3]);

            if (high < 0 || low < 0 || !(high | low))
                return false;
            c = (char)(high << 4 | low);
            i += 3;
        }
        name[len++] = c;
    }
    return take_id(id, "nspawn", (struct part){.text = name, .len = len});
}

/* The last part behind a colon, or all. */
static struct part behind_slice(struct part part)
{
    const char *colon = memchr(part.text, ':', part.len);

    return colon ? without(part, (size_t)(colon + 1 - part.text)) : part;
}

enum verdict { GO_ON, FOUND, NONE };

static enum verdict by_prefix(struct cgroup_id *id, struct part part)
{
    struct part name = without_suffix(behind_slice(part), ".scope");

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        struct part rest;

        if (!starts_with(name, prefixes[i].prefix))
            continue;
        rest = without(name, strlen(prefixes[i].prefix));
        if (!is_id(rest))
            return GO_ON;
        if (!prefixes[i].runtime)
            return NONE;
        return take_id(id, prefixes[i].runtime, rest) ? FOUND : NONE;
    }
    return GO_ON;
}

/* libvirt's name for a guest: its driver, the guest's number, its name. */
static bool is_libvirt(const char *name)
{
    static const char *const drivers[] = {"qemu-", "lxc-", "xen-", "ch-", "bhyve-", "vz-"};

    for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
        size_t len = strlen(drivers[i]);

        if (!strncmp(name, drivers[i], len)) {
            size_t digits = strspn(name + len, "0123456789");

            return digits > 0 && name[len + digits] == '-';
        }
    }
    return false;
}

static enum verdict by_machine(struct cgroup_id *id, struct part part, struct part parent)
{
    static const char service[] = "systemd-nspawn@", scope[] = "machine-";
    struct part name;

    if (!is(parent, "machine.slice"))
        return GO_ON;
    if (starts_with(part, service) && (name = without_suffix(part, ".service")).len < part.len)
        return take_unit(id, without(name, strlen(service))) ? FOUND : NONE;
    if (starts_with(part, scope) && (name = without_suffix(part, ".scope")).len < part.len)
        return take_unit(id, without(name, strlen(scope))) && !is_libvirt(id->id) ? FOUND : NONE;
    return GO_ON;
}

static enum verdict by_lxc(struct cgroup_id *id, struct part part, struct part parent)
{
    static const char payload[] = "lxc.payload.";

    if (starts_with(part, "lxc.monitor"))
        return NONE;
    if (starts_with(part, payload))
        return take_id(id, "lxc", without(part, strlen(payload))) ? FOUND : NONE;
    if (is(parent, "lxc") || is(parent, "lxc.payload"))
        return take_id(id, "lxc", part) ? FOUND : NONE;
    return GO_ON;
}

static enum verdict by_id(struct cgroup_id *id, struct part part, struct part parent)
{
    if (!is_id(part))
        return GO_ON;
    return take_id(id, is(parent, "docker") ? "docker" : NULL, part) ? FOUND : NONE;
}

static bool is_uid(struct part part)
{
    /* Static pods have a hash without hyphens. */
    if (part.len != 36 && part.len != 32)
        return false;
    for (size_t i = 0; i < part.len; i++)
        if (!isxdigit((unsigned char)part.text[i]) && part.text[i] != '-' && part.text[i] != '_')
            return false;
    return true;
}

/* "podUID" or "kubepods-burstable-podUID.slice", perhaps with a colon and more behind it. */
static void look_for_pod(struct cgroup_id *id, struct part part)
{
    const char *colon = memchr(part.text, ':', part.len);
    struct part uid = part;

    if (colon)
        uid.len = (size_t)(colon - part.text);
    uid = without_suffix(uid, ".slice");
    if (starts_with(uid, "kubepods"))
        while (uid.len > 4 && memcmp(uid.text, "-pod", 4) != 0)
            uid = without(uid, 1);
    if (starts_with(uid, "-pod"))
        uid = without(uid, 1);
    if (!starts_with(uid, "pod") || !is_uid(without(uid, 3)))
        return;
    uid = without(uid, 3);
    for (size_t i = 0; i < uid.len; i++)
        id->pod_uid[i] = uid.text[i] == '_' ? '-' : uid.text[i];
    id->pod_uid[uid.len] = '\0';
}

/* The component that ends before *end, which moves to its front. */
static struct part take_last(const char *cgroup, const char **end)
{
    const char *from = *end;
    struct part part;

    while (from > cgroup && from[-1] != '/')
        from--;
    part = (struct part){.text = from, .len = (size_t)(*end - from)};
    *end = from > cgroup ? from - 1 : from;
    return part;
}

static enum verdict judge(struct cgroup_id *id, struct part part, struct part parent)
{
    enum verdict verdict = by_prefix(id, part);

    if (verdict == GO_ON)
        verdict = by_machine(id, part, parent);
    if (verdict == GO_ON)
        verdict = by_lxc(id, part, parent);
    if (verdict == GO_ON)
        verdict = by_id(id, part, parent);
    return verdict;
}

bool cgroup_identify(const char *cgroup, struct cgroup_id *id)
{
    const char *end = cgroup + strlen(cgroup);
    struct part part = take_last(cgroup, &end);
    enum verdict verdict = GO_ON;

    *id = (struct cgroup_id){0};
    while (part.len) {
        struct part parent = take_last(cgroup, &end);

        if (verdict == GO_ON)
            verdict = judge(id, part, parent);
        if (verdict == NONE)
            return false;
        if (!*id->pod_uid)
            look_for_pod(id, part);
        part = parent;
    }
    return verdict == FOUND;
}
