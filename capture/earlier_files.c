/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/earlier_files.h"

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
#include "format/error.h"
#include "format/layout.h"

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

bool earlier_files_busy(const char *path)
{
    struct stat status;
    bool busy;

    return is_capture(path, &status, &busy) && busy;
}

int earlier_files_fail_busy(const char *path, struct nst_error *err)
{
    return nst_fail(err, -EBUSY, "%s: another recorder writes it; record under another name", path);
}

/* What is nobody's belongs to the ring, where there is one. */
static int adopt(struct file_ring *ring, const char *folder, const char *name,
                 struct nst_error *err)
{
    char path[PATH_MAX], *kept;
    struct stat status;
    bool busy;
    int length = snprintf(path, sizeof(path), "%s/%s", folder, name);

    if (length < 0 || (size_t)length >= sizeof(path) || !is_capture(path, &status, &busy))
        return 0;
    if (busy)
        return earlier_files_fail_busy(path, err);
    if (!file_ring_limited(ring))
        return 0;
    kept = strdup(path);
    if (kept && file_ring_add(ring, kept, status.st_size, status.st_mtim))
        return 0;
    free(kept);
    return nst_fail(err, -ENOMEM, "no memory for the names of files");
}

/* A folder that cannot be read, or whose own name changes with the time, has none. */
static int adopt_all(const struct files_options *options, struct file_ring *ring,
                     struct nst_error *err)
{
    char folder_copy[PATH_MAX], name_copy[PATH_MAX];
    const char *folder, *name;
    const struct dirent *entry;
    DIR *list;
    int error = 0;

    snprintf(folder_copy, sizeof(folder_copy), "%s", options->pattern);
    snprintf(name_copy, sizeof(name_copy), "%s", options->pattern);
    folder = dirname(folder_copy);
    name = basename(name_copy);
    list = file_names_timed(folder) ? NULL : opendir(folder);
    while (list && !error && (entry = readdir(list)))
        if (file_names_match(name, entry->d_name))
            error = adopt(ring, folder, entry->d_name, err);
    if (list)
        closedir(list);
    file_ring_sort(ring);
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
static int check_names(const struct files_options *options, const struct file_ring *ring,
                       struct nst_error *err)
{
    char pattern[PATH_MAX], name[PATH_MAX];
    time_t now = time(NULL);
    const char *base;
    struct tm local;

    snprintf(pattern, sizeof(pattern), "%s", options->pattern);
    base = basename(pattern);
    if (!file_ring_limited(ring) || !file_names_timed(base) || !localtime_r(&now, &local) ||
        !file_names_make(base, &local, 0, name) || file_names_match(base, name))
        return 0;
    return nst_fail(err, -EINVAL,
                    "-w %s: its files could not be known by such names again, so that -W and "
                    "--max-disk would not hold; %%Y%%m%%dT%%H%%M%%S could",
                    options->pattern);
}

int earlier_files_adopt(const struct files_options *options, struct file_ring *ring,
                        struct nst_error *err)
{
    int error = check_names(options, ring, err);

    if (!error && may_meet_others(options))
        error = adopt_all(options, ring, err);
    return error;
}
