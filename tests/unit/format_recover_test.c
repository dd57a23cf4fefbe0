/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whatever happens to a file, what is whole is given and what is not is said; and what
 * happens to the disk while writing leaves a file that is whole. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/bytes.h"
#include "format/crc32c.h"
#include "format/layout.h"
#include "format/nstrail.h"
#include "format/recover.h"
#include "format/writer.h"
#include "tests/unit/format_sample.h"
#include "tests/unit/tap.h"

enum {
    EVENT_BLOCKS = 5,
    EVENTS = 12, /* in a block */
    BLOCKS = EVENT_BLOCKS + 2,
    LARGEST = 64 * 1024,
};

static const struct nst_file_info file_info = {
    .salt = {0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6, 0x07, 0x18},
    .snaplen = 64,
    .hostname = "host",
    .realtime_ns = 1700000000000000000,
};

/* TABLES, blocks of EVENTS each, END. */
struct image {
    struct sample sample;
    uint8_t bytes[LARGEST];
    size_t len;
    size_t at[BLOCKS + 1]; /* where each block begins; the last: the end */
};

/* What a reader makes of a file. */
struct outcome {
    int opened;
    int end;         /* what the last nst_reader_next() said */
    unsigned given;  /* a bit for each block of the image that was given whole */
    unsigned wrong;  /* blocks with content that is not the image's */
    unsigned failed; /* blocks that did not load */
    unsigned warnings;
    struct nst_damage damage;
};

static struct sample part_of(const struct image *image, uint32_t block)
{
    struct sample part = image->sample;

    part.events += (size_t)block * EVENTS;
    part.count = EVENTS;
    return part;
}

static int new_file(void)
{
    int fd = memfd_create("nstrail", MFD_CLOEXEC);

    if (fd < 0) {
        perror("memfd_create");
        exit(99);
    }
    return fd;
}

static void make_image(struct image *image)
{
    static const struct nst_counter counter = {"events", NULL, NST_NONE, true, 60};
    static const struct nst_tables tables = {.ts_ns = 1, .counters = &counter, .counters_count = 1};
    const struct nst_block *block;
    struct nst_reader *r;
    struct nst_writer *w;
    int fd = new_file(), i;

    sample_journeys(&image->sample, 5, EVENT_BLOCKS * EVENTS, 64);
    sample_states(&image->sample, 6);
    if (nst_writer_open_salted(&w, dup(fd), &file_info, NULL) < 0)
        exit(99);
    nst_writer_tables(w, &tables, NULL);
    for (i = 0; i < EVENT_BLOCKS; i++) {
        struct sample part = part_of(image, (uint32_t)i);

        sample_write(&part, w);
        nst_writer_flush(w, NULL);
    }
    nst_writer_close(w, &tables, NULL);

    image->len = (size_t)pread(fd, image->bytes, LARGEST, 0);
    nst_reader_fdopen(&r, fd, NULL, NULL);
    for (i = 0; nst_reader_next(r, &block, NULL) == 1 && i < BLOCKS; i++)
        image->at[i] = block->info.offset;
    image->at[i] = image->len;
    nst_reader_close(r);
}

static void count_warning(void *context, const char *text)
{
    struct outcome *o = context;

    o->warnings++;
    (void)text;
}

static bool content_right(const struct image *image, const struct nst_block *block, bool packets)
{
    uint32_t sequence = (uint32_t)block->info.sequence, i;

    if (block->info.type != NST_BLOCK_EVENTS)
        return block->tables && block->tables->counters_count == 1;
    if (block->info.events != EVENTS || sequence == 0 || sequence > EVENT_BLOCKS)
        return false;
    for (i = 0; i < EVENTS; i++) {
        if (!sample_same_event(&image->sample, (sequence - 1) * EVENTS + i, block,
                               &block->events[i], packets))
            return false;
    }
    return true;
}

