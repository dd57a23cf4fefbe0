/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads small files that others have made: bounded, and never blocked by what stands in a file's
 * place. Only regular files are read, and no symbolic link below the folder is followed.
 */
#ifndef NST_CAPTURE_INVENTORY_FILE_AT_H
#define NST_CAPTURE_INVENTORY_FILE_AT_H

#include <stddef.h>
#include <sys/types.h>

/* The file at dir/path, opened for reading. A negative errno; -EINVAL: it is no regular file. */
int file_at_open(int dir, const char *path);
/* A folder below dir, to be given as dir. */
int file_at_folder(int dir, const char *path);

/* Its content in buf, with a NUL behind; longer than room - 1 is -EFBIG. Answers the length. */
ssize_t file_at_read(int dir, const char *path, char *buf, size_t room);

/* The same in memory that the caller frees, up to max bytes. NULL: it cannot be had. */
char *file_at_load(int dir, const char *path, size_t max, size_t *len);

/* All that a descriptor has, with a NUL behind. Answers the length, -EFBIG as above. */
ssize_t file_at_drain(int fd, char *buf, size_t room);

#endif
