/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* CRC-32C (Castagnoli), as in iSCSI and ext4. Internal. */
#ifndef NST_FORMAT_CRC32C_H
#define NST_FORMAT_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Continues from the checksum of the bytes before; 0 at the start. */
uint32_t nst_crc32c(uint32_t crc, const void *data, size_t len);

/* The same without the processor's own instruction: for processors without one, and so that
 * a test can compare the two. */
uint32_t nst_crc32c_portable(uint32_t crc, const void *data, size_t len);

#endif