static void read_all(const struct image *image, struct nst_reader *r, struct outcome *o)
{
    const struct nst_block *block;
    uint64_t bad;

    while ((o->end = nst_reader_next(r, &block, NULL)) == 1) {
        bad = nst_reader_damage(r)->bad_blocks;
        if (nst_reader_load(r, NST_LOAD_PACKETS, NULL) < 0)
            o->failed++;
        else if (bad != nst_reader_damage(r)->bad_blocks)
            o->wrong += !content_right(image, block, false); /* without its packets */
        else if (content_right(image, block, true))
            o->given |= 1u << block->info.sequence;
        else
            o->wrong++;
    }
    o->damage = *nst_reader_damage(r);
}

static struct outcome read_file(const struct image *image, const uint8_t *bytes, size_t len)
{
    struct outcome o = {0};
    struct nst_reader_options options = {.warn = count_warning, .context = &o};
    struct nst_reader *r;
    int fd = new_file();

    if (write(fd, bytes, len) != (ssize_t)len)
        exit(99);
    o.opened = nst_reader_fdopen(&r, fd, &options, NULL);
    if (o.opened < 0) {
        close(fd);
        return o;
    }
    read_all(image, r, &o);
    nst_reader_close(r);
    return o;
}

/* The same through a pipe, which holds as much as an image has. */
static struct outcome read_pipe(const struct image *image, const uint8_t *bytes, size_t len)
{
    struct outcome o = {0};
    struct nst_reader_options options = {.warn = count_warning, .context = &o};
    struct nst_reader *r;
    int ends[2];

    if (pipe(ends) < 0 || write(ends[1], bytes, len) != (ssize_t)len)
        exit(99);
    close(ends[1]);
    o.opened = nst_reader_fdopen(&r, ends[0], &options, NULL);
    if (o.opened < 0) {
        close(ends[0]);
        return o;
    }
    read_all(image, r, &o);
    nst_reader_close(r);
    return o;
}

static bool damaged(const struct nst_damage *d)
{
    return d->bad_header || d->bad_blocks || d->lost_blocks || d->duplicates || d->skipped_bytes ||
           d->torn_bytes;
}

/* Blocks first .. last - 1. */
static unsigned bits(int first, int last)
{
    return ((1u << last) - 1) & ~((1u << first) - 1);
}

typedef struct outcome read_as(const struct image *image, const uint8_t *bytes, size_t len);

/* Where a block ends but for its padding. */
static size_t unpadded_end(const struct image *image, int i)
{
    const uint8_t *p = image->bytes + image->at[i];

    return image->at[i] + get_le16(p + BLOCK_LENGTH) + get_le32(p + BLOCK_META_STORED) +
           get_le32(p + BLOCK_PKT_STORED);
}

static bool cut_at(const struct image *image, size_t len, read_as *read_it)
{
    struct outcome o = read_it(image, image->bytes, len);
    int whole = 0;
    bool boundary;

    if (len < FILE_FIXED_SIZE)
        return o.opened == -ENODATA;
    while (whole < BLOCKS && unpadded_end(image, whole) <= len)
        whole++;
    boundary = whole == 0 ? len == image->at[0] : len <= image->at[whole];
    return o.opened == 0 && o.end == 0 && o.given == bits(0, whole) && !o.wrong && !o.failed &&
           damaged(&o.damage) == !boundary && (o.warnings != 0) == !boundary &&
           (boundary || o.damage.torn_bytes || o.damage.bad_header) &&
           o.damage.ended == (whole == BLOCKS);
}

static void test_cuts(struct tap *tap, const struct image *image, read_as *read_it,
                      const char *name)
{
    size_t len;

    for (len = 0; len <= image->len; len++) {
        if (!cut_at(image, len, read_it)) {
            printf("# at %zu\n", len);
            break;
        }
    }
    tap_ok(tap, len > image->len, name);
}

/* Which block a byte belongs to; -1: the file header. */
static int block_of(const struct image *image, size_t at)
{
    int i = BLOCKS - 1;

    while (i >= 0 && at < image->at[i])
        i--;
    return i;
}

