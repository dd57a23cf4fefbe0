/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/symbols.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/error.h"
#include "format/search.h"

#define KALLSYMS "/proc/kallsyms"
/* KSYM_NAME_LEN, since 6.1 (b8a94bfb3395). */
#define NAME_MAX_BYTES 512

struct symbol {
    uint64_t address;
    uint32_t name; /* where it begins in the text */
};

struct symbols {
    struct symbol *list; /* by address */
    size_t count, room;
    char *text;
    size_t text_used, text_room;
    struct symbol *by_name;
    uint64_t *answer; /* of the last question for a name */
};

static bool grow(void **list, size_t used, size_t more, size_t *room, size_t size)
{
    size_t wanted = *room ? *room : 65536;
    void *bigger;

    while (wanted - used < more)
        wanted *= 2;
    if (wanted == *room)
        return true;
    bigger = reallocarray(*list, wanted, size);
    if (!bigger)
        return false;
    *list = bigger;
    *room = wanted;
    return true;
}

static bool add(struct symbols *s, uint64_t address, const char *name)
{
    size_t bytes = strlen(name) + 1;

    if (!grow((void **)&s->list, s->count, 1, &s->room, sizeof(*s->list)) ||
        !grow((void **)&s->text, s->text_used, bytes, &s->text_room, 1))
        return false;
    s->list[s->count++] = (struct symbol){address, (uint32_t)s->text_used};
    memcpy(s->text + s->text_used, name, bytes);
    s->text_used += bytes;
    return true;
}

/* Functions, weak ones too. */
static bool is_text(char type)
{
    return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

static int read_lines(struct symbols *s, FILE *file)
{
    char line[NAME_MAX_BYTES + 128], name[NAME_MAX_BYTES];
    bool hidden = true;

    while (fgets(line, sizeof(line), file)) {
        unsigned long long address;
        char type;

        if (sscanf(line, "%llx %c %511s", &address, &type, name) != 3 || !is_text(type))
            continue;
        hidden &= !address;
        if (!add(s, address, name))
            return -ENOMEM;
    }
    return hidden ? -EPERM : 0;
}

static int by_address(const void *a, const void *b)
{
    uint64_t first = ((const struct symbol *)a)->address;
    uint64_t second = ((const struct symbol *)b)->address;

    return (first > second) - (first < second);
}

static int by_name(const void *a, const void *b, void *text)
{
    const struct symbol *first = a, *second = b;

    return strcmp((const char *)text + first->name, (const char *)text + second->name);
}

int symbols_read(struct symbols **symbols, struct nst_error *err)
{
    struct symbols *s = calloc(1, sizeof(*s));
    FILE *file = fopen(KALLSYMS, "re");
    int error = !s ? -ENOMEM : file ? read_lines(s, file) : -errno;

    if (file)
        fclose(file);
    if (error) {
        symbols_free(s);
        return nst_fail(err, error, "%s: %s", KALLSYMS,
                        error == -EPERM ? "addresses are hidden from this process: it takes CAP_SYSLOG, and "
                                          "kernel.kptr_restrict below 2"
                                        : strerror(-error));
    }
    qsort(s->list, s->count, sizeof(*s->list), by_address);
    *symbols = s;
    return 0;
}

void symbols_free(struct symbols *s)
{
    if (!s)
        return;
    free(s->list);
    free(s->text);
    free(s->by_name);
    free(s->answer);
    free(s);
}

const char *symbols_find(const struct symbols *s, uint64_t address, uint64_t *start)
{
    struct search behind = search_in(s->count);
    const struct symbol *symbol;

    while (search_step(&behind))
        search_tell(&behind, s->list[behind.at].address <= address);
    if (!behind.at)
        return NULL;
    symbol = &s->list[behind.at - 1];
    *start = symbol->address;
    return s->text + symbol->name;
}

static bool sort_names(struct symbols *s)
{
    if (s->by_name)
        return true;
    s->by_name = reallocarray(NULL, s->count, sizeof(*s->by_name));
    if (!s->by_name)
        return false;
    memcpy(s->by_name, s->list, s->count * sizeof(*s->by_name));
    qsort_r(s->by_name, s->count, sizeof(*s->by_name), by_name, s->text);
    return true;
}

size_t symbols_named(struct symbols *s, const char *name, const uint64_t **all)
{
    struct search first = search_in(s->count);
    const struct symbol *found;
    size_t count = 0;
    uint64_t *answer;

    if (!sort_names(s))
        return 0;
    while (search_step(&first))
        search_tell(&first, strcmp(s->text + s->by_name[first.at].name, name) < 0);
    found = s->by_name + first.at;
    while (first.at + count < s->count && !strcmp(s->text + found[count].name, name))
        count++;
    answer = reallocarray(s->answer, count + 1, sizeof(*answer));
    if (!answer)
        return 0;
    for (size_t i = 0; i < count; i++)
        answer[i] = found[i].address;
    s->answer = answer;
    *all = answer;
    return count;
}
