/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The BPF programs' instructions, made such as this kernel takes. What a verifier refuses it
 * refuses also where it is never reached.
 */
#ifndef NST_CAPTURE_OBJECT_ADAPT_H
#define NST_CAPTURE_OBJECT_ADAPT_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "capture/object_image.h"

/* Before the object is opened: the functions that programs call. atomics: they can compare and
 * exchange; dynptr: BTF's id of bpf_dynptr_from_skb(), 0: it is not to be used. */
int object_adapt_image(struct object_image *image, bool atomics, uint32_t dynptr);

/* Before it is loaded, each program. calls: there is a pcap-filter to call. */
int object_adapt_program(struct bpf_program *program, bool atomics, bool calls);

#endif
