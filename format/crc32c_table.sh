#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Makes format/crc32c_table.h: eight tables for CRC-32C (polynomial 0x1EDC6F41, reflected),
# table k being the checksum of a byte followed by k zero bytes.
set -eu
cat <<'END'
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Made by crc32c_table.sh: change that. */
static const uint32_t crc32c_table[8][256] = {
END
n=0
while [ $n -lt 256 ]; do
    v=$n
    for _ in 1 2 3 4 5 6 7 8; do
        v=$(((v >> 1) ^ (0x82f63b78 & -(v & 1))))
    done
    eval "t_$n=$v v_$n=$v"
    n=$((n + 1))
done
for _ in 0 1 2 3 4 5 6 7; do
    printf '    {\n'
    n=0
    while [ $n -lt 256 ]; do
        eval "v=\$v_$n"
        [ $((n % 8)) -ne 0 ] || printf '        '
        printf '0x%08x,' "$v"
        [ $((n % 8)) -ne 7 ] && printf ' ' || printf '\n'
        eval "v_$n=\$(((v >> 8) ^ t_$((v & 255))))"
        n=$((n + 1))
    done
    printf '    },\n'
done
printf '};\n'