/* Bytes that are there to be ignored. */
static bool is_padding(const struct image *image, size_t at)
{
    int i = block_of(image, at);

    return i >= 0 && at >= unpadded_end(image, i);
}

static bool flip_at(const struct image *image, size_t at, int bit, read_as *read_it)
{
    uint8_t bytes[LARGEST];
    struct outcome o;
    unsigned expected = bits(0, BLOCKS);
    int hit = block_of(image, at);

    memcpy(bytes, image->bytes, image->len);
    bytes[at] ^= (uint8_t)(1 << bit);
    o = read_it(image, bytes, image->len);
    if (is_padding(image, at))
        return o.given == expected && !damaged(&o.damage);
    if (hit >= 0)
        expected &= ~(1u << hit);
    return o.opened == 0 && o.end == 0 && o.given == expected && !o.wrong && damaged(&o.damage) &&
           o.warnings && (hit >= 0 || o.damage.bad_header);
}

static void test_flips(struct tap *tap, const struct image *image, read_as *read_it,
                       const char *name)
{
    size_t at;

    for (at = 0; at < image->len; at++) {
        if (!flip_at(image, at, (int)(at % 8), read_it)) {
            printf("# at %zu\n", at);
            break;
        }
    }
    tap_ok(tap, at == image->len, name);
}

/* `count` bytes of value `fill` (-1: random) come in at `at`. */
static bool insert_at(const struct image *image, size_t at, size_t count, int fill,
                      read_as *read_it)
{
    struct random random = {at};
    uint8_t bytes[LARGEST];
    unsigned expected = bits(0, BLOCKS);
    int hit = block_of(image, at);
    struct outcome o;
    size_t i;

    memcpy(bytes, image->bytes, at);
    for (i = 0; i < count; i++)
        bytes[at + i] = fill < 0 ? (uint8_t)random_next(&random) : (uint8_t)fill;
    memcpy(bytes + at + count, image->bytes + at, image->len - at);
    o = read_it(image, bytes, image->len + count);
    if (hit >= 0 && at != image->at[hit] && at < unpadded_end(image, hit))
        expected &= ~(1u << hit);
    return o.opened == 0 && o.end == 0 && o.given == expected && !o.wrong && damaged(&o.damage);
}

static void test_insertions(struct tap *tap, const struct image *image)
{
    bool ok = true;
    size_t at;

    for (at = 0; at < image->len && ok; at += 7) {
        ok = insert_at(image, at, 4096, 0, read_file) && insert_at(image, at, 13, -1, read_file) &&
             insert_at(image, at, 13, -1, read_pipe);
    }
    if (!ok)
        printf("# at %zu\n", at - 7);
    tap_ok(tap, ok, "bytes that come in between cost the block that they come into");
}

/* Bytes from .. to - 1 are missing. */
static bool without(const struct image *image, size_t from, size_t to, read_as *read_it)
{
    uint8_t bytes[LARGEST];
    unsigned expected = 0;
    struct outcome o;
    int i;

    memcpy(bytes, image->bytes, from);
    memcpy(bytes + from, image->bytes + to, image->len - to);
    o = read_it(image, bytes, image->len - (to - from));
    for (i = 0; i < BLOCKS; i++) {
        if (unpadded_end(image, i) <= from || image->at[i] >= to)
            expected |= 1u << i;
    }
    return o.opened == 0 && o.end == 0 && o.given == expected && !o.wrong &&
           (damaged(&o.damage) || (to == from + 1 && is_padding(image, from)));
}

static void test_removals(struct tap *tap, const struct image *image)
{
    bool ok = true;
    size_t at;

    for (at = 0; at + 100 < image->len && ok; at += 3) {
        ok = without(image, at, at + 1, read_file) && without(image, at, at + 100, read_file) &&
             without(image, at, at + 100, read_pipe);
    }
    if (!ok)
        printf("# at %zu\n", at - 3);
    tap_ok(tap, ok, "bytes that are cut out cost the blocks that they are cut out of");
}

