/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/file_kind.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/layout.h"

/* With its NUL. */
static const char database_magic[] = "SQLite format 3";

static bool begins_with(int fd, const char *magic, size_t size)
{
    char bytes[sizeof(database_magic)];

    return pread(fd, bytes, size, 0) == (ssize_t)size && !memcmp(bytes, magic, size);
}

enum file_kind file_kind(const char *path)
{
    enum file_kind kind = FILE_KIND_OTHER;
    struct stat st;
    int fd;

    /* A pipe is left as it is: even to open it would be noticed at its other end. */
    if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
        return kind;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return kind;
    if (begins_with(fd, NST_FILE_MAGIC, NST_MAGIC_SIZE))
        kind = FILE_KIND_CAPTURE;
    else if (begins_with(fd, database_magic, sizeof(database_magic)))
        kind = FILE_KIND_DATABASE;
    close(fd);
    return kind;
}
