/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A row of the inventory as bytes: what the scanning process remembers it by, compares it with,
 * and sends it to the recorder as. The bytes begin with the row's key and leave out its times.
 */
#ifndef NST_CAPTURE_INVENTORY_ROW_H
#define NST_CAPTURE_INVENTORY_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include "format/bytes.h"
#include "format/frame.h"
#include "format/nstrail.h"

enum row_kind {
    ROW_NETNS,
    ROW_NAME,
    ROW_PROCESS,
    ROW_CONTAINER,
    ROW_DEVICE,
    ROW_ADDRESS,
    ROW_KINDS,
};

struct row {
    enum row_kind kind;
    union {
        struct nst_known_netns netns;
        struct nst_netns_name name;
        struct nst_process process;
        struct nst_container container;
        struct nst_known_device device;
        struct nst_address address;
    };
};

/* No row has more bytes: six strings of NST_MAX_TEXT and some numbers. */
#define ROW_BYTES_MAX 32768

/* Appends the row to b; longer strings are cut. Answers how many of the bytes are its key. */
size_t row_encode(struct buffer *b, const struct row *row);

/* Strings are in the bytes. False: no row was encoded like this. Times are zeros. */
bool row_decode(struct cursor *c, enum row_kind kind, struct row *row);

#endif