static size_t append_block(const struct image *image, int i, uint8_t *bytes, size_t len)
{
    size_t size = image->at[i + 1] - image->at[i];

    memcpy(bytes + len, image->bytes + image->at[i], size);
    return len + size;
}

/* The file header and then the blocks in the order given. */
static struct outcome read_order(const struct image *image, const int *order, int count)
{
    uint8_t bytes[LARGEST];
    size_t len = image->at[0];
    int i;

    memcpy(bytes, image->bytes, len);
    for (i = 0; i < count; i++)
        len = append_block(image, order[i], bytes, len);
    return read_file(image, bytes, len);
}

static void test_order(struct tap *tap, const struct image *image)
{
    static const int again[] = {0, 1, 2, 1, 3, 4, 5, 6}, moved[] = {0, 3, 1, 2, 4, 5, 6},
                     gap[] = {0, 1, 5, 6}, headless[] = {3, 4, 5, 6};
    struct outcome o = read_order(image, again, 8);

    tap_ok(tap, o.given == bits(0, 7) && o.damage.duplicates == 1 && !o.damage.lost_blocks,
           "a block that comes twice is given once");
    o = read_order(image, moved, 7);
    tap_ok(tap,
           o.given == bits(0, 7) && !o.damage.duplicates && !o.damage.lost_blocks &&
               o.warnings == 3,
           "blocks out of order are all given");
    o = read_order(image, gap, 4);
    tap_ok(tap, o.given == (bits(0, 2) | bits(5, 7)) && o.damage.lost_blocks == 3,
           "missing blocks are counted");
    o = read_order(image, headless, 4);
    tap_ok(tap, o.given == bits(3, 7) && o.damage.lost_blocks == 3, "also the first ones");
}

/* Another salt, and all else as it should be. */
static void forge_salt(uint8_t *header)
{
    header[BLOCK_SALT]++;
    put_le32(header + BLOCK_CRC, 0);
    put_le32(header + BLOCK_CRC, nst_crc32c(0, header, BLOCK_FIXED_SIZE));
}

static void test_others(struct tap *tap, const struct image *image)
{
    static const uint8_t text[300] = "This is no capture.";
    uint8_t bytes[LARGEST], planted[LARGEST];
    size_t len, first = image->at[1] - image->at[0];
    struct outcome o;

    tap_ok(tap, read_file(image, text, sizeof(text)).opened == -EMEDIUMTYPE,
           "another kind of file");
    tap_ok(tap, read_file(image, text, 5).opened == -EMEDIUMTYPE, "another kind, and short");
    tap_ok(tap, read_file(image, text, 0).opened == -ENODATA, "an empty file");

    memcpy(bytes, image->bytes, image->len);
    memcpy(bytes + image->len, image->bytes, image->len);
    len = image->len + image->len;
    o = read_file(image, bytes, len);
    tap_ok(tap, o.given == bits(0, 7) && o.damage.duplicates == 7, "a file appended to itself");

    memcpy(planted, image->bytes, image->len);
    forge_salt(planted + image->at[2]);
    o = read_file(image, planted, image->len);
    tap_ok(tap, o.given == (bits(0, 7) & ~bits(2, 3)) && o.damage.skipped_bytes,
           "a block with another salt is not believed");

    memcpy(bytes, image->bytes + image->at[0], first);
    o = read_file(image, bytes, first);
    tap_ok(tap, o.opened == 0 && o.given == 1 && o.damage.bad_header == 1,
           "a block without a file header");
    memset(bytes, 0, LARGEST);
    memcpy(bytes, image->bytes, 100);
    tap_ok(tap, read_file(image, bytes, 1000).opened == -EBADMSG,
           "a file header that is damaged and no block");
    put_le16(bytes + FILE_MAJOR, 2);
    tap_ok(tap, read_file(image, bytes, 1000).opened == -EBADMSG, "also of an unknown version");
}

