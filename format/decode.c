/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/decode.h"

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "format/error.h"

void nst_decoder_free(struct decoder *d)
{
    nst_buffer_free(&d->meta);
    nst_buffer_free(&d->scratch);
}

void nst_content_clear(struct content *content)
{
    struct nst_block_info info = content->block.info;

    content->block = (struct nst_block){.info = info};
    content->states = NULL;
    content->memory.len = 0;
    content->packets.len = 0;
}

void nst_content_free(struct content *content)
{
    if (!content)
        return;
    nst_buffer_free(&content->memory);
    nst_buffer_free(&content->packets);
    free(content);
}

int nst_decode_inflate(const struct frame_header *f, const uint8_t *stored, struct buffer *plain,
                       size_t extra, struct nst_error *err)
{
    uint8_t *p;

    plain->len = 0;
    plain->failed = false;
    p = nst_buffer_room(plain, f->plain + extra + 1);
    if (!p)
        return nst_fail(err, -ENOMEM, "no memory for its content");
    plain->len = f->plain;
    return nst_frame_inflate(f, stored, p, err);
}

void nst_decode_string(struct cursor *c, char **text, const char **s)
{
    nst_decode_text(c, NST_MAX_NAME, text, s);
}

void nst_decode_text(struct cursor *c, uint32_t max, char **text, const char **s)
{
    uint32_t len = cursor_bounded(c, max + 1);
    const uint8_t *bytes;

    *s = NULL;
    if (!len)
        return;
    bytes = cursor_take(c, len - 1);
    if (!bytes)
        return;
    memcpy(*text, bytes, len - 1);
    (*text)[len - 1] = '\0';
    *s = *text;
    *text += len;
}

void nst_decode_name(struct cursor *c, char **text, const char **s)
{
    nst_decode_string(c, text, s);
    if (!*s)
        *s = "";
}

size_t nst_decode_reserve(size_t *used, size_t count, size_t size)
{
    size_t at = (*used + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);

    *used = at + count * size;
    return at;
}
