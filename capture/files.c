/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "capture/file_names.h"
#include "capture/message.h"
#include "capture/output.h"
#include "format/array.h"
#include "format/error.h"
#include "format/layout.h"

/* A block takes less. Files are removed while there is still room for the next one. */
#define BLOCK_BYTES (512ull << 10)

struct member {
    char *path;
    uint64_t bytes;
    struct timespec changed;
};

struct files {
    struct files_options options;
    const struct caller *caller;
    struct member *members; /* without the current one, the oldest first */
    size_t count, room;
    uint64_t members_bytes;
    uint64_t number;      /* of the current name, in its time... */
    uint64_t next_number; /* ...and of the next */
    char *current, *next; /* NULL: none */
    bool next_created;    /* it was not there before */
    bool told;            /* that one could not be removed */
};

/* ------------------------------------------------------------------ the ring */

static bool is_ring(const struct files *f)
{
    return f->options.keep || f->options.disk_bytes;
}

static bool add_member(struct files *f, char *path, uint64_t bytes, struct timespec changed)
{
    struct member *members = nst_array_room(f->members, f->count, &f->room, sizeof(*members));

    if (!members)
        return false;
    f->members = members;
    f->members[f->count++] = (struct member){.path = path, .bytes = bytes, .changed = changed};
    f->members_bytes += bytes;
    return true;
}

static void remove_oldest(struct files *f)
{
    struct member oldest = f->members[0];

    if (unlink(oldest.path) && errno != ENOENT && !f->told) {
        f->told = true;
        message_note("cannot remove %s: %s", oldest.path, strerror(errno));
    }
    free(oldest.path);
    f->members_bytes -= oldest.bytes;
    f->count--;
    memmove(f->members, f->members + 1, f->count * sizeof(*f->members));
}

static void keep_newest(struct files *f, uint64_t count)
{
    while (f->options.keep && f->count > count)
        remove_oldest(f);
}

void files_grown(struct files *f, uint64_t bytes)
{
    while (f->options.disk_bytes && f->count &&
           f->members_bytes + bytes + BLOCK_BYTES > f->options.disk_bytes)
        remove_oldest(f);
}

bool files_make_room(struct files *f)
{
    if (!f->count || !is_ring(f))
        return false;
    remove_oldest(f);
    return true;
}

/* ------------------------------------------------------------------ what an earlier one left */

/* Whether path is a capture; *busy: that somebody is writing. */
static bool is_capture(const char *path, struct stat *status, bool *busy)
{
    char magic[NST_MAGIC_SIZE];
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool is;

    if (fd < 0)
        return false;
    is = fstat(fd, status) == 0 && S_ISREG(status->st_mode) &&
         read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic) &&
         !memcmp(magic, NST_FILE_MAGIC, sizeof(magic));
    *busy = is && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
    close(fd);
    return is;
}

static int fail_busy(const char *path, struct nst_error *err)
{
    return nst_fail(err, -EBUSY, "%s: another recorder writes it; record under another name", path);
}

/* What is nobody's belongs to the ring, where there is one. */
static int adopt(struct files *f, const char *folder, const char *name, struct nst_error *err)
{
    char path[PATH_MAX], *kept;
    struct stat status;
    bool busy;
    int length = snprintf(path, sizeof(path), "%s/%s", folder, name);

    if (length < 0 || (size_t)length >= sizeof(path) || !is_capture(path, &status, &busy))
        return 0;
    if (busy)
        return fail_busy(path, err);
    if (!is_ring(f))
        return 0;
    kept = strdup(path);
    if (kept && add_member(f, kept, status.st_size, status.st_mtim))
        return 0;
    free(kept);
    return nst_fail(err, -ENOMEM, "no memory");
}

static int compare_members(const void *a, const void *b)
{
    const struct member *left = a, *right = b;

    if (left->changed.tv_sec != right->changed.tv_sec)
        return left->changed.tv_sec < right->changed.tv_sec ? -1 : 1;
    if (left->changed.tv_nsec != right->changed.tv_nsec)
        return left->changed.tv_nsec < right->changed.tv_nsec ? -1 : 1;
    return strcmp(left->path, right->path);
}

/* A folder that cannot be read, or whose own name changes with the time, has none. */
static int adopt_all(struct files *f, struct nst_error *err)
{
    char folder_copy[PATH_MAX], name_copy[PATH_MAX];
    const char *folder, *name;
    const struct dirent *entry;
    DIR *list;
    int error = 0;

    snprintf(folder_copy, sizeof(folder_copy), "%s", f->options.pattern);
    snprintf(name_copy, sizeof(name_copy), "%s", f->options.pattern);
    folder = dirname(folder_copy);
    name = basename(name_copy);
    list = file_names_timed(folder) ? NULL : opendir(folder);
    while (list && !error && (entry = readdir(list)))
        if (file_names_match(name, entry->d_name))
            error = adopt(f, folder, entry->d_name, err);
    if (list)
        closedir(list);
    if (f->count)
        qsort(f->members, f->count, sizeof(*f->members), compare_members);
    return error;
}

