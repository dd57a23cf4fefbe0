/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Classic BPF, as libpcap compiles filters to, into eBPF.
 *
 * What comes out is the body of
 *
 *     int filter(const void *bytes, __u32 caplen, __u32 len)
 *
 * with caplen bytes of a packet of len to look at, at most EV_WINDOW_BYTES. As in libpcap, what
 * loads from beyond caplen does not match.
 */
#ifndef NST_CAPTURE_TRANSLATE_H
#define NST_CAPTURE_TRANSLATE_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/classic.h"
#include "format/nstrail.h"

/* Fills all `room` instructions. *bytes: how many of a packet it can ever look at. */
int translate(const struct classic_program *program, struct bpf_insn *insns, size_t room,
              uint32_t *bytes, struct nst_error *err);

#endif