/* Bad blocks found from the end of a file on: what a sorted list makes minutes of. */
static void test_offsets(struct tap *tap)
{
    enum { COUNT = 1000 * 1000, STEP = 136 };
    struct offsets set = {0};
    uint64_t i;
    bool right = true;

    for (i = COUNT; i; i--)
        nst_offsets_add(&set, i * STEP);
    for (i = 1; i <= COUNT; i++)
        right &= nst_offsets_has(&set, i * STEP) && !nst_offsets_has(&set, i * STEP + 1);
    tap_ok(tap, right, "a million offsets, the last one first");
    nst_offsets_free(&set);
}

/* A limit of the file's size stands for a full disk: a write up to it is short, the next one
 * fails. */
static bool full_at(const struct sample *s, uint64_t limit)
{
    struct rlimit before, now;
    struct nst_writer_stats stats;
    struct nst_reader *r;
    struct nst_writer *w;
    const struct nst_block *block;
    struct nst_error err;
    uint64_t lost = 0, read_back = 0;
    struct stat st;
    int fd = new_file();
    bool ok, ended;

    getrlimit(RLIMIT_FSIZE, &before);
    now = (struct rlimit){.rlim_cur = limit, .rlim_max = before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &now);
    ok = nst_writer_open_salted(&w, dup(fd), &file_info, &err) == 0;
    if (!ok) {
        setrlimit(RLIMIT_FSIZE, &before);
        close(fd);
        return limit < 200 && err.text[0];
    }
    ok = sample_write(s, w);
    nst_writer_flush(w, NULL);
    nst_writer_stats(w, &stats);
    ok &= fstat(fd, &st) == 0 && (uint64_t)st.st_size == stats.bytes; /* nothing half */
    setrlimit(RLIMIT_FSIZE, &before);
    ok &= sample_write(s, w);
    nst_writer_flush(w, NULL);
    nst_writer_stats(w, &stats);
    ok &= nst_writer_close(w, NULL, NULL) == 0;
    ok &= stats.events == 2ull * s->count && stats.written + stats.lost == stats.events;
    ok &= !stats.lost == !stats.write_error;

    nst_reader_fdopen(&r, fd, NULL, NULL);
    while (nst_reader_next(r, &block, NULL) == 1) {
        ok &= nst_reader_load(r, NST_LOAD_PACKETS, NULL) == 0;
        read_back += block->info.events;
        lost = block->info.lost;
    }
    ended = nst_reader_damage(r)->ended;
    ok &=
        ended && !damaged(nst_reader_damage(r)) && read_back == stats.written && lost == stats.lost;
    nst_reader_close(r);
    return ok;
}

/* The disk is full, and stays so: the end has its room all the same. */
static bool full_to_the_end(const struct sample *s, uint64_t limit)
{
    struct rlimit before, now;
    struct nst_writer_stats stats;
    struct nst_reader *r;
    struct nst_writer *w;
    const struct nst_block *block;
    struct nst_error err;
    uint64_t lost = 0;
    int fd = new_file();
    bool ok;

    getrlimit(RLIMIT_FSIZE, &before);
    now = (struct rlimit){.rlim_cur = limit, .rlim_max = before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &now);
    ok = nst_writer_open_salted(&w, dup(fd), &file_info, &err) == 0;
    ok = ok && sample_write(s, w);
    nst_writer_flush(w, NULL);
    nst_writer_stats(w, &stats);
    nst_writer_close(w, NULL, NULL);
    setrlimit(RLIMIT_FSIZE, &before);

    nst_reader_fdopen(&r, fd, NULL, NULL);
    while (nst_reader_next(r, &block, NULL) == 1)
        lost = block->info.lost;
    ok &= nst_reader_damage(r)->ended && stats.lost && lost == stats.lost;
    nst_reader_close(r);
    return ok;
}

