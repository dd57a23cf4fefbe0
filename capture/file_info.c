/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/file_info.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "capture/clock.h"
#include "format/error.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

bool file_info_parse_uuid(const char *text, uint8_t uuid[16])
{
    uint8_t parsed[16];

    for (size_t i = 0; i < sizeof(parsed); i++) {
        int high, low;

        if (*text == '-')
            text++;
        high = hex_digit(text[0]);
        low = high < 0 ? -1 : hex_digit(text[1]);
        if (low < 0)
            return false;
        parsed[i] = high << 4 | low;
        text += 2;
    }
    memcpy(uuid, parsed, sizeof(parsed));
    return true;
}

/* Zeros where it cannot be read. */
static void read_boot_id(uint8_t boot_id[16])
{
    char line[64];
    FILE *file = fopen(BOOT_ID, "re");

    if (!file)
        return;
    if (fgets(line, sizeof(line), file))
        file_info_parse_uuid(line, boot_id);
    fclose(file);
}

/* A shell takes it for what it is. */
static bool is_plain(const char *word)
{
    return *word && !word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "0123456789@%+=:,./_-")];
}

/* Appends the word as a shell needs it; answers the end. Takes four bytes for each of the word's,
 * and two, at most. */
static char *quote(char *end, const char *word)
{
    if (is_plain(word))
        return stpcpy(end, word);
    *end++ = '\'';
    for (; *word; word++) {
        if (*word == '\'')
            end = stpcpy(end, "'\\''");
        else
            *end++ = *word;
    }
    *end++ = '\'';
    *end = '\0';
    return end;
}

/* The words of the command as they can be given to a shell again. NULL: no memory. */
static char *join(int argc, char **argv)
{
    size_t length = 1;
    char *line, *end;

    for (int i = 0; i < argc; i++)
        length += 4 * strlen(argv[i]) + 3;
    line = malloc(length);
    if (!line)
        return NULL;
    end = line;
    for (int i = 0; i < argc; i++) {
        if (i)
            *end++ = ' ';
        end = quote(end, argv[i]);
    }
    *end = '\0';
    return line;
}

void file_info_renew(struct file_info *file)
{
    struct clocks clocks;

    clock_read(&clocks);
    file->info.monotonic_ns = clocks.monotonic_ns;
    file->info.boottime_ns = clocks.boottime_ns;
    file->info.realtime_ns = clocks.realtime_ns;
}

int file_info_init(struct file_info *file, int argc, char **argv, struct nst_error *err)
{
    struct nst_file_info *info = &file->info;

    *file = (struct file_info){0};
    if (uname(&file->host))
        return nst_fail(err, -errno, "uname: %s", strerror(errno));
    if (getrandom(info->capture_id, sizeof(info->capture_id), 0) !=
        (ssize_t)sizeof(info->capture_id))
        return nst_fail(err, -EIO, "no random numbers for the capture's id");
    file->command_line = join(argc, argv);
    if (!file->command_line)
        return nst_fail(err, -ENOMEM, "no memory for the command line");
    read_boot_id(info->boot_id);
    file_info_renew(file);
    info->hostname = file->host.nodename;
    info->kernel_release = file->host.release;
    info->kernel_version = file->host.version;
    info->machine = file->host.machine;
    info->writer = "nstrail-capture " NSTRAIL_VERSION;
    info->command_line = file->command_line;
    return 0;
}

void file_info_free(struct file_info *file)
{
    free(file->command_line);
    *file = (struct file_info){0};
}
