/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/changes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/net_namespace.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GROUP_NSID    (1u << (RTNLGRP_NSID - 1))
#define GROUPS_INSIDE (RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR)

/* A device takes about 2 KiB each time, and many namespaces can be set up while a scan goes on. */
#define ROOM (1 << 20)

/* We do not wake up for the numbers that we give ourselves. The filter loads half words in network
 * order. */
static bool leave_out_new_numbers(int fd)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWNSID), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    };
    struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0;
}

int changes_open(bool inside)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK,
                                  .nl_groups = GROUP_NSID | (inside ? GROUPS_INSIDE : 0)};
    const int on = 1, room = ROOM;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    int error;

    if (fd < 0)
        return -errno;
    /* Without the rights to these deaths alone are heard, and bursts of them are missed sooner. */
    setsockopt(fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
    if (leave_out_new_numbers(fd) && !bind(fd, (const struct sockaddr *)&address, sizeof(address)))
        return fd;
    error = -errno;
    close(fd);
    return error;
}

/* Of a message as far as it is of use: what it is, and which namespace sent it. */
struct message {
    union {
        struct nlmsghdr head;
        uint8_t bytes[NLMSG_SPACE(sizeof(struct rtgenmsg)) + RTA_SPACE(sizeof(int32_t))];
    };
    size_t len;
    int32_t from; /* <0: our own */
};

static int32_t sender_of(struct msghdr *message)
{
    int32_t nsid = -1;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
        if (c->cmsg_level == SOL_NETLINK && c->cmsg_type == NETLINK_LISTEN_ALL_NSID)
            memcpy(&nsid, CMSG_DATA(c), sizeof(nsid));
    return nsid;
}

/* Others than the kernel can send to us as well. 1, 0: there is none; <0: a negative errno. */
static int receive(int fd, struct message *message)
{
    _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(int32_t))];
    struct sockaddr_nl from = {0};
    struct iovec part = {.iov_base = message->bytes, .iov_len = sizeof(message->bytes)};
    struct msghdr head;
    ssize_t len;

    do {
        head = (struct msghdr){.msg_name = &from,
                               .msg_namelen = sizeof(from),
                               .msg_iov = &part,
                               .msg_iovlen = 1,
                               .msg_control = control,
                               .msg_controllen = sizeof(control)};
        len = recvmsg(fd, &head, 0);
    } while ((len < 0 && errno == EINTR) || (len >= 0 && from.nl_pid != 0));
    if (len < 0)
        return errno == EAGAIN ? 0 : -errno;
    message->len = (size_t)len;
    message->from = sender_of(&head);
    return 1;
}

/* The number that no namespace has any more. */
static bool read_number(const struct message *message, int32_t *nsid)
{
    const struct rtattr *a = (const void *)(message->bytes + NLMSG_SPACE(sizeof(struct rtgenmsg)));

    if (message->len < sizeof(message->bytes) || a->rta_type != NETNSA_NSID)
        return false;
    memcpy(nsid, RTA_DATA(a), sizeof(*nsid));
    return true;
}

/* Other namespaces have numbers for others as well, and tell when these die. */
static enum change_kind change_of(const struct message *message, int32_t *nsid)
{
    if (message->len < sizeof(message->head))
        return CHANGE_NONE;
    if (message->head.nlmsg_type == RTM_DELNSID)
        return message->from < 0 && read_number(message, nsid) ? CHANGE_DEATH : CHANGE_NONE;
    *nsid = message->from;
    return message->from < 0 ? CHANGE_NONE : CHANGE_INSIDE;
}

enum change_kind changes_next(int fd, int32_t *nsid)
{
    struct message message;
    enum change_kind change = CHANGE_NONE;
    int result = 1;

    while (change == CHANGE_NONE && (result = receive(fd, &message)) > 0)
        change = change_of(&message, nsid);
    return result < 0 ? CHANGE_MISSED : change;
}
