/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a file's header says of the host and the recording. */
#ifndef NST_CAPTURE_FILE_INFO_H
#define NST_CAPTURE_FILE_INFO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/utsname.h>

#include "format/nstrail.h"

struct file_info {
    struct nst_file_info info; /* its strings are those below */
    struct utsname host;
    char *command_line;
};

/* For the first file of a new capture. */
int file_info_init(struct file_info *file, int argc, char **argv, struct nst_error *err);
/* For a later one: the clocks as they are now. */
void file_info_renew(struct file_info *file);
void file_info_free(struct file_info *file);

/* "01234567-89ab-..." as /proc has it; false: it is none. */
bool file_info_parse_uuid(const char *text, uint8_t uuid[16]);

#endif
