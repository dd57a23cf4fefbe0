/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/triggers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Where a message of the process connector says what happened. */
#define EVENT_AT (NLMSG_HDRLEN + offsetof(struct cn_msg, data))
#define WHAT_AT  (EVENT_AT + offsetof(struct proc_event, what))
#define PID_AT   (EVENT_AT + offsetof(struct proc_event, event_data.exec.process_tgid))

/* Programs come in bursts, as when something is built, and perhaps while a scan goes on: about a
 * thousand. */
#define ROOM (1 << 20)

/* Forks and exits, which are the most, do not wake us. The kernel can leave them out itself only
 * since 6.6 (743acf351bae). The filter loads words in network order. */
static bool only_execs(int fd)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, WHAT_AT),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(PROC_EVENT_EXEC), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0;
}

static bool subscribe(int fd)
{
    const uint32_t operation = PROC_CN_MCAST_LISTEN;
    struct nlmsghdr head = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct cn_msg) + sizeof(operation)),
                            .nlmsg_type = NLMSG_DONE};
    struct cn_msg message = {.id = {.idx = CN_IDX_PROC, .val = CN_VAL_PROC},
                             .len = sizeof(operation)};
    uint8_t bytes[NLMSG_LENGTH(sizeof(message) + sizeof(operation))] = {0};

    memcpy(bytes, &head, sizeof(head));
    memcpy(bytes + NLMSG_HDRLEN, &message, sizeof(message));
    memcpy(bytes + EVENT_AT, &operation, sizeof(operation));
    return send(fd, bytes, sizeof(bytes), 0) == (ssize_t)sizeof(bytes);
}

static int open_execs(void)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
    const int room = ROOM;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);

    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
    if (fd >= 0 && !(bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
                     only_execs(fd) && subscribe(fd))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

void triggers_open(struct triggers *t)
{
    t->mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
    t->execs = open_execs();
}

void triggers_close(struct triggers *t)
{
    if (t->mounts >= 0)
        close(t->mounts);
    if (t->execs >= 0)
        close(t->execs);
}

static ssize_t receive(int fd, uint8_t *buf, size_t room, struct sockaddr_nl *from)
{
    ssize_t len;

    do {
        socklen_t from_len = sizeof(*from);

        len = recvfrom(fd, buf, room, 0, (struct sockaddr *)from, &from_len);
    } while (len < 0 && errno == EINTR);
    return len;
}

pid_t triggers_next_exec(const struct triggers *t)
{
    uint8_t buf[512];
    struct sockaddr_nl from = {0};
    ssize_t len;

    while ((len = receive(t->execs, buf, sizeof(buf), &from)) > 0) {
        uint32_t what, pid;

        if (from.nl_pid != 0 || (size_t)len < PID_AT + sizeof(pid))
            continue;
        memcpy(&what, buf + WHAT_AT, sizeof(what));
        memcpy(&pid, buf + PID_AT, sizeof(pid));
        if (what == PROC_EVENT_EXEC)
            return (pid_t)pid;
    }
    return len < 0 && errno == ENOBUFS ? -1 : 0;
}
