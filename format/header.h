/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The file header. Pure: works on buffers. Internal. */
#ifndef NST_FORMAT_HEADER_H
#define NST_FORMAT_HEADER_H

#include "format/nstrail.h"

/* A malloc()ed header for info, with its salt. -ENOMEM. */
int nst_header_encode(const struct nst_file_info *info, uint8_t **data, size_t *len);

/* Takes the fixed part, FILE_FIXED_SIZE bytes, and says how long the whole header is.
 * -EMEDIUMTYPE: not our magic. -EBADMSG: damaged. -EPROTONOSUPPORT: of a later kind. */
int nst_header_decode_fixed(const uint8_t *data, struct nst_file_info *info, size_t *len,
                            struct nst_error *err);

/* Takes the TLVs: the tlv_len bytes after the fixed part. *strings holds the strings that
 * info then points at, malloc()ed. -EBADMSG: info has no strings. */
int nst_header_decode_tlvs(const uint8_t *fixed, const uint8_t *tlvs, size_t tlv_len,
                           struct nst_file_info *info, char **strings, struct nst_error *err);

#endif
