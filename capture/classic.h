/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A filter as libpcap compiles it. libpcap and Linux each call their own instruction struct
 * bpf_insn, so that no file can include both: this type stands between the two.
 */
#ifndef NST_CAPTURE_CLASSIC_H
#define NST_CAPTURE_CLASSIC_H

#include <stddef.h>
#include <stdint.h>

struct classic_insn {
    uint16_t code;
    uint8_t jt, jf;
    uint32_t k;
};

struct classic_program {
    struct classic_insn *insns;
    size_t count;
};

#endif
