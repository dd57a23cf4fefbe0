/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The compiled BPF programs: what stands between these (see object.S). */
#ifndef NST_CAPTURE_OBJECT_H
#define NST_CAPTURE_OBJECT_H

extern const unsigned char bpf_object_start[], bpf_object_end[];

#endif
