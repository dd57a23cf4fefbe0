/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/live.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "capture/printer.h"
#include "format/block.h"
#include "format/frame.h"
#include "format/error.h"
#include "format/header.h"

/* A block of events is left out while another still waits for room in the pipe. Blocks of the
 * inventory and counters are not, since most of what they say is said once, until so much waits. */
#define PENDING_MAX (8u << 20)

struct live {
    struct printer printer;
    uint8_t salt[NST_SALT_SIZE];
    uint64_t sequence; /* of the next block; those left out have one too, so the printer knows */
    uint32_t previous; /* size of the last block that was not left out */
    bool last;         /* the file under way is the last one: its END is passed on */
    bool gone;         /* nobody reads */
    uint64_t skipped;  /* events that were left out */
    struct buffer pending; /* what the pipe has had no room for: its bytes from sent on */
    size_t sent;
};

static int put_header(struct live *l, const struct nst_file_info *info, struct nst_error *err)
{
    struct nst_file_info own = *info;
    uint8_t *header, *room;
    size_t len;

    if (getrandom(l->salt, sizeof(l->salt), 0) != (ssize_t)sizeof(l->salt))
        return nst_fail(err, -EIO, "no random numbers");
    memcpy(own.salt, l->salt, sizeof(own.salt));
    if (nst_header_encode(&own, &header, &len) < 0)
        return nst_fail(err, -ENOMEM, "no memory for what is printed");
    room = nst_buffer_room(&l->pending, len);
    if (room) {
        memcpy(room, header, len);
        l->pending.len += len;
    }
    free(header);
    return room ? 0 : nst_fail(err, -ENOMEM, "no memory for what is printed");
}

int live_start(struct live **live, const struct nst_file_info *info, const struct caller *caller,
               const sigset_t *mask, struct nst_error *err)
{
    struct live *l = calloc(1, sizeof(*l));
    int error;

    if (!l)
        return nst_fail(err, -ENOMEM, "no memory for what is printed");
    l->printer = (struct printer){.pipe = -1, .exited = -1};
    error = put_header(l, info, err);
    if (!error)
        error = printer_start(&l->printer, caller, mask, err);
    if (error) {
        live_free(l);
        return error;
    }
    live_push(l);
    *live = l;
    return 0;
}

int live_fd(const struct live *l)
{
    return l->printer.exited;
}

void live_push(struct live *l)
{
    while (!l->gone && l->sent < l->pending.len) {
        ssize_t n = write(l->printer.pipe, l->pending.data + l->sent, l->pending.len - l->sent);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0)
            l->gone = true;
        else
            l->sent += (size_t)n;
    }
    l->pending.len = l->sent = 0;
}

/* Adds a block as one of our own stream. */
static void put_block(struct live *l, const void *block, size_t len, struct block_header *h)
{
    uint8_t *room = nst_buffer_room(&l->pending, len);

    if (!room) {
        l->pending.failed = false;
        l->skipped += h->info.events;
        return;
    }
    memcpy(room, block, len);
    memcpy(h->salt, l->salt, sizeof(h->salt));
    h->info.sequence = l->sequence;
    h->previous = l->previous;
    nst_block_encode(room, h);
    l->pending.len += len;
    l->previous = (uint32_t)len;
}

void live_block(struct live *l, const void *block, size_t len)
{
    struct block_header h;
    bool fits;

    if (l->gone || !nst_block_decode(block, NULL, &h) || (h.info.type == NST_BLOCK_END && !l->last))
        return;
    live_push(l);
    fits = h.info.type == NST_BLOCK_EVENTS ? !l->pending.len : len <= PENDING_MAX - l->pending.len;
    if (fits)
        put_block(l, block, len, &h);
    else
        l->skipped += h.info.events;
    l->sequence++;
    live_push(l);
}

void live_last(struct live *l)
{
    l->last = true;
}

bool live_finish(struct live *l, struct ending *ending)
{
    while (!l->gone && l->pending.len) {
        if (ending_wait(ending, l->printer.pipe, POLLOUT))
            break;
        live_push(l);
    }
    return printer_finish(&l->printer, ending);
}

void live_free(struct live *l)
{
    if (!l)
        return;
    if (l->printer.pipe >= 0)
        close(l->printer.pipe);
    if (l->printer.exited >= 0)
        close(l->printer.exited);
    nst_buffer_free(&l->pending);
    free(l);
}

uint64_t live_skipped(const struct live *l)
{
    return l->skipped;
}
