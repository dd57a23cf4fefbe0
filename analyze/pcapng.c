/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/pcapng.h"

#include <assert.h>
#include <string.h>

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
    STATISTICS_DROPPED = 5,
};

/* The longest block: a packet, its options and its comment, or three texts. */
#define BLOCK_BYTES_MAX (FRAME_MAX + 3 * PCAPNG_TEXT_MAX + 256)
static_assert(BLOCK_BYTES_MAX < STREAM_ROOM_MAX, "a block can be asked room for");

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

static uint8_t *begin(struct stream *out, enum block_type type)
{
    return put32(stream_room(out, BLOCK_BYTES_MAX), type) + 4; /* room for the length */
}

/* The options and the block end. */
static void end(struct stream *out, uint8_t *pos)
{
    uint8_t *start = stream_room(out, 0);
    uint32_t length;

    pos = put_option_head(pos, OPTION_END, 0);
    length = (uint32_t)(pos - start) + 4;
    put_le32(pos, length);
    put_le32(start + 4, length);
    stream_used(out, length);
}

void pcapng_section(struct stream *out, const struct pcapng_section *section)
{
    uint8_t *pos = begin(out, BLOCK_SECTION);

    pos = put32(pos, 0x1a2b3c4d);
    pos = put16(put16(pos, 1), 0);                   /* version 1.0 */
    pos = put32(put32(pos, UINT32_MAX), UINT32_MAX); /* the section's length is not stated */
    pos = put_string(pos, SECTION_HARDWARE, section->hardware);
    pos = put_string(pos, SECTION_OS, section->os);
    pos = put_string(pos, SECTION_APPLICATION, section->application);
    end(out, pos);
}

void pcapng_interface(struct stream *out, const struct pcapng_interface *interface)
{
    uint8_t *pos = begin(out, BLOCK_INTERFACE);

    pos = put16(put16(pos, interface->linktype), 0);
    pos = put32(pos, interface->snaplen);
    pos = put_string(pos, INTERFACE_NAME, interface->name);
    pos = put_string(pos, INTERFACE_DESCRIPTION, interface->description);
    pos = put_padded(put_option_head(pos, INTERFACE_TSRESOL, 1), "\x09", 1); /* nanoseconds */
    end(out, pos);
}

char *pcapng_packet(struct stream *out, const struct pcapng_packet *packet)
{
    uint8_t *pos = begin(out, BLOCK_PACKET);

    pos = put32(pos, packet->interface);
    pos = put_time(pos, packet->time_ns);
    pos = put32(put32(pos, packet->caplen), packet->len);
    pos = put_padded(pos, packet->data, packet->caplen);
    if (packet->direction || packet->offload)
        pos = put32(put_option_head(pos, PACKET_FLAGS, 4), packet->direction | packet->offload);
    if (packet->dropped)
        pos = put_number(pos, PACKET_DROPCOUNT, packet->dropped);
    if (packet->id)
        pos = put_number(pos, PACKET_ID, packet->id);
    return (char *)pos + 4;
}

void pcapng_comment(struct stream *out, char *comment, size_t length)
{
    uint8_t *pos = (uint8_t *)comment;
    size_t padding = -length & 3;

    put_option_head(pos - 4, OPTION_COMMENT, (uint16_t)length);
    memset(pos + length, 0, padding);
    end(out, pos + length + padding);
}

void pcapng_statistics(struct stream *out, const struct pcapng_statistics *statistics)
{
    uint8_t *pos = begin(out, BLOCK_STATISTICS);

    pos = put32(pos, statistics->interface);
    pos = put_time(pos, statistics->last_ns);
    pos = put_time(put_option_head(pos, STATISTICS_START, 8), statistics->first_ns);
    pos = put_time(put_option_head(pos, STATISTICS_END, 8), statistics->last_ns);
    pos = put_number(pos, STATISTICS_RECEIVED, statistics->received);
    if (statistics->dropped)
        pos = put_number(pos, STATISTICS_DROPPED, statistics->dropped);
    end(out, pos);
}
