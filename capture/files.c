/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capture/earlier_files.h"
#include "capture/file_names.h"
#include "capture/file_ring.h"
#include "capture/output.h"
#include "format/error.h"

struct files {
    struct files_options options;
    const struct caller *caller;
    struct file_ring ring; /* without the current one */
    uint64_t number;       /* of the current name, in its time... */
    uint64_t next_number;  /* ...and of the next */
    char *current, *next;  /* NULL: none */
    bool next_created;     /* it was not there before */
};

int files_new(struct files **files, const struct files_options *options,
              const struct caller *caller, struct nst_error *err)
{
    struct files *f = calloc(1, sizeof(*f));
    int error = 0;

    if (!f)
        return nst_fail(err, -ENOMEM, "no memory for the names of files");
    f->options = *options;
    f->ring = (struct file_ring){.keep = options->keep, .disk_bytes = options->disk_bytes};
    f->caller = caller;
    if (strlen(options->pattern) >= PATH_MAX)
        error = nst_fail(err, -ENAMETOOLONG, "-w: %s", strerror(ENAMETOOLONG));
    else
        error = earlier_files_adopt(options, &f->ring, err);
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
    file_ring_free(&f->ring);
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
    int fd;

    if (!file_names_make(f->options.pattern, time, number, name))
        return nst_fail(err, -ENAMETOOLONG, "%s: %s", f->options.pattern, strerror(ENAMETOOLONG));
    fd = output_open(name, overwrite, f->caller, &f->next_created, err);
    /* In a folder that earlier_files_adopt() could not know, too. */
    if (fd == -EEXIST && !f->current && earlier_files_busy(name))
        return earlier_files_fail_busy(name, err);
    if (fd < 0)
        return fd;
    f->next = strdup(name);
    if (f->next)
        return fd;
    close(fd);
    return nst_fail(err, -ENOMEM, "no memory for the names of files");
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
        file_ring_keep_newest(&f->ring, f->ring.keep > 1 ? f->ring.keep - 2 : f->ring.keep - 1);
    return open_free(f, err);
}

void files_begin(struct files *f, uint64_t last_bytes)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    /* Without memory it is forgotten, and stays where it is. */
    if (f->current && !file_ring_add(&f->ring, f->current, last_bytes, now))
        free(f->current);
    f->current = f->next;
    f->number = f->next_number;
    f->next = NULL;
    file_ring_keep_newest(&f->ring, f->ring.keep - 1);
}

void files_give_up(struct files *f)
{
    if (f->next && f->next_created)
        unlink(f->next);
    free(f->next);
    f->next = NULL;
}

bool files_make_room(struct files *f)
{
    return file_ring_make_room(&f->ring);
}

void files_grown(struct files *f, uint64_t bytes)
{
    file_ring_fit(&f->ring, bytes);
}
