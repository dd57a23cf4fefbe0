/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What /proc tells of one process. Its folder is opened once: what is read below it then is of
 * that process or fails with ESRCH, also when another one has got its pid meanwhile.
 */
#ifndef NST_CAPTURE_INVENTORY_PROC_H
#define NST_CAPTURE_INVENTORY_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/nstrail.h"

/* Longer ones are cut: at the end, but a cgroup at its front, where it tells least. */
#define PROC_TEXT_MAX NST_MAX_TEXT

/* From /proc/PID/stat. */
struct proc_stat {
    char comm[64]; /* kernel threads have longer ones than TASK_COMM_LEN */
    uint32_t parent;
    uint32_t session;     /* pid of its leader */
    uint64_t start_ticks; /* after the boot, in sysconf(_SC_CLK_TCK)ths of a second */
};

/* Pure. The name in the text may have any byte, parentheses and newlines too. */
bool proc_parse_stat(const char *text, struct proc_stat *stat);

/* From /proc/PID/status. The owner of /proc/PID is no measure: it is root for all that have
 * changed their user since they were executed. */
struct proc_status {
    uint32_t uid; /* effective, in our user namespace */
    bool init;    /* the first of its pid namespace */
};

/* Pure. */
bool proc_parse_status(const char *text, struct proc_status *status);

/* Pure: of the lines of /proc/PID/cgroup the path that tells most: one that names a container,
 * else of version 2 unless that is the root alone, else the longest. Ends in cgroup, "" where
 * there is none. */
void proc_parse_cgroup(const char *text, char cgroup[PROC_TEXT_MAX + 1]);

/* The folder of a process, by its name in proc_fd. <0: it is gone. The caller closes it. */
int proc_open(int proc_fd, const char *pid);

/* The same of a process that is in the initial namespaces, if this is the /proc of their processes.
 * <0: it is not. */
int proc_open_initial(int proc_fd);

bool proc_read_stat(int process, struct proc_stat *stat);
bool proc_read_status(int process, struct proc_status *status);
/* "" where it has none or we may not know. */
void proc_read_cgroup(int process, char cgroup[PROC_TEXT_MAX + 1]);
/* "": a kernel thread, or we may not know. */
void proc_read_exe(int process, char exe[PROC_TEXT_MAX + 1]);
/* Arguments with blanks between; "" where there are none. */
void proc_read_cmdline(int process, char cmdline[PROC_TEXT_MAX + 1]);
/* The inode number of one of its namespaces ("ns/net"), 0: unknown. */
uint32_t proc_read_ns(int process, const char *which);

#endif
