/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What kernels expect of the compiled BPF programs, and compilers decide. */
#include "config.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "capture/object.h"
#include "tests/unit/tap.h"

/* Kernels refuse all types for one section without variables until 5.12 (13ca51d5eb35), such as
 * what the compiler made of a local variable's initializer. */
static bool sections_have_variables(const struct btf *btf)
{
    bool all = true;

    for (__u32 id = 1; id < btf__type_cnt(btf); id++) {
        const struct btf_type *type = btf__type_by_id(btf, id);

        if (!btf_is_datasec(type) || btf_vlen(type))
            continue;
        printf("# %s has none\n", btf__name_by_offset(btf, type->name_off));
        all = false;
    }
    return all;
}

int main(void)
{
    size_t length = (size_t)(bpf_object_end - bpf_object_start);
    struct bpf_object *object = bpf_object__open_mem(bpf_object_start, length, NULL);
    const struct btf *btf = object ? bpf_object__btf(object) : NULL;
    struct tap tap = {0};

    if (tap_ok(&tap, btf != NULL, "the programs have types"))
        tap_ok(&tap, sections_have_variables(btf), "each section that has types has variables");
    bpf_object__close(object);
    return tap_done(&tap);
}
