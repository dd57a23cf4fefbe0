/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/rtnl.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* since 5.14 (e8b9eab99232) */
#endif
#ifndef RTEXT_FILTER_SKIP_STATS
#define RTEXT_FILTER_SKIP_STATS (1 << 3) /* since 4.4 (d5566fd72ec1) */
#endif

/* Nothing of the kernel's takes long; a fault must not hang us for good. */
static const struct timeval patience = {.tv_sec = 2};

int rtnl_open(struct rtnl *rtnl)
{
    rtnl->sequence = 0;
    rtnl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (rtnl->fd < 0)
        return -errno;
    setsockopt(rtnl->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return 0;
}

void rtnl_close(struct rtnl *rtnl)
{
    if (rtnl->fd >= 0)
        close(rtnl->fd);
    rtnl->fd = -1;
}

uint64_t rtnl_cookie(const struct rtnl *rtnl)
{
    uint64_t cookie = 0;
    socklen_t len = sizeof(cookie);

    return getsockopt(rtnl->fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) ? 0 : cookie;
}

/* What is done with each message of an answer. */
typedef void take_message(void *context, const struct nlmsghdr *message);

/* A request with one attribute of four bytes behind its family's header. */
struct request {
    struct nlmsghdr head;
    union {
        struct ifinfomsg link;
        struct ifaddrmsg address;
        struct rtgenmsg general;
    };
};

static int send_request(struct rtnl *rtnl, struct nlmsghdr *head, uint16_t type, uint16_t flags)
{
    const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

    head->nlmsg_type = type;
    head->nlmsg_flags = NLM_F_REQUEST | flags;
    head->nlmsg_seq = ++rtnl->sequence;
    if (sendto(rtnl->fd, head, head->nlmsg_len, 0, (const struct sockaddr *)&kernel,
               sizeof(kernel)) < 0)
        return -errno;
    return 0;
}

static void put_u32(struct nlmsghdr *head, uint16_t type, uint32_t value)
{
    struct rtattr *a = (void *)((uint8_t *)head + NLMSG_ALIGN(head->nlmsg_len));

    a->rta_type = type;
    a->rta_len = RTA_LENGTH(sizeof(value));
    memcpy(RTA_DATA(a), &value, sizeof(value));
    head->nlmsg_len = NLMSG_ALIGN(head->nlmsg_len) + RTA_ALIGN(a->rta_len);
}

/* Others can send to us as well, whoever is root in that namespace: so many, before it is left. */
#define MOST_FOREIGN 1000

/* One datagram of the kernel's: its length, or <0. */
static ssize_t receive(struct rtnl *rtnl)
{
    unsigned foreign = 0;
    struct sockaddr_nl from = {0};
    struct iovec part = {.iov_base = rtnl->buf, .iov_len = sizeof(rtnl->buf)};
    struct msghdr message = {
        .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &part, .msg_iovlen = 1};
    ssize_t got;

    do {
        message.msg_namelen = sizeof(from);
        got = recvmsg(rtnl->fd, &message, 0);
        if (got < 0 && errno != EINTR)
            return -errno;
        if (got >= 0 && from.nl_pid != 0 && ++foreign > MOST_FOREIGN)
            return -EBUSY;
    } while (got < 0 || from.nl_pid != 0);
    if (message.msg_flags & MSG_TRUNC)
        return -EMSGSIZE;
    return got;
}

static int error_of(const struct nlmsghdr *message)
{
    const struct nlmsgerr *error = NLMSG_DATA(message);

    return message->nlmsg_len < NLMSG_LENGTH(sizeof(*error)) ? -EBADMSG : error->error;
}

/* 1: the answer is whole; 0: more comes; <0. */
static int take_datagram(struct rtnl *rtnl, size_t len, take_message *take, void *context,
                         bool *interrupted)
{
    for (const struct nlmsghdr *m = (const void *)rtnl->buf; NLMSG_OK(m, len);
         m = NLMSG_NEXT(m, len)) {
        if (m->nlmsg_seq != rtnl->sequence)
            continue;
        if (m->nlmsg_flags & NLM_F_DUMP_INTR)
            *interrupted = true;
        if (m->nlmsg_type == NLMSG_DONE)
            return 1;
        if (m->nlmsg_type == NLMSG_ERROR)
            return error_of(m) ? error_of(m) : 1;
        take(context, m);
        if (!(m->nlmsg_flags & NLM_F_MULTI))
            return 1;
    }
    return 0;
}

static int take_answer(struct rtnl *rtnl, take_message *take, void *context, bool *interrupted)
{
    int result = 0;

    *interrupted = false;
    while (result == 0) {
        ssize_t len = receive(rtnl);

        result = len < 0 ? (int)len : take_datagram(rtnl, (size_t)len, take, context, interrupted);
    }
    return result < 0 ? result : 0;
}

static int dump(struct rtnl *rtnl, struct request *request, uint16_t type, take_message *take,
                void *context)
{
    bool interrupted = false;
    int error = send_request(rtnl, &request->head, type, NLM_F_DUMP);

    if (!error)
        error = take_answer(rtnl, take, context, &interrupted);
    return !error && interrupted ? -EAGAIN : error;
}

static uint32_t u32_of(const struct rtattr *a)
{
    uint32_t value = 0;

    if (RTA_PAYLOAD(a) >= sizeof(value))
        memcpy(&value, RTA_DATA(a), sizeof(value));
    return value;
}

static uint8_t u8_of(const struct rtattr *a)
{
    return RTA_PAYLOAD(a) ? *(const uint8_t *)RTA_DATA(a) : 0;
}

/* NULL: it does not end where it should. */
static const char *string_of(const struct rtattr *a)
{
    return memchr(RTA_DATA(a), '\0', RTA_PAYLOAD(a)) ? RTA_DATA(a) : NULL;
}

static struct nst_octets octets_of(const struct rtattr *a)
{
    struct nst_octets octets = {0};

    if (RTA_PAYLOAD(a) <= sizeof(octets.data)) {
        octets.len = (uint8_t)RTA_PAYLOAD(a);
        memcpy(octets.data, RTA_DATA(a), octets.len);
    }
    return octets;
}

static const char *kind_of(const struct rtattr *info)
{
    int left = (int)RTA_PAYLOAD(info);

    for (const struct rtattr *a = RTA_DATA(info); RTA_OK(a, left); a = RTA_NEXT(a, left))
        if (a->rta_type == IFLA_INFO_KIND)
            return string_of(a);
    return NULL;
}

static void take_link_attribute(struct rtnl_link *link, const struct rtattr *a)
{
    struct nst_known_device *d = &link->device;

    switch (a->rta_type & NLA_TYPE_MASK) {
    case IFLA_IFNAME:
        d->name = string_of(a);
        break;
    case IFLA_ADDRESS:
        d->mac = octets_of(a);
        break;
    case IFLA_MTU:
        d->mtu = u32_of(a);
        break;
    case IFLA_MASTER:
        d->master = u32_of(a);
        break;
    case IFLA_OPERSTATE:
        d->operstate = u8_of(a);
        break;
    case IFLA_LINK:
        d->link_ifindex = u32_of(a);
        break;
    case IFLA_LINK_NETNSID:
        link->link_elsewhere = true;
        link->nsid = (int32_t)u32_of(a);
        break;
    case IFLA_LINKINFO:
        d->kind = kind_of(a);
        break;
    }
}

struct link_taker {
    rtnl_take_link *take;
    void *context;
};

static void take_link(void *context, const struct nlmsghdr *message)
{
    const struct link_taker *taker = context;
    const struct ifinfomsg *head = NLMSG_DATA(message);
    struct rtnl_link link = {.nsid = -1};
    int left = (int)message->nlmsg_len - (int)NLMSG_LENGTH(sizeof(*head));

    if (message->nlmsg_type != RTM_NEWLINK || left < 0)
        return;
    link.device.ifindex = (uint32_t)head->ifi_index;
    link.device.flags = head->ifi_flags;
    for (const struct rtattr *a = IFLA_RTA(head); RTA_OK(a, left); a = RTA_NEXT(a, left))
        take_link_attribute(&link, a);
    if (link.device.link_ifindex == link.device.ifindex && !link.link_elsewhere)
        link.device.link_ifindex = 0; /* so say devices that are linked to none */
    /* What software makes has a kind, but for lo and some oddities of old. */
    if (!link.device.kind)
        link.device.kind = head->ifi_type == ARPHRD_LOOPBACK ? "loopback" : "physical";
    if (link.device.name)
        taker->take(taker->context, &link);
}

int rtnl_links(struct rtnl *rtnl, rtnl_take_link *take, void *context)
{
    struct {
        struct request request;
        uint8_t attributes[16];
    } message = {.request.head.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg))};
    struct link_taker taker = {.take = take, .context = context};

    message.request.link.ifi_family = AF_UNSPEC;
    /* Statistics are most of the answer's bytes. */
    put_u32(&message.request.head, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    return dump(rtnl, &message.request, RTM_GETLINK, take_link, &taker);
}

