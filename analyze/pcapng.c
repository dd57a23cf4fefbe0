/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/pcapng.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyze/frame.h"
#include "format/bytes.h"

enum block_type {
    BLOCK_INTERFACE = 1,
    BLOCK_STATISTICS = 5,
    BLOCK_PACKET = 6,
    BLOCK_SECTION = 0x0a0d0d0a,
};

enum option_code {
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    SECTION_HARDWARE = 2,
    SECTION_OS = 3,
    SECTION_APPLICATION = 4,
    INTERFACE_NAME = 2,
    INTERFACE_DESCRIPTION = 3,
    INTERFACE_TSRESOL = 9,
    PACKET_FLAGS = 2,
    PACKET_DROPCOUNT = 4,
    PACKET_ID = 5,
    STATISTICS_START = 2,
    STATISTICS_END = 3,
    STATISTICS_RECEIVED = 4,
};

#define BUFFER_BYTES (1024 * 1024)

/* The longest block: a packet, its options and its comment, or three texts. */
#define BLOCK_BYTES_MAX (FRAME_MAX + 3 * PCAPNG_TEXT_MAX + 256)
static_assert(BLOCK_BYTES_MAX < BUFFER_BYTES, "the buffer holds at least one block");

int pcapng_open(struct pcapng *p, int fd)
{
    *p = (struct pcapng){.fd = fd, .buffer = malloc(BUFFER_BYTES)};
    return p->buffer ? 0 : -ENOMEM;
}

void pcapng_close(struct pcapng *p)
{
    free(p->buffer);
    p->buffer = NULL;
}

int pcapng_flush(struct pcapng *p)
{
    size_t done = 0;

    while (done < p->used && !p->error) {
        ssize_t n = write(p->fd, p->buffer + done, p->used - done);

        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR)
            p->error = errno;
    }
    p->used = 0;
    return -p->error;
}

int pcapng_append_file(struct pcapng *p, int fd)
{
    off_t pos = 0;

    pcapng_flush(p);
    while (!p->error) {
        ssize_t n = pread(fd, p->buffer, BUFFER_BYTES, pos);

        if (n == 0)
            break;
        if (n > 0) {
            pos += n;
            p->used = (size_t)n;
            pcapng_flush(p);
        } else if (errno != EINTR) {
            p->error = errno;
        }
    }
    return -p->error;
}

static uint8_t *put16(uint8_t *pos, uint16_t value)
{
    put_le16(pos, value);
    return pos + 2;
}

static uint8_t *put32(uint8_t *pos, uint32_t value)
{
    put_le32(pos, value);
    return pos + 4;
}

/* A time, as pcapng splits it. */
static uint8_t *put_time(uint8_t *pos, uint64_t time_ns)
{
    return put32(put32(pos, (uint32_t)(time_ns >> 32)), (uint32_t)time_ns);
}

/* Bytes, and zeros up to the next 4. */
static uint8_t *put_padded(uint8_t *pos, const void *data, size_t length)
{
    size_t padded = (length + 3) & ~(size_t)3;

    if (length) {
        memset(pos + padded - 4, 0, 4);
        memcpy(pos, data, length);
    }
    return pos + padded;
}

static uint8_t *put_option_head(uint8_t *pos, enum option_code code, uint16_t length)
{
    return put16(put16(pos, (uint16_t)code), length);
}

static uint8_t *put_string(uint8_t *pos, enum option_code code, const char *text)
{
    size_t length = text ? strnlen(text, PCAPNG_TEXT_MAX) : 0;

    if (!text)
        return pos;
    return put_padded(put_option_head(pos, code, (uint16_t)length), text, length);
}

static uint8_t *put_number(uint8_t *pos, enum option_code code, uint64_t value)
{
    pos = put_option_head(pos, code, 8);
    put_le64(pos, value);
    return pos + 8;
}

static uint8_t *begin(struct pcapng *p, enum block_type type)
{
    if (BUFFER_BYTES - p->used < BLOCK_BYTES_MAX)
        pcapng_flush(p);
    return put32(p->buffer + p->used, type) + 4; /* room for the length */
}

/* The options and the block end. */
static void end(struct pcapng *p, uint8_t *pos)
{
    uint8_t *start = p->buffer + p->used;
    uint32_t length;

    pos = put_option_head(pos, OPTION_END, 0);
    length = (uint32_t)(pos - start) + 4;
    put_le32(pos, length);
    put_le32(start + 4, length);
    p->used += length;
}

void pcapng_section(struct pcapng *p, const struct pcapng_section *section)
{
    uint8_t *pos = begin(p, BLOCK_SECTION);

    pos = put32(pos, 0x1a2b3c4d);
    pos = put16(put16(pos, 1), 0);                   /* version 1.0 */
    pos = put32(put32(pos, UINT32_MAX), UINT32_MAX); /* the section's length is not stated */
    pos = put_string(pos, SECTION_HARDWARE, section->hardware);
    pos = put_string(pos, SECTION_OS, section->os);
    pos = put_string(pos, SECTION_APPLICATION, section->application);
    end(p, pos);
}

void pcapng_interface(struct pcapng *p, const struct pcapng_interface *interface)
{
    uint8_t *pos = begin(p, BLOCK_INTERFACE);

    pos = put16(put16(pos, interface->linktype), 0);
    pos = put32(pos, interface->snaplen);
    pos = put_string(pos, INTERFACE_NAME, interface->name);
    pos = put_string(pos, INTERFACE_DESCRIPTION, interface->description);
    pos = put_padded(put_option_head(pos, INTERFACE_TSRESOL, 1), "\x09", 1); /* nanoseconds */
    end(p, pos);
}

char *pcapng_packet(struct pcapng *p, const struct pcapng_packet *packet)
{
    uint8_t *pos = begin(p, BLOCK_PACKET);

    pos = put32(pos, packet->interface);
    pos = put_time(pos, packet->time_ns);
    pos = put32(put32(pos, packet->caplen), packet->len);
    pos = put_padded(pos, packet->data, packet->caplen);
    if (packet->direction)
        pos = put32(put_option_head(pos, PACKET_FLAGS, 4), packet->direction);
    if (packet->dropped)
        pos = put_number(pos, PACKET_DROPCOUNT, packet->dropped);
    if (packet->id)
        pos = put_number(pos, PACKET_ID, packet->id);
    return (char *)pos + 4;
}

void pcapng_comment(struct pcapng *p, char *comment, size_t length)
{
    uint8_t *pos = (uint8_t *)comment;
    size_t padding = -length & 3;

    put_option_head(pos - 4, OPTION_COMMENT, (uint16_t)length);
    memset(pos + length, 0, padding);
    end(p, pos + length + padding);
}

void pcapng_statistics(struct pcapng *p, const struct pcapng_statistics *statistics)
{
    uint8_t *pos = begin(p, BLOCK_STATISTICS);

    pos = put32(pos, statistics->interface);
    pos = put_time(pos, statistics->last_ns);
    pos = put_time(put_option_head(pos, STATISTICS_START, 8), statistics->first_ns);
    pos = put_time(put_option_head(pos, STATISTICS_END, 8), statistics->last_ns);
    pos = put_number(pos, STATISTICS_RECEIVED, statistics->received);
    end(p, pos);
}