/* Whether files of these names may be another's. One file alone has its lock, unless its recorder
 * was told to go on to the next: then it is still not ours to overwrite. */
static bool may_meet_others(const struct files_options *options)
{
    struct stat status;

    return options->series || (stat(options->pattern, &status) == 0 && S_ISREG(status.st_mode));
}

/* A ring that cannot tell its files by their names would grow with each recording. */
static int check_names(const struct files *f, struct nst_error *err)
{
    char pattern[PATH_MAX], name[PATH_MAX];
    time_t now = time(NULL);
    const char *base;
    struct tm local;

    snprintf(pattern, sizeof(pattern), "%s", f->options.pattern);
    base = basename(pattern);
    if (!is_ring(f) || !file_names_timed(base) || !localtime_r(&now, &local) ||
        !file_names_make(base, &local, 0, name) || file_names_match(base, name))
        return 0;
    return nst_fail(err, -EINVAL,
                    "-w %s: its files could not be known by such names again, so that -W and "
                    "--max-disk would not hold; %%Y%%m%%dT%%H%%M%%S could",
                    f->options.pattern);
}

/* ------------------------------------------------------------------ one after the other */

int files_new(struct files **files, const struct files_options *options,
              const struct caller *caller, struct nst_error *err)
{
    struct files *f = calloc(1, sizeof(*f));
    int error = 0;

    if (!f)
        return nst_fail(err, -ENOMEM, "no memory");
    f->options = *options;
    f->caller = caller;
    if (strlen(options->pattern) >= PATH_MAX)
        error = nst_fail(err, -ENAMETOOLONG, "-w: %s", strerror(ENAMETOOLONG));
    else
        error = check_names(f, err);
    if (!error && may_meet_others(options))
        error = adopt_all(f, err);
    if (error) {
        files_free(f);
        return error;
    }
    *files = f;
    return 0;
}

void files_free(struct files *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->count; i++)
        free(f->members[i].path);
    free(f->members);
    free(f->current);
    free(f->next);
    free(f);
}

const char *files_name(const struct files *f)
{
    return f->current ? f->current : f->options.pattern;
}

const char *files_next_name(const struct files *f)
{
    return f->next;
}

static int open_numbered(struct files *f, const struct tm *time, uint64_t number, bool overwrite,
                         struct nst_error *err)
{
    char name[PATH_MAX];
    struct stat status;
    bool busy;
    int fd;

    if (!file_names_make(f->options.pattern, time, number, name))
        return nst_fail(err, -ENAMETOOLONG, "%s: %s", f->options.pattern, strerror(ENAMETOOLONG));
    fd = output_open(name, overwrite, f->caller, &f->next_created, err);
    /* In a folder that adopt_all() could not know, too. */
    if (fd == -EEXIST && !f->current && is_capture(name, &status, &busy) && busy)
        return fail_busy(name, err);
    if (fd < 0)
        return fd;
    f->next = strdup(name);
    if (f->next)
        return fd;
    close(fd);
    return nst_fail(err, -ENOMEM, "no memory");
}

/* Takes the first name that is free. */
static int open_free(struct files *f, struct nst_error *err)
{
    bool timed = file_names_timed(f->options.pattern);
    bool overwrite = !f->current && !f->options.series && !timed;
    uint64_t number = f->current && !timed ? f->number + 1 : 0;
    time_t now = time(NULL);
    struct tm local;
    int fd;

    if (!localtime_r(&now, &local))
        return nst_fail(err, -EOVERFLOW, "no local time");
    for (;; number++) {
        fd = open_numbered(f, &local, number, overwrite, err);
        if (fd != -EEXIST)
            break;
    }
    f->next_number = number;
    return fd;
}

int files_open(struct files *f, struct nst_error *err)
{
    /* The current one counts as well, and so will the next. The first makes room when it begins. */
    if (f->current)
        keep_newest(f, f->options.keep > 1 ? f->options.keep - 2 : f->options.keep - 1);
    return open_free(f, err);
}

void files_begin(struct files *f, uint64_t last_bytes)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    /* Without memory it is forgotten, and stays where it is. */
    if (f->current && !add_member(f, f->current, last_bytes, now))
        free(f->current);
    f->current = f->next;
    f->number = f->next_number;
    f->next = NULL;
    keep_newest(f, f->options.keep - 1);
}

void files_give_up(struct files *f)
{
    if (f->next && f->next_created)
        unlink(f->next);
    free(f->next);
    f->next = NULL;
}
