/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/probe_kind.h"

#include <stddef.h>
#include <string.h>

#include "format/nstrail.h"

static const struct {
    uint32_t kind;
    const char *name;
    const char *letters; /* Retis's, and two of the same make for what it does not have */
    const char *prefix;
} kinds[] = {
    {NST_PROBE_RAW_TRACEPOINT, "raw_tracepoint", "tp", "tp:"},
    {NST_PROBE_KPROBE, "kprobe", "k", "kprobe:"},
    {NST_PROBE_KRETPROBE, "kretprobe", "kr", "kretprobe:"},
    {NST_PROBE_FENTRY, "fentry", "fe", "fentry:"},
    {NST_PROBE_FEXIT, "fexit", "fx", "fexit:"},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

const char *probe_kind_name(uint32_t kind)
{
    for (size_t i = 0; i < KINDS; i++)
        if (kinds[i].kind == kind)
            return kinds[i].name;
    return NULL;
}

const char *probe_kind_letters(uint32_t kind)
{
    for (size_t i = 0; i < KINDS; i++)
        if (kinds[i].kind == kind)
            return kinds[i].letters;
    return "?";
}

uint32_t probe_kind_of_prefix(const char *text, const char **symbol)
{
    for (size_t i = 0; i < KINDS; i++) {
        size_t length = strlen(kinds[i].prefix);

        if (!strncmp(text, kinds[i].prefix, length)) {
            *symbol = text + length;
            return kinds[i].kind;
        }
    }
    *symbol = text;
    return 0;
}
