/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Each file of the corpus has the outcome that its table gives, and whatever a block says, the
 * blocks around it are read. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "tests/fuzz/corpus.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/tap.h"

/* Of this process: what a hostile block may make a reader take, with room to spare. */
enum { MEMORY = 512 * 1024 * 1024 };

struct seen {
    unsigned loaded; /* a bit for each block by its sequence number */
    unsigned bare;   /* those whose events came without their packets */
    int code;        /* what loading the block in question said */
    int end;         /* what the last nst_reader_next() said */
    struct nst_damage damage;
};

static struct seen read_case(const struct buffer *file)
{
    struct seen seen = {0};
    const struct nst_block *block;
    struct nst_reader *r;
    unsigned bit;
    int ret;

    if (nst_reader_fdopen(&r, fuzz_file(file->data, file->len), NULL, NULL) < 0)
        exit(99);
    while ((seen.end = nst_reader_next(r, &block, NULL)) == 1) {
        bit = 1u << block->info.sequence;
        ret = nst_reader_load(r, NST_LOAD_PACKETS, NULL);
        if (block->info.sequence == CORPUS_QUESTIONED)
            seen.code = ret;
        if (ret < 0)
            continue;
        fuzz_look_at(block);
        seen.loaded |= bit;
        if (block->info.type == NST_BLOCK_EVENTS && !block->events[0].packet)
            seen.bare |= bit;
    }
    seen.damage = *nst_reader_damage(r);
    nst_reader_close(r);
    return seen;
}

static bool right(const struct corpus_case *c, const struct seen *seen)
{
    const unsigned questioned = 1u << CORPUS_QUESTIONED,
                   others = ((1u << CORPUS_BLOCKS) - 1) & ~questioned;
    const struct nst_damage *d = &seen->damage;
    bool whole = (seen->loaded & ~questioned) == others && seen->end == 0 && d->ended &&
                 !(seen->bare & ~questioned);

    switch (c->outcome) {
    case CORPUS_READ:
        return whole && !seen->bare && !seen->code && !d->bad_blocks && !d->lost_blocks &&
               !d->skipped_bytes;
    case CORPUS_REFUSED:
        return whole && seen->code == c->code && d->bad_blocks == (c->code == -EBADMSG);
    case CORPUS_NO_BYTES:
        return whole && seen->bare == questioned && d->bad_blocks == 1;
    case CORPUS_NO_BLOCK:
        return whole && !(seen->loaded & questioned) && d->lost_blocks == 1 && d->skipped_bytes;
    case CORPUS_STOPPED:
        return seen->loaded == 1 && seen->end == c->code;
    }
    return false;
}

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1 /* as gcc says it */
#endif
#endif

/* A sanitizer needs terabytes of addresses. */
static void limit_memory(void)
{
#ifndef __SANITIZE_ADDRESS__
    setrlimit(RLIMIT_AS, &(struct rlimit){.rlim_cur = MEMORY, .rlim_max = MEMORY});
#endif
}

int main(void)
{
    struct tap tap = {0};
    size_t i;

    limit_memory();
    for (i = 0; i < corpus_count; i++) {
        struct buffer file = {0};
        struct seen seen;

        corpus_make(&corpus_cases[i], &file, NULL);
        seen = read_case(&file);
        if (!tap_ok(&tap, right(&corpus_cases[i], &seen), corpus_cases[i].name))
            printf("# loaded %x, bare %x, load %d, next %d, bad %llu, lost %llu\n", seen.loaded,
                   seen.bare, seen.code, seen.end, (unsigned long long)seen.damage.bad_blocks,
                   (unsigned long long)seen.damage.lost_blocks);
        nst_buffer_free(&file);
    }
    return tap_done(&tap);
}
