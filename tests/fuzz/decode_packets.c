/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Both frames of an events block as the decoder gets them, past all checksums: packets put
 * together from full ones, same ones and patches. */
#include "config.h"

#include <stdlib.h>

#include "format/bytes.h"
#include "format/decode.h"
#include "tests/fuzz/fuzz.h"

/* All events have their packets, or none does. */
static void look_at_packets(const struct nst_block *block, bool whole)
{
    uint32_t i;

    for (i = 0; i < block->info.events; i++) {
        const struct nst_event *ev = &block->events[i];

        if (!ev->packet != (!whole || !ev->caplen_bytes))
            abort();
    }
    fuzz_look_at(block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct decoder decoder = {.patched = 0};
    struct content *content;
    struct block_header h = {0};
    const uint8_t *meta = data + FUZZ_HEAD_SIZE;
    size_t left;

    if (size < FUZZ_HEAD_SIZE)
        return 0;
    left = size - FUZZ_HEAD_SIZE;
    h.meta.stored = get_le32(data + FUZZ_META_LENGTH);
    if (h.meta.stored > left)
        return 0;
    content = calloc(1, sizeof(*content));
    if (!content)
        abort();
    h.meta.plain = h.meta.stored;
    h.pkt.stored = h.pkt.plain = (uint32_t)(left - h.meta.stored);
    h.info.events = get_le16(data + FUZZ_EVENTS) + 1u;
    h.info.expanded_bytes = get_le32(data + FUZZ_EXPANDED) % (NST_MAX_EXPANDED + 1);
    content->block.info = h.info;
    if (nst_decode_events(&decoder, content, &h, meta, false, NULL) == 0)
        look_at_packets(&content->block,
                        nst_decode_packets(&decoder, content, &h, meta + h.meta.stored, NULL) == 0);
    nst_decoder_free(&decoder);
    nst_content_free(content);
    return 0;
}
