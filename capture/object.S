/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The compiled BPF programs, as bytes in the recorder. */
    .section .rodata
    .balign 8
    .globl bpf_object_start
    .hidden bpf_object_start
bpf_object_start:
    .incbin "bpf/nstrail.bpf.o"
    .globl bpf_object_end
    .hidden bpf_object_end
bpf_object_end:

    .section .note.GNU-stack, "", %progbits
