/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Words of a command line. */
#ifndef NST_CAPTURE_WORDS_H
#define NST_CAPTURE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

struct words {
    const char **list; /* borrowed strings */
    size_t count;
};

/* 0, or -ENOMEM. */
int words_add(struct words *words, const char *word);
void words_free(struct words *words);

bool words_have(const struct words *words, const char *word);

/* All of them with blanks between, for the caller to free. NULL: no memory. */
char *words_join(const struct words *words);

#endif
