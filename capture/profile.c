/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/error.h"

#define FILE_BYTES_MAX 65536
#define LINE_BYTES_MAX 255

/* Those that we bring along, so that a recorder alone has them too: see profiles.S. */
extern const char profile_default_start[], profile_default_end[];
extern const char profile_drop_start[], profile_drop_end[];
extern const char profile_ifdump_start[], profile_ifdump_end[];
extern const char profile_stack_start[], profile_stack_end[];

static const struct {
    const char *name, *start, *end;
} ours[] = {
    {"default", profile_default_start, profile_default_end},
    {"drop", profile_drop_start, profile_drop_end},
    {"ifdump", profile_ifdump_start, profile_ifdump_end},
    {"stack", profile_stack_start, profile_stack_end},
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The line without its comment and the blanks around it, in *length bytes. */
static const char *trim(const char *line, size_t *length)
{
    const char *comment = memchr(line, '#', *length);

    if (comment)
        *length = comment - line;
    while (*length && is_blank(line[*length - 1]))
        (*length)--;
    while (*length && is_blank(*line)) {
        line++;
        (*length)--;
    }
    return line;
}

static int take_line(struct profile *profile, const char *line, size_t length)
{
    char text[LINE_BYTES_MAX + 1];
    struct probe_spec *specs;

    line = trim(line, &length);
    if (!length)
        return 0;
    if (length > LINE_BYTES_MAX || memchr(line, '\0', length))
        return -EINVAL;
    specs = reallocarray(profile->specs, profile->count + 1, sizeof(*specs));
    if (!specs)
        return -ENOMEM;
    profile->specs = specs;
    memcpy(text, line, length);
    text[length] = '\0';
    return probe_spec_parse(&specs[profile->count++], text, NULL);
}

int profile_parse(struct profile *profile, const char *file, const char *text, size_t length,
                  struct nst_error *err)
{
    const char *end = text + length;
    unsigned number = 1;

    *profile = (struct profile){0};
    for (; text < end; number++) {
        const char *newline = memchr(text, '\n', end - text);
        size_t bytes = (newline ? newline : end) - text;
        int error = take_line(profile, text, bytes);

        if (error) {
            profile_free(profile);
            return nst_fail(err, error, "%s:%u: %s", file, number,
                            error == -EINVAL ? "not a probe, as -p takes it"
                                             : "no memory for the probes");
        }
        text += bytes + (newline ? 1 : 0);
    }
    return 0;
}

void profile_free(struct profile *profile)
{
    free(profile->specs);
    *profile = (struct profile){0};
}

/* Reads all of an open file. */
static int read_text(int fd, char *text, size_t room, size_t *length)
{
    *length = 0;
    while (*length < room) {
        ssize_t bytes = read(fd, text + *length, room - *length);

        if (bytes < 0)
            return -errno;
        if (!bytes)
            return 0;
        *length += bytes;
    }
    return -EFBIG;
}

static int read_file(struct profile *profile, const char *path, struct nst_error *err)
{
    /* Nothing that would wait for somebody to write. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), error = 0;
    struct stat file;
    char *text;
    size_t length = 0;

    if (fd < 0)
        return nst_fail(err, -errno, "%s: %s", path, strerror(errno));
    text = malloc(FILE_BYTES_MAX + 1);
    if (!text)
        error = -ENOMEM;
    else if (fstat(fd, &file))
        error = -errno;
    else if (!S_ISREG(file.st_mode))
        error = S_ISDIR(file.st_mode) ? -EISDIR : -EINVAL;
    else
        error = read_text(fd, text, FILE_BYTES_MAX + 1, &length);
    close(fd);
    if (error)
        nst_fail(err, error, "%s: %s", path, strerror(-error));
    else
        error = profile_parse(profile, path, text, length, err);
    free(text);
    return error;
}

static int read_ours(struct profile *profile, const char *name, struct nst_error *err)
{
    char names[256] = "";

    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (!strcmp(ours[i].name, name))
            return profile_parse(profile, name, ours[i].start, ours[i].end - ours[i].start, err);
        snprintf(names + strlen(names), sizeof(names) - strlen(names), " %s", ours[i].name);
    }
    return nst_fail(err, -ENOENT,
                    "no profile %s in " PROFILES_OF_HOST " or " PROFILES
                    ", and it is none of%s (a file's name has a slash)",
                    name, names);
}

int profile_read(struct profile *profile, const char *name, struct nst_error *err)
{
    static const char *const folders[] = {PROFILES_OF_HOST, PROFILES};
    char path[512];

    if (strchr(name, '/'))
        return read_file(profile, name, err);
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        if (*name != '.' &&
            snprintf(path, sizeof(path), "%s/%s", folders[i], name) < (int)sizeof(path) &&
            !access(path, F_OK))
            return read_file(profile, path, err);
    return read_ours(profile, name, err);
}
