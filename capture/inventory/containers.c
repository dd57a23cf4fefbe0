/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/containers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/inventory/cgroup_id.h"
#include "capture/inventory/container.h"
#include "capture/inventory/container_json.h"
#include "capture/inventory/file_at.h"
#include "capture/inventory/runtime_files.h"
#include "format/array.h"
#include "format/hash.h"

/* More are not remembered, nor those that so many scans have not seen. */
#define CONTAINERS_MAX 8192
#define SCANS_KEPT     32
/* Files that were not there are looked for in so many scans: a runtime can be about to write
 * them. */
#define TRIES_MAX 5
#define STATE_MAX (1u << 20)

struct known {
    struct container container;
    uint32_t pid; /* of its init, or of the process of it that was seen first */
    uint64_t start_ticks;
    bool init;         /* it is the first of a pid namespace, or the runtime says so */
    uint32_t pid_scan; /* that saw it last */
    char *cgroup;      /* that is its own, where it does not tell the id; else NULL */
    uint32_t scan;     /* that saw any process of the container last */
    unsigned tries;
    uint32_t tried;          /* the scan of the last of these */
    const char *lister;      /* runc or crun, if itself has it in a list... */
    char *cgroups;           /* ...as being in these, one a line... */
    struct timespec written; /* ...in a file of this time */
};

struct containers {
    const struct runtime_paths *paths;
    struct known *list;
    uint32_t count;
    size_t room;
    struct hash_table by_id;
    uint32_t scan;
    uint32_t listed;
    uint64_t left_out;
};

struct containers *containers_new(const struct runtime_paths *paths)
{
    struct containers *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->paths = paths;
    if (nst_hash_init(&c->by_id)) {
        free(c);
        return NULL;
    }
    return c;
}

static void free_known(struct known *known)
{
    container_free(&known->container);
    free(known->cgroup);
    free(known->cgroups);
}

void containers_free(struct containers *c)
{
    if (!c)
        return;
    for (uint32_t i = 0; i < c->count; i++)
        free_known(&c->list[i]);
    free(c->list);
    nst_hash_free(&c->by_id);
    free(c);
}

static uint32_t hash_id(const char *id)
{
    return (uint32_t)nst_hash_bytes(id, strlen(id));
}

static struct known *find_id(struct containers *c, const char *id)
{
    uint32_t hash = hash_id(id);
    const struct hash_slot *s;

    for (s = nst_hash_first(&c->by_id, hash); s->entry; s = nst_hash_next(&c->by_id, s))
        if (s->hash == hash && !strcmp(c->list[s->entry - 1].container.field[CONTAINER_ID], id))
            return &c->list[s->entry - 1];
    return NULL;
}

static struct known *add(struct containers *c, const char *id)
{
    struct known *list, *known;

    if (c->count == CONTAINERS_MAX || nst_hash_room(&c->by_id))
        return NULL;
    list = nst_array_room(c->list, c->count, &c->room, sizeof(*list));
    if (!list)
        return NULL;
    c->list = list;
    known = &c->list[c->count];
    *known = (struct known){.scan = c->scan};
    container_set(&known->container, CONTAINER_ID, id);
    if (!known->container.field[CONTAINER_ID]) {
        free_known(known);
        return NULL;
    }
    nst_hash_add(&c->by_id, hash_id(id), c->count++);
    return known;
}

static bool tells_nothing(const struct known *known)
{
    return !known->container.field[CONTAINER_NAME] && !known->container.field[CONTAINER_IMAGE] &&
           !known->container.field[CONTAINER_POD_NAME];
}

static void read_files(struct containers *c, struct known *known)
{
    if (known->tries >= TRIES_MAX ||
        (known->tries && (known->tried == c->scan || !tells_nothing(known))))
        return;
    known->tries++;
    known->tried = c->scan;
    runtime_files_read(c->paths, &known->container);
}

/* What a runtime's own list says of one container. */
struct lister {
    struct containers *containers;
    const char *runtime;
    const char *file;
};

static bool is_as_read(const struct known *known, const struct stat *status)
{
    return known->lister && known->written.tv_sec == status->st_mtim.tv_sec &&
           known->written.tv_nsec == status->st_mtim.tv_nsec;
}

