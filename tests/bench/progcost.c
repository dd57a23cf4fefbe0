/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What BPF programs cost, by the kernel's own count (BPF_STATS_RUN_TIME).
 *
 * progcost of PID:       counts while it runs; at SIGTERM prints, for each program that the
 *                        process holds, name, runs and nanoseconds.
 * progcost empty NAME... attaches an empty program to each of these tracepoints and does the
 *                        same for them.
 *
 * Prints "ready" first.
 */
#include "config.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAMS 64

static volatile sig_atomic_t stop;

static void on_signal(int signal)
{
    (void)signal;
    stop = 1;
}

static int failed(const char *what)
{
    fprintf(stderr, "progcost: %s: %s\n", what, strerror(errno));
    return -1;
}

struct programs {
    int fds[PROGRAMS];
    char names[PROGRAMS][BPF_OBJ_NAME_LEN];
    int count;
};

static int attach_empty(struct programs *p, char **names)
{
    static const struct bpf_insn insns[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
        {.code = BPF_JMP | BPF_EXIT},
    };

    for (; *names && p->count < PROGRAMS; names++, p->count++) {
        LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_RAW_TP);
        int id = libbpf_find_vmlinux_btf_id(*names, BPF_TRACE_RAW_TP);

        if (id < 0)
            return failed(*names);
        opts.attach_btf_id = (unsigned)id;
        snprintf(p->names[p->count], BPF_OBJ_NAME_LEN, "%s", *names);
        p->fds[p->count] = bpf_prog_load(BPF_PROG_TYPE_TRACING, "empty", "Dual BSD/GPL", insns,
                                         sizeof(insns) / sizeof(*insns), &opts);
        if (p->fds[p->count] < 0 || bpf_raw_tracepoint_open(NULL, p->fds[p->count]) < 0)
            return failed(*names);
    }
    return 0;
}

/* 0: the file says of no program. */
static unsigned program_id(const char *pid, const char *fd)
{
    char path[512], line[128];
    unsigned id = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", pid, fd);
    file = fopen(path, "r");
    while (file && !id && fgets(line, sizeof(line), file))
        sscanf(line, "prog_id: %u", &id);
    if (file)
        fclose(file);
    return id;
}

static bool known(const struct programs *p, unsigned id)
{
    for (int i = 0; i < p->count; i++) {
        struct bpf_prog_info info = {0};
        unsigned size = sizeof(info);

        if (!bpf_obj_get_info_by_fd(p->fds[i], &info, &size) && info.id == id)
            return true;
    }
    return false;
}

static int find_programs(struct programs *p, const char *pid)
{
    struct bpf_prog_info info;
    unsigned size, id;
    struct dirent *entry;
    char path[64];
    DIR *dir;

    snprintf(path, sizeof(path), "/proc/%s/fdinfo", pid);
    dir = opendir(path);
    if (!dir)
        return failed(path);
    while ((entry = readdir(dir)) && p->count < PROGRAMS) {
        id = program_id(pid, entry->d_name);
        if (!id || known(p, id))
            continue;
        memset(&info, 0, sizeof(info));
        size = sizeof(info);
        p->fds[p->count] = bpf_prog_get_fd_by_id(id);
        if (p->fds[p->count] < 0 || bpf_obj_get_info_by_fd(p->fds[p->count], &info, &size))
            continue;
        memcpy(p->names[p->count++], info.name, BPF_OBJ_NAME_LEN);
    }
    closedir(dir);
    return p->count ? 0 : failed("no programs");
}

static void print_cost(const struct programs *p)
{
    for (int i = 0; i < p->count; i++) {
        struct bpf_prog_info info = {0};
        unsigned size = sizeof(info);

        if (!bpf_obj_get_info_by_fd(p->fds[i], &info, &size))
            printf("%s %llu %llu\n", p->names[i], (unsigned long long)info.run_cnt,
                   (unsigned long long)info.run_time_ns);
    }
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_signal};
    static struct programs p;
    sigset_t term, before;

    if (argc < 3 || (strcmp(argv[1], "of") && strcmp(argv[1], "empty"))) {
        fprintf(stderr, "progcost: of PID | empty TRACEPOINT...\n");
        return 1;
    }
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, &before);
    sigaction(SIGTERM, &action, NULL);
    if (strcmp(argv[1], "of") ? attach_empty(&p, argv + 2) : find_programs(&p, argv[2]))
        return 1;
    if (bpf_enable_stats(BPF_STATS_RUN_TIME) < 0)
        return failed("bpf_enable_stats") ? 1 : 0;
    puts("ready");
    fflush(stdout);
    while (!stop)
        sigsuspend(&before);
    print_cost(&p);
    return 0;
}
