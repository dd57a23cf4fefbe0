/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/crc32c.h"

#include "format/bytes.h"
#include "format/crc32c_table.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <arm_acle.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

uint32_t nst_crc32c_portable(uint32_t crc, const void *data, size_t len)
{
    const uint8_t *p = data;
    uint32_t low, high;

    crc = ~crc;
    for (; len >= 8; len -= 8, p += 8) {
        low = crc ^ get_le32(p);
        high = get_le32(p + 4);
        crc = crc32c_table[7][low & 255] ^ crc32c_table[6][low >> 8 & 255] ^
              crc32c_table[5][low >> 16 & 255] ^ crc32c_table[4][low >> 24] ^
              crc32c_table[3][high & 255] ^ crc32c_table[2][high >> 8 & 255] ^
              crc32c_table[1][high >> 16 & 255] ^ crc32c_table[0][high >> 24];
    }
    for (; len; len--, p++)
        crc = crc >> 8 ^ crc32c_table[0][(crc ^ *p) & 255];
    return ~crc;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) static uint32_t crc32c_hardware(uint32_t crc, const uint8_t *p,
                                                                  size_t len)
{
    uint64_t wide = ~crc;

    for (; len >= 8; len -= 8, p += 8)
        wide = _mm_crc32_u64(wide, get_le64(p));
    crc = (uint32_t)wide;
    for (; len; len--, p++)
        crc = _mm_crc32_u8(crc, *p);
    return ~crc;
}

uint32_t nst_crc32c(uint32_t crc, const void *data, size_t len)
{
    if (__builtin_cpu_supports("sse4.2"))
        return crc32c_hardware(crc, data, len);
    return nst_crc32c_portable(crc, data, len);
}

#elif defined(__aarch64__) && defined(__linux__)

__attribute__((target("+crc"))) static uint32_t crc32c_hardware(uint32_t crc, const uint8_t *p,
                                                                size_t len)
{
    crc = ~crc;
    for (; len >= 8; len -= 8, p += 8)
        crc = __crc32cd(crc, get_le64(p));
    for (; len; len--, p++)
        crc = __crc32cb(crc, *p);
    return ~crc;
}

uint32_t nst_crc32c(uint32_t crc, const void *data, size_t len)
{
    if (getauxval(AT_HWCAP) & HWCAP_CRC32)
        return crc32c_hardware(crc, data, len);
    return nst_crc32c_portable(crc, data, len);
}

#else

uint32_t nst_crc32c(uint32_t crc, const void *data, size_t len)
{
    return nst_crc32c_portable(crc, data, len);
}

#endif
