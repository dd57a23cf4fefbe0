/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a reader finds wrong: counted, and said once. */
#include "config.h"

#include "format/reader.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "format/error.h"

void nst_reader_warn(struct nst_reader *r, const char *format, ...)
{
    struct nst_error text;
    va_list args;

    if (!r->options.warn)
        return;
    va_start(args, format);
    vsnprintf(text.text, sizeof(text.text), format, args);
    va_end(args);
    r->options.warn(r->options.context, text.text);
}

void nst_reader_bad(struct nst_reader *r, const struct block_header *h, const char *format, ...)
{
    struct nst_error text;
    va_list args;

    if (nst_offsets_has(&r->bad, h->info.offset))
        return;
    nst_offsets_add(&r->bad, h->info.offset);
    r->damage.bad_blocks++;
    va_start(args, format);
    vsnprintf(text.text, sizeof(text.text), format, args);
    va_end(args);
    nst_reader_warn(r, "block %" PRIu64 " at byte %" PRIu64 ": %s", h->info.sequence,
                    h->info.offset, text.text);
}

void nst_reader_skipped(struct nst_reader *r, uint64_t from, uint64_t to)
{
    if (from < r->frontier || from >= to)
        return;
    r->damage.skipped_bytes += to - from;
    nst_reader_warn(r, "%" PRIu64 " byte%s from byte %" PRIu64 " on belong%s to no block",
                    to - from, NST_PLURAL(to - from), from, to - from == 1 ? "s" : "");
}

void nst_reader_tail(struct nst_reader *r, uint64_t from, uint64_t to, bool torn)
{
    if (!torn) {
        nst_reader_skipped(r, from, to);
    } else if (from >= r->frontier && from < to) {
        r->damage.torn_bytes += to - from;
        nst_reader_warn(
            r, "the block at byte %" PRIu64 " is cut: the file ends after %" PRIu64 " byte%s of it",
            from, to - from, NST_PLURAL(to - from));
    }
}

bool nst_reader_note(struct nst_reader *r, const struct block_header *h)
{
    uint64_t sequence = h->info.sequence, expected = r->gaps.next;

    if (h->info.offset < r->frontier)
        return !nst_offsets_has(&r->duplicates, h->info.offset);
    switch (nst_gaps_note(&r->gaps, sequence)) {
    case SEQUENCE_GAP:
        nst_reader_warn(r,
                        "%" PRIu64 " block%s missing before byte %" PRIu64 ": block %" PRIu64
                        ", expected %" PRIu64,
                        sequence - expected, sequence - expected == 1 ? " is" : "s are",
                        h->info.offset, sequence, expected);
        break;
    case SEQUENCE_LATE:
        nst_reader_warn(r, "block %" PRIu64 " at byte %" PRIu64 " stands out of order", sequence,
                        h->info.offset);
        break;
    case SEQUENCE_AGAIN:
        r->damage.duplicates++;
        nst_offsets_add(&r->duplicates, h->info.offset);
        nst_reader_warn(r, "block %" PRIu64 " at byte %" PRIu64 " was there before: left out",
                        sequence, h->info.offset);
        return false;
    default:
        break;
    }
    r->damage.lost_blocks = r->gaps.missing;
    return true;
}
