/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/mounts.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* What stands between two blanks. */
struct field {
    const char *text;
    size_t len;
};

static struct field take_field(const char **at)
{
    struct field field = {.text = *at, .len = strcspn(*at, " \n")};

    *at += field.len;
    if (**at == ' ')
        ++*at;
    return field;
}

static bool is_octal(const char *p)
{
    return p[0] >= '0' && p[0] <= '3' && p[1] >= '0' && p[1] <= '7' && p[2] >= '0' && p[2] <= '7';
}

/* The kernel writes blank, tab, newline and backslash as \ooo. False: longer than we take. */
static bool unescape(struct field field, char *path, size_t room)
{
    size_t len = 0;

    for (size_t i = 0; i < field.len; i++) {
        char c = field.text[i];

        if (c == '\\' && field.len - i > 3 && is_octal(&field.text[i + 1])) {
            c = (char)((field.text[i + 1] - '0') << 6 | (field.text[i + 2] - '0') << 3 |
                       (field.text[i + 3] - '0'));
            i += 3;
        }
        if (len == room - 1 || !c)
            return false;
        path[len++] = c;
    }
    path[len] = '\0';
    return len > 0;
}

/* "net:[4026532591]" */
static bool parse_root(struct field root, uint32_t *inum)
{
    char *end;
    unsigned long number;

    if (root.len < 7 || strncmp(root.text, "net:[", 5) != 0)
        return false;
    number = strtoul(root.text + 5, &end, 10);
    if (end != root.text + root.len - 1 || *end != ']' || number == 0 || number > UINT32_MAX)
        return false;
    *inum = (uint32_t)number;
    return true;
}

/* ID PARENT MAJOR:MINOR ROOT PATH OPTIONS [TAG...] - TYPE SOURCE OPTIONS. A folder of another file
 * system can be called net:[1] as well. */
static bool parse_line(const char *line, struct mount *mount)
{
    struct field root, path, field;

    take_field(&line);
    take_field(&line);
    take_field(&line);
    root = take_field(&line);
    if (!parse_root(root, &mount->inum))
        return false;
    path = take_field(&line);
    do
        field = take_field(&line);
    while (field.len && !(field.len == 1 && *field.text == '-'));
    field = take_field(&line);
    return field.len == 4 && !strncmp(field.text, "nsfs", 4) &&
           unescape(path, mount->path, sizeof(mount->path));
}

bool mounts_next(const char **text, struct mount *mount)
{
    while (**text) {
        const char *line = *text, *end = strchr(line, '\n');

        *text = end ? end + 1 : line + strlen(line);
        if (parse_line(line, mount))
            return true;
    }
    return false;
}
