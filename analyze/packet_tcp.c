/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The words of a TCP header. */
#include "config.h"

#include <inttypes.h>

#include "analyze/be.h"
#include "analyze/packet_internal.h"

enum tcp_option {
    OPTION_EOL = 0,
    OPTION_NOP = 1,
    OPTION_MSS = 2,
    OPTION_WSCALE = 3,
    OPTION_SACK = 5,
    OPTION_ECHO = 6,
    OPTION_ECHO_REPLY = 7,
    OPTION_TIMESTAMPS = 8,
    OPTION_CC = 11,
    OPTION_CC_NEW = 12,
    OPTION_CC_ECHO = 13,
    OPTION_FAST_OPEN = 34,
};

static const char *option_name(uint8_t number)
{
    static const char *const names[256] = {
        [0] = "eol",     [1] = "nop",     [2] = "mss",       [3] = "wscale", [4] = "sackOK",
        [5] = "sack",    [6] = "echo",    [7] = "echoreply", [8] = "TS",     [11] = "cc",
        [12] = "ccnew",  [13] = "ccecho", [19] = "md5",      [20] = "scps",  [28] = "uto",
        [29] = "tcp-ao", [30] = "mptcp",  [34] = "tfo",      [254] = "exp",
    };

    return names[number] ? names[number] : "?";
}

static void print_flags(FILE *out, const uint8_t *data)
{
    /* From the lowest bit up; the ninth is RFC 7560's. */
    static const char letters[] = "FSRP.UEWe";
    unsigned flags = get_be16(data + 12) & 0x1ff;

    fputs(" flags [", out);
    for (unsigned bit = 0; letters[bit]; bit++)
        if (flags >> bit & 1)
            fputc(letters[bit], out);
    fputs("]", out);
}

static void print_sack(FILE *out, const uint8_t *data, uint32_t bytes)
{
    if (bytes % 8 != 0) {
        fputs(" invalid", out);
        return;
    }
    fprintf(out, " %" PRIu32 " ", bytes / 8);
    for (uint32_t i = 0; i < bytes; i += 8)
        fprintf(out, "{%" PRIu32 ":%" PRIu32 "}", get_be32(data + i), get_be32(data + i + 4));
}

static void print_fast_open(FILE *out, const uint8_t *data, uint32_t bytes)
{
    fputs(bytes ? " cookie 0x" : " cookiereq", out);
    for (uint32_t i = 0; i < bytes; i++)
        fprintf(out, "%02x", data[i]);
}

/* data: what follows the option's number and length. */
static void print_option(FILE *out, uint8_t number, const uint8_t *data, uint32_t bytes)
{
    fputs(option_name(number), out);
    switch (number) {
    case OPTION_MSS:
        if (bytes >= 2)
            fprintf(out, " %u", get_be16(data));
        break;
    case OPTION_WSCALE:
        if (bytes >= 1)
            fprintf(out, " %u", data[0]);
        break;
    case OPTION_SACK:
        print_sack(out, data, bytes);
        break;
    case OPTION_ECHO:
    case OPTION_ECHO_REPLY:
    case OPTION_CC:
    case OPTION_CC_NEW:
    case OPTION_CC_ECHO:
        if (bytes >= 4)
            fprintf(out, " %" PRIu32, get_be32(data));
        break;
    case OPTION_TIMESTAMPS:
        if (bytes >= 8)
            fprintf(out, " val %" PRIu32 " ecr %" PRIu32, get_be32(data), get_be32(data + 4));
        break;
    case OPTION_FAST_OPEN:
        print_fast_open(out, data, bytes);
        break;
    }
}

/* Returns how many of the option's bytes it took; 0: it runs out of what is there. */
static uint32_t print_next_option(FILE *out, const uint8_t *data, uint32_t left)
{
    uint32_t bytes;

    if (data[0] == OPTION_EOL || data[0] == OPTION_NOP) {
        fputs(option_name(data[0]), out);
        return data[0] == OPTION_EOL ? left : 1;
    }
    bytes = left < 2 ? 0 : data[1];
    if (bytes < 2 || bytes > left) {
        fputs(option_name(data[0]), out);
        return 0;
    }
    print_option(out, data[0], data + 2, bytes - 2);
    return bytes;
}

/* cut: the options go on where the capture ended. */
static void print_options(FILE *out, const uint8_t *data, uint32_t left, bool cut)
{
    fputs(" [", out);
    while (left) {
        uint32_t taken = print_next_option(out, data, left);

        if (taken == 0) {
            fputs(cut ? "" : " invalid", out);
            break;
        }
        data += taken;
        left -= taken;
        if (left)
            fputs(",", out);
    }
    fputs("]", out);
}

bool packet_print_tcp(FILE *out, const struct packet_layer *layer)
{
    const uint8_t *data = layer->data;
    uint32_t seq, header;

    if (layer->header < 20)
        return false;
    seq = get_be32(data + 4);
    header = (data[12] >> 4) * 4u;
    print_flags(out, data);
    if (layer->len > header)
        fprintf(out, " seq %" PRIu32 ":%" PRIu32, seq, seq + (layer->len - header));
    else
        fprintf(out, " seq %" PRIu32, seq);
    if (data[13] & 0x10)
        fprintf(out, " ack %" PRIu32, get_be32(data + 8));
    fprintf(out, " win %u", get_be16(data + 14));
    if (layer->header > 20)
        print_options(out, data + 20, layer->header - 20, layer->truncated);
    return !layer->truncated;
}
