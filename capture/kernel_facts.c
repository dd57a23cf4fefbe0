/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/kernel_facts.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture/capabilities.h"
#include "capture/probes.h"
#include "format/error.h"

#define KERNEL_BTF "/sys/kernel/btf/vmlinux"

const char *kernel_missing_capability(void)
{
    struct capabilities have;
    bool perfmon;

    if (capabilities_get(&have) || have.effective & CAPABILITY_BIT(CAP_SYS_ADMIN))
        return NULL;
    perfmon = have.effective & CAPABILITY_BIT(CAP_PERFMON);
    if (!(have.effective & CAPABILITY_BIT(CAP_BPF)))
        return perfmon ? "CAP_BPF" : "CAP_BPF and CAP_PERFMON";
    return perfmon ? NULL : "CAP_PERFMON";
}

/* The parameters of a tracepoint's programs, or NULL: it has no such tracepoint. BTF knows each
 * as a type btf_trace_NAME, a pointer to a function whose first parameter is not passed on. */
static const struct btf_type *tracepoint_type(const struct btf *btf, const char *name)
{
    char symbol[128];
    const struct btf_type *type;
    int id;

    snprintf(symbol, sizeof(symbol), "btf_trace_%s", name);
    id = btf__find_by_name_kind(btf, symbol, BTF_KIND_TYPEDEF);
    if (id < 0)
        return NULL;
    type = btf__type_by_id(btf, btf__type_by_id(btf, id)->type);
    if (!type || !btf_is_ptr(type))
        return NULL;
    type = btf__type_by_id(btf, type->type);
    return type && btf_is_func_proto(type) ? type : NULL;
}

static bool enum_value(const struct btf *btf, const char *enum_name, const char *name,
                       uint32_t *number)
{
    int id = btf__find_by_name_kind(btf, enum_name, BTF_KIND_ENUM);
    const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(btf, id);

    for (uint32_t i = 0; type && i < btf_vlen(type); i++) {
        const struct btf_enum *value = &btf_enum(type)[i];

        if (!strcmp(btf__name_by_offset(btf, value->name_off), name)) {
            *number = value->val;
            return true;
        }
    }
    return false;
}

/* A member, also of an unnamed structure or union within. */
static bool has_member(const struct btf *btf, uint32_t id, const char *name)
{
    const struct btf_type *type = btf__type_by_id(btf, id);

    if (!type || !btf_is_composite(type))
        return false;
    for (uint32_t i = 0; i < btf_vlen(type); i++) {
        const struct btf_member *member = &btf_members(type)[i];

        if (!strcmp(btf__name_by_offset(btf, member->name_off), name) ||
            has_member(btf, member->type, name))
            return true;
    }
    return false;
}

static void read_kprobe_facts(struct kernel_facts *facts, const struct btf *btf)
{
    int info = btf__find_by_name_kind(btf, "bpf_link_info", BTF_KIND_STRUCT);

    facts->attach_cookie =
        libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_attach_cookie, NULL) == 1;
    /* CONFIG_FPROBE: other parts of kprobe.multi are there without it, too. */
    facts->kprobe_multi = btf__find_by_name_kind(btf, "register_fprobe_ips", BTF_KIND_FUNC) > 0;
    /* Came with 6.7 (e2b2cd592ad1), with the counting by programs (dd8657894c11). */
    facts->kprobe_misses = info > 0 && has_member(btf, info, "missed");
}

static int read_btf(struct kernel_facts *facts, const struct btf *btf, struct nst_error *err)
{
    const struct btf_type *kfree = tracepoint_type(btf, fixed_probes[EV_PROBE_KFREE].tracepoint);
    int dynptr;

    for (int i = 0; i < EV_PROBE_OTHER; i++) {
        facts->tracepoint[i] = tracepoint_type(btf, fixed_probes[i].tracepoint);
        if (fixed_probes[i].needed && !facts->tracepoint[i])
            return nst_fail(err, -EOPNOTSUPP, "this kernel has no tracepoint %s",
                            fixed_probes[i].symbol);
    }
    /* Its own, the skb, the place of the call, the reason, the socket. */
    facts->kfree_has_reason = btf_vlen(kfree) >= 4;
    facts->kfree_has_sock = btf_vlen(kfree) >= 5;
    if (!enum_value(btf, "skb_drop_reason", "SKB_CONSUMED", &facts->reason_consumed))
        facts->reason_consumed = 0;
    dynptr = btf__find_by_name_kind(btf, "bpf_dynptr_from_skb", BTF_KIND_FUNC);
    facts->dynptr = dynptr > 0 ? dynptr : 0;
    read_kprobe_facts(facts, btf);
    facts->drop_reasons = drop_reasons_new(btf);
    if (!facts->drop_reasons)
        return nst_fail(err, -ENOMEM, "no memory for the drop reasons");
    return 0;
}

static bool has_cmpxchg(void)
{
    static const struct bpf_insn insns[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_1},
        {.code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .src_reg = BPF_REG_1, .off = -8},
        {.code = BPF_STX | BPF_ATOMIC | BPF_DW,
         .dst_reg = BPF_REG_10,
         .src_reg = BPF_REG_1,
         .off = -8,
         .imm = BPF_CMPXCHG},
        {.code = BPF_JMP | BPF_EXIT},
    };
    int fd = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "cmpxchg", "GPL", insns,
                           sizeof(insns) / sizeof(*insns), NULL);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* 0, or why there can be none. In a user namespace capabilities are as good as none here. */
static int make_ring(void)
{
    int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, NULL, 0, 0, (uint32_t)sysconf(_SC_PAGESIZE), NULL);

    if (fd < 0)
        return -errno;
    close(fd);
    return 0;
}

int kernel_facts_read(struct kernel_facts *facts, struct nst_error *err)
{
    const char *missing = kernel_missing_capability();
    struct btf *btf;
    int error;

    *facts = (struct kernel_facts){0};
    if (missing)
        return nst_fail(err, -EPERM, "recording needs root, or %s, which this process lacks",
                        missing);
    /* Asked first: a kernel that is too old most often has no BTF either. */
    error = make_ring();
    if (error == -EPERM)
        return nst_fail(err, error, "the kernel lets this process use no BPF, for all its "
                                    "capabilities: is this a container?");
    /* The answer to a type of map that it does not know. */
    if (error == -EINVAL)
        return nst_fail(err, -EOPNOTSUPP,
                        "this kernel has no BPF ring buffer: recording needs Linux 5.8 or later");
    if (error)
        return nst_fail(err, error, "cannot make a BPF ring buffer: %s", strerror(-error));
    btf = btf__parse(KERNEL_BTF, NULL);
    if (!btf)
        return nst_fail(err, -errno,
                        "%s: %s; recording needs a kernel that describes its types "
                        "(CONFIG_DEBUG_INFO_BTF)",
                        KERNEL_BTF, strerror(errno));
    facts->cmpxchg = has_cmpxchg();
    error = read_btf(facts, btf, err);
    btf__free(btf);
    return error;
}

void kernel_facts_free(struct kernel_facts *facts)
{
    drop_reasons_free(facts->drop_reasons);
    *facts = (struct kernel_facts){0};
}