struct address_taker {
    rtnl_take_address *take;
    void *context;
};

static void take_address(void *context, const struct nlmsghdr *message)
{
    const struct address_taker *taker = context;
    const struct ifaddrmsg *head = NLMSG_DATA(message);
    struct nst_address address = {0};
    bool local = false;
    int left = (int)message->nlmsg_len - (int)NLMSG_LENGTH(sizeof(*head));

    if (message->nlmsg_type != RTM_NEWADDR || left < 0)
        return;
    address.ifindex = head->ifa_index;
    address.prefix = head->ifa_prefixlen;
    /* With a peer, IFA_ADDRESS is the peer's. */
    for (const struct rtattr *a = IFA_RTA(head); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
        if (a->rta_type == IFA_LOCAL || (a->rta_type == IFA_ADDRESS && !local))
            address.address = octets_of(a);
        local |= a->rta_type == IFA_LOCAL;
    }
    if (address.address.len == 4 || address.address.len == 16)
        taker->take(taker->context, &address);
}

int rtnl_addresses(struct rtnl *rtnl, rtnl_take_address *take, void *context)
{
    struct request request = {.head.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifaddrmsg))};
    struct address_taker taker = {.take = take, .context = context};

    request.address.ifa_family = AF_UNSPEC;
    return dump(rtnl, &request, RTM_GETADDR, take_address, &taker);
}

