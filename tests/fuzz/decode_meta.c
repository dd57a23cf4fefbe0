/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A META frame as the decoders of events and of tables get it, past all checksums. */
#include "config.h"

#include <stdlib.h>

#include "format/bytes.h"
#include "format/decode.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct decoder decoder = {.patched = 0};
    struct content *content;
    struct block_header h = {0};

    if (size < FUZZ_HEAD_SIZE)
        return 0;
    content = calloc(1, sizeof(*content));
    if (!content)
        abort();
    h.meta.stored = h.meta.plain = (uint32_t)(size - FUZZ_HEAD_SIZE);
    h.info.events = get_le16(data + FUZZ_EVENTS) + 1u;
    h.info.expanded_bytes = get_le32(data + FUZZ_EXPANDED) % (NST_MAX_EXPANDED + 1);
    content->block.info = h.info;
    if (nst_decode_events(&decoder, content, &h, data + FUZZ_HEAD_SIZE, false, NULL) == 0)
        fuzz_look_at(&content->block);
    if (nst_decode_events(&decoder, content, &h, data + FUZZ_HEAD_SIZE, true, NULL) == 0)
        fuzz_look_at(&content->block);
    if (nst_decode_tables(&decoder, content, &h, data + FUZZ_HEAD_SIZE, NULL) == 0)
        fuzz_look_at(&content->block);
    nst_decoder_free(&decoder);
    nst_content_free(content);
    return 0;
}
