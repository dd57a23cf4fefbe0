/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* make_corpus DIRECTORY: writes what the fuzzers begin with: file/ for decode_file, frames/ for
 * decode_meta and decode_packets, events/ for roundtrip_events. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fuzz/corpus.h"
#include "tests/unit/format_sample.h"

enum { EVENT_SEEDS = 8, EVENT_SEED_SIZE = 4096 };

static void must(bool done, const char *what)
{
    if (done)
        return;
    fprintf(stderr, "make_corpus: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void put_file(const char *directory, const char *name, const uint8_t *data, size_t len)
{
    char path[128];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    f = fopen(path, "wb");
    must(f && fwrite(data, 1, len, f) == len && fclose(f) == 0, path);
}

static void put_case(const struct corpus_case *c)
{
    struct buffer file = {0}, frames = {0};

    corpus_make(c, &file, &frames);
    put_file("file", c->name, file.data, file.len);
    put_file("frames", c->name, frames.data, frames.len);
    nst_buffer_free(&file);
    nst_buffer_free(&frames);
}

/* Small numbers, so that many events come of it. */
static void put_events(unsigned seed)
{
    struct random r = {seed};
    uint8_t bytes[EVENT_SEED_SIZE];
    char name[32];
    size_t i;

    for (i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)random_below(&r, seed % 2 ? 256 : 24);
    snprintf(name, sizeof(name), "random-%u", seed);
    put_file("events", name, bytes, sizeof(bytes));
}

int main(int argc, char **argv)
{
    static const char *const directories[] = {"file", "frames", "events"};
    unsigned i;

    if (argc != 2) {
        fprintf(stderr, "Usage: make_corpus DIRECTORY\n");
        return 1;
    }
    must(chdir(argv[1]) == 0, argv[1]);
    for (i = 0; i < 3; i++)
        must(mkdir(directories[i], 0777) == 0 || errno == EEXIST, directories[i]);
    for (i = 0; i < corpus_count; i++)
        put_case(&corpus_cases[i]);
    for (i = 0; i < EVENT_SEEDS; i++)
        put_events(i);
    return 0;
}
