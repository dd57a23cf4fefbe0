/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The profiles that come with the recorder, as texts in it. */
    .section .rodata

    .macro profile name
    .globl profile_\name\()_start
    .hidden profile_\name\()_start
profile_\name\()_start:
    .incbin "capture/profiles/\name"
    .globl profile_\name\()_end
    .hidden profile_\name\()_end
profile_\name\()_end:
    .endm

    profile default
    profile drop
    profile ifdump
    profile stack

    .section .note.GNU-stack, "", %progbits
