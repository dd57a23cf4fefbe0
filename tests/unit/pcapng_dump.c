/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads a pcapng file strictly, by the letter of the specification and by what tcpdump and
 * Wireshark's tools can take, and says what is in it, a line a block:
 *
 *     section HARDWARE|OS|APPLICATION
 *     interface NUMBER LINKTYPE SNAPLEN NAME|DESCRIPTION
 *     packet NUMBER TIME INTERFACE CAPLEN LEN FLAGS ID DROPPED BYTES|COMMENT
 *     statistics INTERFACE START END RECEIVED DROPPED
 *
 * Status 1 and a word on stderr when a rule is broken.
 */
#include "config.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/bytes.h"

#define INTERFACES_MAX 1000

enum stage { STAGE_START, STAGE_INTERFACES, STAGE_PACKETS, STAGE_STATISTICS };

struct dump {
    enum stage stage;
    uint32_t interfaces;
    uint16_t linktype[INTERFACES_MAX];
    uint32_t snaplen[INTERFACES_MAX];
    uint32_t packets;
    uint64_t last_time;
};

static void check(bool ok, const char *rule)
{
    if (ok)
        return;
    fprintf(stderr, "pcapng_dump: broken: %s\n", rule);
    exit(1);
}

static void to_stage(struct dump *d, enum stage stage)
{
    check(stage >= d->stage, "sections, interfaces, packets, statistics follow in this order");
    d->stage = stage;
}

/* Bytes of the option with that code, after *pos; NULL: it is not there. Checks all of them. */
static const uint8_t *option(const uint8_t *pos, const uint8_t *end, unsigned wanted,
                             uint16_t *length)
{
    const uint8_t *found = NULL;

    *length = 0;
    if (pos == end)
        return NULL;
    for (;;) {
        unsigned code;
        uint16_t bytes;
        size_t padded;

        check(end - pos >= 4, "an option has a header");
        code = get_le16(pos);
        bytes = get_le16(pos + 2);
        pos += 4;
        if (code == 0) {
            check(bytes == 0 && pos == end, "opt_endofopt is empty and ends the options");
            return found;
        }
        padded = (bytes + 3u) & ~3u;
        check(padded <= (size_t)(end - pos), "an option fits into its block");
        for (size_t i = bytes; i < padded; i++)
            check(pos[i] == 0, "padding is zeros");
        if (code == wanted) {
            check(!found, "an option stands once");
            found = pos;
            *length = bytes;
        }
        pos += padded;
    }
}

static void print_text(const uint8_t *pos, const uint8_t *end, unsigned code, const char *before)
{
    uint16_t length;
    const uint8_t *text = option(pos, end, code, &length);

    printf("%s", before);
    for (uint16_t i = 0; i < length; i++) {
        check(text[i] >= 0x20 && text[i] < 0x7f, "texts are printable ASCII");
        putchar(text[i]);
    }
}

static uint64_t number(const uint8_t *pos, const uint8_t *end, unsigned code, unsigned bytes)
{
    uint16_t length;
    const uint8_t *data = option(pos, end, code, &length);

    check(!data || length == bytes, "a number has its length");
    if (!data)
        return 0;
    return bytes == 8 ? get_le64(data) : bytes == 4 ? get_le32(data) : data[0];
}

static uint64_t high_low(const uint8_t *p)
{
    return (uint64_t)get_le32(p) << 32 | get_le32(p + 4);
}

static void print_time(uint64_t time_ns)
{
    printf(" %" PRIu64 ".%09" PRIu64, time_ns / 1000000000, time_ns % 1000000000);
}

static void dump_section(struct dump *d, const uint8_t *body, const uint8_t *end)
{
    check(d->stage == STAGE_START, "there is one section");
    check(end - body >= 16 && get_le32(body) == 0x1a2b3c4d, "the byte order is little-endian");
    check(get_le16(body + 4) == 1 && get_le16(body + 6) == 0, "the version is 1.0");
    check(get_le64(body + 8) == UINT64_MAX, "the section's length is not stated");
    to_stage(d, STAGE_INTERFACES);
    print_text(body + 16, end, 2, "section ");
    print_text(body + 16, end, 3, "|");
    print_text(body + 16, end, 4, "|");
}

