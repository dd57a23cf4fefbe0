/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One capture in several files: each is whole, and they know of each other. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "format/nstrail.h"
#include "tests/unit/format_sample.h"
#include "tests/unit/tap.h"

#define FILES  3
#define EVENTS 3000

static const struct nst_file_info file_info = {.snaplen = 128, .capture_id = {1, 2, 3}};

struct round {
    int fds[FILES];
    struct nst_writer *w;
    struct sample samples[FILES];
    int blocks; /* that the hook saw */
};

static int new_file(void)
{
    int fd = memfd_create("rotate", 0);

    if (fd < 0)
        exit(99);
    return fd;
}

static void count_block(void *context, const void *data, size_t len)
{
    struct round *r = context;

    (void)data;
    (void)len;
    r->blocks++;
}

/* Writes a sample to each file; before the last one, tries one that cannot be written. */
static bool write_all(struct round *r)
{
    const struct nst_writer_hooks hooks = {.context = r, .block = count_block};
    bool good = true;

    for (int i = 0; i < FILES; i++) {
        struct nst_file_info info = file_info;

        info.monotonic_ns = i + 1;
        r->fds[i] = new_file();
        if (i == FILES - 1)
            good &= nst_writer_rotate(r->w, open("/dev/null", O_RDONLY), &info, NULL, NULL) < 0;
        if (i == 0)
            good &= nst_writer_open_hooked(&r->w, dup(r->fds[0]), &info, &hooks, NULL) == 0;
        else
            good &= nst_writer_rotate(r->w, dup(r->fds[i]), &info, NULL, NULL) == 0;
        sample_journeys(&r->samples[i], 50 + (uint64_t)i, EVENTS, 128);
        good &= sample_write(&r->samples[i], r->w);
    }
    return good;
}

static void check_stats(struct tap *tap, struct round *r)
{
    struct nst_writer_stats stats;
    off_t all = 0, last;

    nst_writer_flush(r->w, NULL);
    nst_writer_stats(r->w, &stats);
    for (int i = 0; i < FILES; i++)
        all += lseek(r->fds[i], 0, SEEK_END);
    last = lseek(r->fds[FILES - 1], 0, SEEK_END);
    tap_ok(tap, stats.written == FILES * EVENTS && !stats.lost, "all events are written");
    tap_ok(tap, stats.bytes == (uint64_t)all && stats.file_bytes == (uint64_t)last,
           "bytes of all files, and of this one");
    tap_ok(tap, r->blocks > 0 && (uint64_t)r->blocks == stats.blocks, "the hook sees each block");
}

/* The file has its sample and nothing else. */
static bool is_whole(struct round *r, int file, const uint8_t previous[8], uint8_t salt[8])
{
    const struct nst_file_info *info;
    struct nst_reader *reader;
    bool good;

    lseek(r->fds[file], 0, SEEK_SET);
    if (nst_reader_fdopen(&reader, r->fds[file], NULL, NULL) < 0)
        return false;
    info = nst_reader_file(reader);
    good = info->sequence == (uint32_t)file && info->monotonic_ns == (uint64_t)file + 1 &&
           !memcmp(info->capture_id, file_info.capture_id, 16) &&
           !memcmp(info->previous_salt, previous, 8);
    memcpy(salt, info->salt, 8);
    good &= sample_compare(&r->samples[file], reader, NST_LOAD_PACKETS) == EVENTS;
    good &= nst_reader_damage(reader)->ended && !nst_reader_damage(reader)->lost_blocks;
    nst_reader_close(reader);
    return good;
}

int main(void)
{
    struct tap tap = {0};
    struct round r = {0};
    uint8_t salts[FILES + 1][8] = {{0}};

    tap_ok(&tap, write_all(&r), "three files, and one that cannot be begun");
    check_stats(&tap, &r);
    tap_ok(&tap, nst_writer_close(r.w, NULL, NULL) == 0, "closed");
    for (int i = 0; i < FILES; i++)
        tap_ok(&tap, is_whole(&r, i, salts[i], salts[i + 1]), "a file is whole, alone");
    tap_ok(&tap, memcmp(salts[1], salts[2], 8) && memcmp(salts[2], salts[3], 8),
           "each has a salt of its own");
    for (int i = 0; i < FILES; i++)
        sample_free(&r.samples[i]);
    return tap_done(&tap);
}
