/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyze/message.h"

/* The folder that path lies in, with its slash; the caller frees it. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? strndup(path, (size_t)(slash - path) + 1) : strdup("./");
}

/* A name beside the target that nobody else uses; the caller frees it. */
static char *temporary_name(const char *target)
{
    const char *slash = strrchr(target, '/');
    int folder = slash ? (int)(slash - target) + 1 : 0;
    char *name;

    if (asprintf(&name, "%.*s.%s.XXXXXX", folder, target, target + folder) < 0)
        return NULL;
    return name;
}

static int open_unnamed(const char *folder)
{
    return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static int open_new(struct output *out)
{
    char *folder = folder_of(out->target);

    if (!folder)
        return -1;
    out->fd = open_unnamed(folder);
    free(folder);
    /* NFS and FUSE have no such files; a kernel that does not know the flag says EISDIR. */
    if (out->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
        out->temporary = temporary_name(out->target);
        if (out->temporary)
            out->fd = mkostemp(out->temporary, O_CLOEXEC);
    }
    return out->fd < 0 ? -1 : 0;
}

static int fail(struct output *out)
{
    message_error(out->path, "%s", strerror(errno));
    output_abort(out);
    return STATUS_FAILED;
}

int output_open(struct output *out, const char *path)
{
    struct stat st;

    *out = (struct output){.fd = -1, .path = path};
    if (!strcmp(path, "-")) {
        out->path = "standard output";
        if (isatty(STDOUT_FILENO))
            return message_error(
                out->path, "is a terminal, and what is written is binary: use -w FILE or a pipe");
        out->fd = STDOUT_FILENO;
        return STATUS_OK;
    }
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        out->fd = open(path, O_WRONLY | O_CLOEXEC);
        return out->fd < 0 ? fail(out) : STATUS_OK;
    }
    /* Of a symbolic link the file that it means is replaced, not the link. */
    out->target = realpath(path, NULL);
    if (!out->target)
        out->target = strdup(path);
    if (!out->target || open_new(out) < 0)
        return fail(out);
    return STATUS_OK;
}

/* linkat() does not replace a file that is there, rename() does. */
static int name_unnamed(struct output *out)
{
    char self[64];
    int fd;

    out->temporary = temporary_name(out->target);
    if (!out->temporary)
        return -1;
    /* Finds a free name. Another program could take it before we do: linkat() fails then. */
    fd = mkostemp(out->temporary, O_CLOEXEC);
    if (fd < 0) {
        free(out->temporary);
        out->temporary = NULL;
        return -1;
    }
    close(fd);
    if (unlink(out->temporary) < 0)
        return -1;
    snprintf(self, sizeof(self), "/proc/self/fd/%d", out->fd);
    return linkat(AT_FDCWD, self, AT_FDCWD, out->temporary, AT_SYMLINK_FOLLOW);
}

int output_commit(struct output *out)
{
    int fd;

    if (out->target && !out->temporary && name_unnamed(out) < 0)
        return fail(out);
    fd = out->fd;
    if (fd != STDOUT_FILENO) {
        out->fd = -1;
        /* Network file systems say here that the disk is full. */
        if (close(fd) < 0)
            return fail(out);
    }
    if (out->target && rename(out->temporary, out->target) < 0)
        return fail(out);
    free(out->temporary);
    out->temporary = NULL;
    output_abort(out);
    return STATUS_OK;
}

void output_abort(struct output *out)
{
    if (out->fd >= 0 && out->fd != STDOUT_FILENO)
        close(out->fd);
    if (out->temporary)
        unlink(out->temporary);
    free(out->temporary);
    free(out->target);
    *out = (struct output){.fd = -1};
}

int output_scratch(void)
{
    const char *folder = getenv("TMPDIR");
    char *name;
    int fd;

    if (!folder || !*folder)
        folder = "/var/tmp";
    fd = open_unnamed(folder);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR) &&
        asprintf(&name, "%s/nstrail.XXXXXX", folder) >= 0) {
        fd = mkostemp(name, O_CLOEXEC);
        if (fd >= 0)
            unlink(name);
        free(name);
    }
    if (fd < 0)
        message_error(folder, "no temporary file: %s", strerror(errno));
    return fd;
}
