/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The words of an SCTP packet: its common header and its chunks. */
#include "config.h"

#include <inttypes.h>

#include "analyze/be.h"
#include "analyze/packet_internal.h"

#define COMMON_HEADER_BYTES 12
#define CHUNK_HEADER_BYTES  4

enum chunk_type {
    CHUNK_DATA = 0,
    CHUNK_INIT = 1,
    CHUNK_INIT_ACK = 2,
    CHUNK_SACK = 3,
};

static const struct chunk {
    const char *name;
    uint32_t bytes; /* that its words need after the chunk's header */
} chunks[] = {
    {"DATA", 12}, {"INIT", 16},       {"INIT_ACK", 16},
    {"SACK", 12}, {"HEARTBEAT", 0},   {"HEARTBEAT_ACK", 0},
    {"ABORT", 0}, {"SHUTDOWN", 0},    {"SHUTDOWN_ACK", 0},
    {"ERROR", 0}, {"COOKIE_ECHO", 0}, {"COOKIE_ACK", 0},
    {"ECNE", 0},  {"CWR", 0},         {"SHUTDOWN_COMPLETE", 0},
};

static void print_data(FILE *out, unsigned flags, const uint8_t *data)
{
    if (flags & 7)
        fprintf(out, " (%s%s%s)", flags & 4 ? "U" : "", flags & 2 ? "B" : "", flags & 1 ? "E" : "");
    fprintf(out, " TSN %" PRIu32 " SID %u SSEQ %u PPID 0x%" PRIx32, get_be32(data),
            get_be16(data + 4), get_be16(data + 6), get_be32(data + 8));
}

static void print_init(FILE *out, const uint8_t *data)
{
    fprintf(out, " init_tag 0x%" PRIx32 " rwnd %" PRIu32 " OS %u MIS %u init_TSN %" PRIu32,
            get_be32(data), get_be32(data + 4), get_be16(data + 8), get_be16(data + 10),
            get_be32(data + 12));
}

static void print_sack(FILE *out, const uint8_t *data)
{
    fprintf(out, " cum_ack %" PRIu32 " a_rwnd %" PRIu32 " #gap_acks %u #dup_tsns %u",
            get_be32(data), get_be32(data + 4), get_be16(data + 8), get_be16(data + 10));
}

/* chunk: its header, with `left` bytes there from it on. False: cut short. */
static bool print_chunk(FILE *out, const uint8_t *chunk, uint32_t left)
{
    unsigned type = chunk[0];
    const uint8_t *data = chunk + CHUNK_HEADER_BYTES;

    if (type >= sizeof(chunks) / sizeof(chunks[0])) {
        fprintf(out, " [UNKNOWN:%u]", type);
        return true;
    }
    if (left - CHUNK_HEADER_BYTES < chunks[type].bytes)
        return false;
    fprintf(out, " [%s", chunks[type].name);
    if (type == CHUNK_DATA)
        print_data(out, chunk[1], data);
    else if (type == CHUNK_INIT || type == CHUNK_INIT_ACK)
        print_init(out, data);
    else if (type == CHUNK_SACK)
        print_sack(out, data);
    fputs("]", out);
    return true;
}

bool packet_print_sctp(FILE *out, const struct packet_layer *layer)
{
    uint32_t pos = COMMON_HEADER_BYTES;

    if (layer->truncated)
        return false;
    fprintf(out, " vtag 0x%" PRIx32, get_be32(layer->data + 4));
    while (pos < layer->len) {
        uint32_t bytes;

        if (pos >= layer->caplen || layer->caplen - pos < CHUNK_HEADER_BYTES)
            return false;
        if (!print_chunk(out, layer->data + pos, layer->caplen - pos))
            return false;
        bytes = get_be16(layer->data + pos + 2);
        if (bytes < CHUNK_HEADER_BYTES)
            return false;
        pos += (bytes + 3) & ~3u;
    }
    return true;
}