static void test_full_disk(struct tap *tap)
{
    struct sample s;
    uint64_t limit;
    bool ok = true;

    signal(SIGXFSZ, SIG_IGN);
    sample_journeys(&s, 9, 10000, 512);
    for (limit = 1; limit < 1000000 && ok; limit += limit < 1000 ? 50 : 40009)
        ok = full_at(&s, limit);
    if (!ok)
        printf("# at %llu\n", (unsigned long long)limit);
    tap_ok(tap, ok, "a full disk costs the blocks that found no room, and leaves a whole file");
    ok = true;
    for (limit = 20000; limit < 400000 && ok; limit += 4096)
        ok = full_to_the_end(&s, limit);
    if (!ok)
        printf("# at %llu\n", (unsigned long long)limit);
    tap_ok(tap, ok, "and if it stays full, the file says at its end what it lost");
    sample_free(&s);
}

static void test_closed_pipe(struct tap *tap)
{
    struct nst_writer_stats stats;
    struct nst_writer *w;
    struct sample s;
    int ends[2];

    signal(SIGPIPE, SIG_IGN);
    if (pipe(ends) < 0 || nst_writer_open_salted(&w, ends[1], &file_info, NULL) < 0)
        exit(99);
    close(ends[0]);
    sample_journeys(&s, 10, 10, 64);
    sample_write(&s, w);
    tap_ok(tap, nst_writer_flush(w, NULL) == -EPIPE, "a pipe that nobody reads");
    nst_writer_stats(w, &stats);
    tap_ok(tap, stats.lost == 10 && stats.write_error == EPIPE, "its events are counted as lost");
    nst_writer_close(w, NULL, NULL);
    sample_free(&s);
}

/* A wait hook that gives up when it has been asked so often. */
static int wait_no_more(void *context, int fd)
{
    int *left = context;
    char taken[4096];

    if ((*left)-- > 0)
        return read(fd - 1, taken, sizeof(taken)) > 0 ? 0 : -EIO;
    return -ETIMEDOUT;
}

/* Its reading end must be the descriptor before. */
static void test_slow_pipe(struct tap *tap)
{
    int patience = 20, ends[2];
    const struct nst_writer_hooks hooks = {.context = &patience, .wait = wait_no_more};
    struct nst_writer_stats stats;
    struct nst_writer *w;
    struct sample s;

    if (pipe(ends) < 0 || ends[1] != ends[0] + 1 || fcntl(ends[1], F_SETPIPE_SZ, 4096) < 0 ||
        nst_writer_open_hooked(&w, ends[1], &file_info, &hooks, NULL) < 0)
        exit(99);
    sample_journeys(&s, 11, 20000, 128);
    sample_write(&s, w);
    tap_ok(tap, nst_writer_flush(w, NULL) == -ETIMEDOUT, "a pipe without room, given up");
    tap_ok(tap, patience == -1, "nobody is asked again after that");
    nst_writer_stats(w, &stats);
    tap_ok(tap, stats.lost + stats.written == stats.events && stats.lost > 0,
           "its events are counted as lost");
    nst_writer_close(w, NULL, NULL);
    close(ends[0]);
    sample_free(&s);
}

int main(void)
{
    struct tap tap = {0};
    struct image *image = calloc(1, sizeof(*image));

    if (!image)
        return 99;
    make_image(image);
    printf("# %zu bytes\n", image->len);
    test_cuts(&tap, image, read_file, "cut at every byte");
    test_cuts(&tap, image, read_pipe, "cut at every byte, through a pipe");
    test_flips(&tap, image, read_file, "a bit flipped in every byte");
    test_flips(&tap, image, read_pipe, "a bit flipped in every byte, through a pipe");
    test_insertions(&tap, image);
    test_removals(&tap, image);
    test_order(&tap, image);
    test_others(&tap, image);
    test_offsets(&tap);
    test_full_disk(&tap);
    test_closed_pipe(&tap);
    test_slow_pipe(&tap);
    sample_free(&image->sample);
    free(image);
    return tap_done(&tap);
}
