/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/series.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/message.h"

static int compare_files(const void *a, const void *b)
{
    const struct input_file *left = &(*(const struct source *const *)a)->file;
    const struct input_file *right = &(*(const struct source *const *)b)->file;
    int order = memcmp(left->info->capture_id, right->info->capture_id, 16);

    if (order)
        return order;
    return (left->info->sequence > right->info->sequence) -
           (left->info->sequence < right->info->sequence);
}

/* Each capture's files one after the other. NULL: no memory; the caller frees it. */
static struct source **in_order(struct source *const *sources, unsigned count)
{
    struct source **files = calloc(count ? count : 1, sizeof(*files));

    if (!files)
        return NULL;
    for (unsigned i = 0; i < count; i++)
        files[i] = sources[i];
    qsort(files, count, sizeof(*files), compare_files);
    return files;
}

static void say_between(const struct input_file *before, const struct input_file *after)
{
    uint32_t first = before->info->sequence + 1, last = after->info->sequence - 1;

    if (!input_same_capture(before, after) || after->info->sequence <= first)
        return;
    if (first == last)
        message_warn(after->path, "file %" PRIu32 " of its capture, before this one, is missing",
                     first);
    else
        message_warn(after->path,
                     "files %" PRIu32 " to %" PRIu32 " of its capture, before this one, are missing",
                     first, last);
}

bool series_say_missing(struct source *const *sources, unsigned count)
{
    struct source **files = in_order(sources, count);

    if (!files)
        return false;
    for (unsigned i = 1; i < count; i++)
        say_between(&files[i - 1]->file, &files[i]->file);
    free(files);
    return true;
}

static bool same_capture(const struct source *a, const struct source *b)
{
    return input_same_capture(&a->file, &b->file);
}

/* Files from begin on that tell nothing, up to one of the capture that does, or to its end. */
static unsigned end_of_silence(struct source *const *files, unsigned begin, unsigned count)
{
    unsigned end = begin;

    while (end < count && !inventory_tells(&files[end]->inventory) &&
           same_capture(files[begin], files[end]))
        end++;
    return end;
}

bool series_share(struct source *const *sources, unsigned count)
{
    struct source **files = in_order(sources, count);
    bool ok = files;

    for (unsigned i = 0, end; ok && i < count; i = end) {
        const struct source *before = NULL, *behind = NULL;

        end = end_of_silence(files, i, count);
        if (end == i) {
            end++;
            continue;
        }
        if (i && same_capture(files[i - 1], files[i]))
            before = files[i - 1];
        if (end < count && same_capture(files[i], files[end]))
            behind = files[end];
        for (unsigned silent = i; ok && silent < end; silent++)
            ok = source_borrow(files[silent], before, behind);
    }
    free(files);
    return ok;
}

static bool has_numbered(DIR *folder, const char *name)
{
    size_t length = strlen(name);
    const struct dirent *entry;

    while ((entry = readdir(folder))) {
        const char *number = entry->d_name + length;

        if (!strncmp(entry->d_name, name, length) && *number &&
            !number[strspn(number, "0123456789")])
            return true;
    }
    return false;
}

bool series_has_numbered(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *where = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    DIR *folder = where ? opendir(where) : NULL;
    bool has = folder && has_numbered(folder, slash ? slash + 1 : path);

    if (folder)
        closedir(folder);
    free(where);
    return has;
}
