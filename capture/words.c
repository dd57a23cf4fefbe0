/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int words_add(struct words *words, const char *word)
{
    const char **list = reallocarray(words->list, words->count + 1, sizeof(*list));

    if (!list)
        return -ENOMEM;
    list[words->count++] = word;
    words->list = list;
    return 0;
}

void words_free(struct words *words)
{
    free(words->list);
    *words = (struct words){0};
}

bool words_have(const struct words *words, const char *word)
{
    for (size_t i = 0; i < words->count; i++)
        if (!strcmp(words->list[i], word))
            return true;
    return false;
}

char *words_join(const struct words *words)
{
    size_t length = 1;
    char *line, *end;

    for (size_t i = 0; i < words->count; i++)
        length += strlen(words->list[i]) + 1;
    line = malloc(length);
    if (!line)
        return NULL;
    end = line;
    for (size_t i = 0; i < words->count; i++) {
        if (i)
            *end++ = ' ';
        end = stpcpy(end, words->list[i]);
    }
    *end = '\0';
    return line;
}
