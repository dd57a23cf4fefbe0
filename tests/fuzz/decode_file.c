/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A whole file, read in the ways that programs do: from its start and from a pipe, with blocks
 * taken out and gone back to. What a pipe gives must be what the file gave. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

enum { SEEKS = 16, PIPE_SIZE = 65536 };

static struct nst_reader *open_fd(int fd, const struct nst_reader_options *options)
{
    struct nst_reader *r;
    struct nst_error err;

    if (nst_reader_fdopen(&r, fd, options, &err) == 0)
        return r;
    close(fd);
    return NULL;
}

static void ignore(void *context, const char *text)
{
    (void)context;
    (void)text;
}

/* Answers how many blocks there were, and the places of the first ones. */
static unsigned read_through(struct nst_reader *r, unsigned what, uint64_t *places)
{
    const struct nst_block *block;
    struct nst_error err;
    unsigned count = 0;
    int ret;

    while ((ret = nst_reader_next(r, &block, &err)) == 1) {
        if (places && count < SEEKS)
            places[count] = block->info.offset;
        count++;
        if (nst_reader_load(r, what, &err) == 0)
            fuzz_look_at(block);
    }
    if (nst_reader_next(r, &block, NULL) != ret) /* the end is sticky */
        abort();
    return count;
}

static void take_backwards(struct nst_reader *r, const uint64_t *places, unsigned count)
{
    const struct nst_block *block;
    struct nst_block *taken = NULL;

    while (count--) {
        if (nst_reader_seek(r, places[count], NULL) < 0 || nst_reader_next(r, &block, NULL) < 0 ||
            nst_reader_load(r, count % 2 ? NST_LOAD_META : NST_LOAD_PACKETS, NULL) < 0)
            continue;
        nst_block_free(taken);
        taken = nst_reader_take(r);
        if (taken)
            fuzz_look_at(taken);
    }
    nst_reader_close(r);
    if (taken)
        fuzz_look_at(taken); /* outlives the reader */
    nst_block_free(taken);
}

/* Only what a pipe holds at once: nobody else is there to write to it. */
static void read_pipe(const uint8_t *data, size_t size, const struct nst_reader_options *options,
                      unsigned expected)
{
    struct nst_reader *r;
    int ends[2];

    if (size > PIPE_SIZE)
        return;
    if (pipe(ends) < 0 || write(ends[1], data, size) != (ssize_t)size)
        abort();
    close(ends[1]);
    r = open_fd(ends[0], options);
    if (r && read_through(r, NST_LOAD_PACKETS, NULL) > expected)
        abort();
    nst_reader_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct nst_reader_options options = {.warn = ignore};
    struct nst_reader *r = open_fd(fuzz_file(data, size), &options);
    uint64_t places[SEEKS];
    unsigned count = 0;

    if (r) {
        count = read_through(r, NST_LOAD_PACKETS, places);
        take_backwards(r, places, count < SEEKS ? count : SEEKS);
    }
    read_pipe(data, size, &options, count);
    return 0;
}