static void take_state(struct lister *lister, struct known *known, const char *text, size_t len)
{
    struct container_state state;

    if (!container_from_state(&known->container, &state, text, len))
        return;
    known->pid = state.pid;
    known->start_ticks = state.start_ticks;
    known->init = true;
    known->pid_scan = lister->containers->scan;
    free(known->cgroup);
    free(known->cgroups);
    known->cgroup = NULL;
    known->cgroups = state.cgroups;
    lister->containers->listed += !known->lister;
    known->lister = lister->runtime;
}

static void read_state(struct lister *lister, int folder, const char *id)
{
    struct known *known = find_id(lister->containers, id);
    char path[NST_MAX_NAME + 32];
    struct stat status;
    size_t len;
    char *text;

    snprintf(path, sizeof(path), "%s/%s", id, lister->file);
    if (fstatat(folder, path, &status, AT_SYMLINK_NOFOLLOW) ||
        (known && is_as_read(known, &status)))
        return;
    text = file_at_load(folder, path, STATE_MAX, &len);
    if (!known && text)
        known = add(lister->containers, id);
    if (known && text) {
        take_state(lister, known, text, len);
        known->written = status.st_mtim;
    }
    free(text);
}

static bool list_states(void *context, int folder)
{
    int fd = dup(folder);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    if (!dir) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    while ((entry = readdir(dir)))
        if (cgroup_is_file_name(entry->d_name))
            read_state(context, folder, entry->d_name);
    closedir(dir);
    return false;
}

static void forget(struct containers *c)
{
    uint32_t kept = 0;

    nst_hash_clear(&c->by_id);
    for (uint32_t i = 0; i < c->count; i++) {
        if (c->scan - c->list[i].scan > SCANS_KEPT) {
            c->listed -= c->list[i].lister != NULL;
            free_known(&c->list[i]);
        } else {
            c->list[kept] = c->list[i];
            nst_hash_add(&c->by_id, hash_id(c->list[kept].container.field[CONTAINER_ID]), kept);
            kept++;
        }
    }
    c->count = kept;
}

void containers_refresh(struct containers *c)
{
    struct lister runc = {.containers = c, .runtime = "runc", .file = "state.json"};
    struct lister crun = {.containers = c, .runtime = "crun", .file = "status"};

    runtime_files_folders(c->paths, SOURCE_RUNC, list_states, &runc);
    runtime_files_folders(c->paths, SOURCE_CRUN, list_states, &crun);
}

void containers_begin(struct containers *c)
{
    c->scan++;
    c->left_out = 0;
    forget(c);
    containers_refresh(c);
}

static bool is_below(const char *cgroup, const char *top)
{
    size_t len = strlen(top);

    return !strncmp(cgroup, top, len) && (!cgroup[len] || cgroup[len] == '/');
}

static bool has_pid(const struct known *known, const struct nst_process *process,
                    uint64_t start_ticks)
{
    return known->pid == process->pid && (!known->start_ticks || known->start_ticks == start_ticks);
}

/* A path without where its hierarchy is mounted: at /sys/fs/cgroup, or in a folder of that, where
 * those of version 1 are. NULL: that was all. */
static const char *below_mount(const char *path, bool version_1)
{
    static const char top[] = "/sys/fs/cgroup";

    if (!is_below(path, top))
        return version_1 ? NULL : path;
    path += strlen(top);
    if (version_1 && *path)
        path = strchr(path + 1, '/');
    return path;
}

/* The cgroup that the runtime made for the container, if its init is in it. An unprivileged runtime
 * may have made none: the init stays in the one of the session that it was started in, with all
 * else there. */
static void find_cgroup(struct known *known, const char *cgroup)
{
    char *line, *rest = known->cgroups;

    while (!known->cgroup && (line = strsep(&rest, "\n"))) {
        const char *path = below_mount(line, false);

        if (!path || !is_below(cgroup, path))
            path = below_mount(line, true);
        if (path && *path && strcmp(path, "/") != 0 && is_below(cgroup, path))
            known->cgroup = strdup(path);
    }
    free(known->cgroups);
    known->cgroups = NULL;
}

