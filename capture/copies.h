/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Copies of a loaded program for the many places where one of its own is needed: each with a
 * constant of its own, in a frozen map in the place of .rodata.place.
 */
#ifndef NST_CAPTURE_COPIES_H
#define NST_CAPTURE_COPIES_H

#include <bpf/libbpf.h>
#include <stdint.h>

enum copy_kind {
    COPY_TP_BTF,
    COPY_RAW_TP,
    COPY_FENTRY,
};

struct copy {
    enum copy_kind kind;
    int prog_fd; /* <0: none */
    int link_fd;
};

/* Loads a copy of the template, which bpf_object__load() has loaded. btf_id: what tp_btf and fentry
 * will attach to. <0: the kernel refuses. */
int copy_load(struct copy *copy, const struct bpf_object *object, enum copy_kind kind,
              uint32_t btf_id, uint64_t place);
/* tracepoint: what raw_tp attaches to. */
int copy_attach(struct copy *copy, const char *tracepoint);
void copy_detach(struct copy *copy);
/* Detached before. */
void copy_free(struct copy *copy);

#endif
