/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Copies of a program for the many places where one of its own is needed: each with a constant of
 * its own, in a frozen map in the place of .rodata.place. What is copied stands in the BPF object's
 * section "template", and is not loaded itself.
 */
#ifndef NST_CAPTURE_PROGRAM_COPIES_H
#define NST_CAPTURE_PROGRAM_COPIES_H

#include <bpf/libbpf.h>
#include <stdint.h>

enum copy_kind {
    COPY_TP_BTF,
    COPY_RAW_TP,
    COPY_FENTRY,
};

/* A program as libbpf has made it for this kernel. */
struct template {
    struct bpf_insn *insns; /* NULL: it was not chosen */
    size_t insns_count;
    void *functions; /* struct bpf_func_info: the types of its functions; NULL: not known */
    uint32_t functions_count;
    uint32_t function_bytes;
    uint32_t btf_fd; /* the object's */
};

struct templates {
    struct template typed, raw;
    int handler; /* libbpf's number, plus 1; 0: none */
};

/* Has libbpf hand over the templates of each object that is loaded from here on. Those of the last
 * object are kept. */
int templates_begin(struct templates *templates);
/* To be called once all those objects are closed. */
void templates_end(struct templates *templates);

struct copy {
    enum copy_kind kind;
    int prog_fd; /* <0: none */
    int link_fd;
};

/* Loads a copy of a template of the object, which is loaded. btf_id: what tp_btf and fentry will
 * attach to. <0: the kernel refuses. */
int copy_load(struct copy *copy, const struct templates *templates,
              const struct bpf_object *object, enum copy_kind kind, uint32_t btf_id,
              uint64_t place);
/* tracepoint: what raw_tp attaches to. */
int copy_attach(struct copy *copy, const char *tracepoint);
void copy_detach(struct copy *copy);
/* Detached before. */
void copy_free(struct copy *copy);

#endif