/* One whose path does not tell: by its init, or by that one's cgroup. */
static struct known *find_listed(struct containers *c, const struct nst_process *process,
                                 uint64_t start_ticks)
{
    const char *cgroup = process->cgroup;

    for (uint32_t i = 0; c->listed && i < c->count; i++) {
        struct known *known = &c->list[i];

        if (!known->lister)
            continue;
        if (has_pid(known, process, start_ticks)) {
            if (known->cgroups && cgroup)
                find_cgroup(known, cgroup);
            return known;
        }
        if (known->cgroup && cgroup && is_below(cgroup, known->cgroup))
            return known;
    }
    return NULL;
}

/* It has ended; or a whole scan went by without it, another process having its number now. */
static bool is_gone(const struct containers *c, const struct known *known)
{
    return c->scan - known->pid_scan > 1 || (kill((pid_t)known->pid, 0) && errno == ESRCH);
}

/* A container can have pid namespaces within its own: which of their first processes was seen
 * first stands for it until it ends. */
static void note_pid(const struct containers *c, struct known *known,
                     const struct nst_process *process, uint64_t start_ticks)
{
    bool init = process->flags & NST_PROCESS_INIT;

    if (!has_pid(known, process, start_ticks)) {
        if (known->pid && !is_gone(c, known) && (known->init || !init))
            return;
        known->pid = process->pid;
        known->init = init;
    }
    known->init |= init;
    known->start_ticks = start_ticks;
    known->pid_scan = c->scan;
}

static struct known *find_named(struct containers *c, const struct nst_process *process,
                                uint64_t start_ticks, const struct cgroup_id *id)
{
    struct known *known = find_id(c, id->id);

    if (!known)
        known = add(c, id->id);
    if (!known) {
        c->left_out++;
        return NULL;
    }
    container_set(&known->container, CONTAINER_RUNTIME, id->runtime);
    if (*id->pod_uid)
        container_set(&known->container, CONTAINER_POD_UID, id->pod_uid);
    note_pid(c, known, process, start_ticks);
    read_files(c, known);
    return known;
}

/* runc and crun run as a copy of themselves: in a memfd, or in a mount that is nowhere ("/"). One
 * that ends has no executable any more, but a name such as "runc:[0:PARENT]". */
static bool is_runtime(const struct nst_process *process)
{
    static const char *const names[] = {"runc", "crun", "youki", ""};
    static const char memfd[] = "/memfd:", stage[] = "runc:[";
    const char *exe = process->exe, *name = exe ? strrchr(exe, '/') : NULL;

    if (exe && !strncmp(exe, memfd, strlen(memfd)) && strstr(exe, "_cloned:"))
        return true;
    name = name ? name + 1 : process->comm;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!strcmp(name, names[i]))
            return true;
    return !exe && !strncmp(name, stage, strlen(stage));
}

/* A runtime joins the cgroup before it makes the namespaces or enters them; the first process of
 * a pid namespace has done so. */
static bool is_inside(const struct nst_process *process)
{
    return process->flags & NST_PROCESS_INIT || !is_runtime(process);
}

bool containers_find(struct containers *c, const struct nst_process *process, uint64_t start_ticks,
                     struct nst_container *row)
{
    struct cgroup_id id;
    struct known *known;
    char *const *field;

    if (!is_inside(process))
        return false;
    if (process->cgroup && cgroup_identify(process->cgroup, &id))
        known = find_named(c, process, start_ticks, &id);
    else
        known = find_listed(c, process, start_ticks);
    if (!known || known->container.virtual_machine)
        return false;
    known->scan = c->scan;
    field = known->container.field;
    *row = (struct nst_container){
        /* What has it runs it by that one. */
        .runtime = field[CONTAINER_RUNTIME] ? field[CONTAINER_RUNTIME] : known->lister,
        .id = field[CONTAINER_ID],
        .name = field[CONTAINER_NAME],
        .image = field[CONTAINER_IMAGE],
        .pod_name = field[CONTAINER_POD_NAME],
        .pod_namespace = field[CONTAINER_POD_NAMESPACE],
        .pod_uid = field[CONTAINER_POD_UID],
        .pod_container = field[CONTAINER_POD_CONTAINER],
        .pid = known->pid,
    };
    return true;
}

uint64_t containers_left_out(const struct containers *c)
{
    return c->left_out;
}

bool containers_is_new(struct containers *c, const char *cgroup)
{
    struct cgroup_id id;

    return cgroup_identify(cgroup, &id) && !find_id(c, id.id);
}