static void dump_interface(struct dump *d, const uint8_t *body, const uint8_t *end)
{
    uint32_t i = d->interfaces++;

    to_stage(d, STAGE_INTERFACES);
    check(d->stage == STAGE_INTERFACES && i < INTERFACES_MAX, "interfaces follow the section");
    check(end - body >= 8, "an interface is whole");
    check(number(body + 8, end, 9, 1) == 9, "times are in nanoseconds");
    d->linktype[i] = get_le16(body);
    d->snaplen[i] = get_le32(body + 4);
    printf("interface %" PRIu32 " %u %" PRIu32, i, d->linktype[i], d->snaplen[i]);
    print_text(body + 8, end, 2, " ");
    print_text(body + 8, end, 3, "|");
}

static void dump_packet(struct dump *d, const uint8_t *body, const uint8_t *end)
{
    uint32_t interface, caplen;
    const uint8_t *options;
    uint64_t time_ns;

    to_stage(d, STAGE_PACKETS);
    check(end - body >= 20, "a packet is whole");
    interface = get_le32(body);
    time_ns = high_low(body + 4);
    caplen = get_le32(body + 12);
    check(interface < d->interfaces, "a packet's interface is known");
    check(caplen <= d->snaplen[interface], "a packet is not longer than the snap length");
    check(caplen <= get_le32(body + 16), "a packet is not longer than it was");
    check(((size_t)caplen + 3) / 4 * 4 <= (size_t)(end - body) - 20, "a packet fits");
    check(time_ns >= d->last_time, "packets are in the order of time");
    d->last_time = time_ns;
    options = body + 20 + (caplen + 3) / 4 * 4;
    printf("packet %" PRIu32, ++d->packets);
    print_time(time_ns);
    printf(" %" PRIu32 " %" PRIu32 " %" PRIu32 " 0x%" PRIx64 " %" PRIu64 " %" PRIu64 " ", interface,
           caplen, get_le32(body + 16), number(options, end, 2, 4), number(options, end, 5, 8),
           number(options, end, 4, 8));
    for (uint32_t i = 0; i < caplen; i++)
        printf("%02x", body[20 + i]);
    print_text(options, end, 1, "|");
}

static void dump_statistics(struct dump *d, const uint8_t *body, const uint8_t *end)
{
    uint16_t start_length, end_length;
    const uint8_t *start_time, *end_time;

    to_stage(d, STAGE_STATISTICS);
    check(end - body >= 12 && get_le32(body) < d->interfaces, "statistics have their interface");
    start_time = option(body + 12, end, 2, &start_length);
    end_time = option(body + 12, end, 3, &end_length);
    check(start_length == 8 && end_length == 8, "statistics have their times");
    printf("statistics %" PRIu32, get_le32(body));
    print_time(high_low(start_time));
    print_time(high_low(end_time));
    printf(" %" PRIu64 " %" PRIu64, number(body + 12, end, 4, 8), number(body + 12, end, 5, 8));
}

static void dump_block(struct dump *d, uint32_t type, const uint8_t *body, const uint8_t *end)
{
    switch (type) {
    case 0x0a0d0d0a:
        dump_section(d, body, end);
        break;
    case 1:
        dump_interface(d, body, end);
        break;
    case 6:
        dump_packet(d, body, end);
        break;
    case 5:
        dump_statistics(d, body, end);
        break;
    default:
        check(false, "the block is of a type that all tools take");
    }
    putchar('\n');
}

static uint8_t *read_all(const char *path, size_t *size)
{
    FILE *in = strcmp(path, "-") ? fopen(path, "rb") : stdin;
    uint8_t *data = NULL;
    size_t room = 0;

    check(in, "the file can be opened");
    *size = 0;
    for (;;) {
        size_t n;

        if (*size == room) {
            room = room ? room * 2 : 65536;
            data = realloc(data, room);
            check(data, "there is memory");
        }
        n = fread(data + *size, 1, room - *size, in);
        if (n == 0)
            break;
        *size += n;
    }
    if (in != stdin)
        fclose(in);
    return data;
}

int main(int argc, char **argv)
{
    struct dump d = {.stage = STAGE_START};
    uint8_t *data, *pos, *end;
    size_t size;

    check(argc == 2, "there is one argument, the file");
    data = read_all(argv[1], &size);
    end = data + size;
    for (pos = data; pos < end;) {
        uint32_t length;

        check(end - pos >= 12, "a block has its header");
        length = get_le32(pos + 4);
        check(length % 4 == 0 && length >= 12 && length <= (size_t)(end - pos),
              "a block's length is right");
        check(get_le32(pos + length - 4) == length, "a block's two lengths agree");
        dump_block(&d, get_le32(pos), pos + 8, pos + length - 4);
        pos += length;
    }
    check(d.stage != STAGE_START, "there is a section");
    free(data);
    return 0;
}