static void take_nsid(void *context, const struct nlmsghdr *message)
{
    const struct rtgenmsg *head = NLMSG_DATA(message);
    int left = (int)message->nlmsg_len - (int)NLMSG_SPACE(sizeof(*head));
    const struct rtattr *a = (const void *)((const uint8_t *)head + NLMSG_ALIGN(sizeof(*head)));

    if (message->nlmsg_type != RTM_NEWNSID)
        return;
    for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
        if (a->rta_type == NETNSA_NSID)
            *(int32_t *)context = (int32_t)u32_of(a);
}

/* Room for attributes of two numbers. */
struct nsid_request {
    struct request request;
    uint8_t attributes[16];
};

/* By what the namespace is known: NETNSA_FD or NETNSA_NSID. */
static struct nsid_request ask_of(uint16_t by, uint32_t value)
{
    struct nsid_request message = {.request.head.nlmsg_len =
                                       NLMSG_LENGTH(sizeof(struct rtgenmsg))};

    message.request.general.rtgen_family = AF_UNSPEC;
    put_u32(&message.request.head, by, value);
    return message;
}

int32_t rtnl_nsid(struct rtnl *rtnl, int netns_fd)
{
    struct nsid_request message = ask_of(NETNSA_FD, (uint32_t)netns_fd);
    int32_t nsid = -1;
    bool interrupted;

    if (send_request(rtnl, &message.request.head, RTM_GETNSID, 0) == 0)
        take_answer(rtnl, take_nsid, &nsid, &interrupted);
    return nsid;
}

static void take_nothing(void *context, const struct nlmsghdr *message)
{
    (void)context;
    (void)message;
}

int rtnl_set_nsid(struct rtnl *rtnl, int netns_fd, int32_t nsid)
{
    struct nsid_request message = ask_of(NETNSA_FD, (uint32_t)netns_fd);
    bool interrupted;
    int error;

    put_u32(&message.request.head, NETNSA_NSID, (uint32_t)nsid);
    error = send_request(rtnl, &message.request.head, RTM_NEWNSID, NLM_F_ACK);
    return error ? error : take_answer(rtnl, take_nothing, NULL, &interrupted);
}

bool rtnl_knows(struct rtnl *rtnl, int32_t nsid)
{
    struct nsid_request message = ask_of(NETNSA_NSID, (uint32_t)nsid);
    bool interrupted;
    int error = send_request(rtnl, &message.request.head, RTM_GETNSID, 0);

    if (!error)
        error = take_answer(rtnl, take_nothing, NULL, &interrupted);
    return error != -ENOENT;
}
