/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Devices and addresses of one network namespace, asked by netlink from inside of it. */
#ifndef NST_CAPTURE_INVENTORY_RTNL_H
#define NST_CAPTURE_INVENTORY_RTNL_H

#include <stdbool.h>
#include <stdint.h>

#include "format/nstrail.h"

/* One message has 32 KiB at most: the kernel makes dumps of no larger parts for this room. */
#define RTNL_ROOM 32768

struct rtnl {
    int fd;
    uint32_t sequence;
    _Alignas(8) uint8_t buf[RTNL_ROOM];
};

struct rtnl_link {
    struct nst_known_device device; /* without namespaces; strings as long as the call */
    bool link_elsewhere;            /* the linked device is in another namespace */
    int32_t nsid;                   /* which is known here by this number; -1: by none */
};

typedef void rtnl_take_link(void *context, const struct rtnl_link *link);
typedef void rtnl_take_address(void *context, const struct nst_address *address);

/* A socket in the caller's present namespace, and stays there. 0 or a negative errno. */
int rtnl_open(struct rtnl *rtnl);
void rtnl_close(struct rtnl *rtnl);

/* The namespace's cookie; 0: this kernel (before 5.14, e8b9eab99232) does not tell. */
uint64_t rtnl_cookie(const struct rtnl *rtnl);

/* 0, or a negative errno when the answer is not whole; -EAGAIN: something changed under it, and it
 * may lack some or have some twice. */
int rtnl_links(struct rtnl *rtnl, rtnl_take_link *take, void *context);
int rtnl_addresses(struct rtnl *rtnl, rtnl_take_address *take, void *context);

/* The number by which the socket's namespace knows another one; -1: by none. */
int32_t rtnl_nsid(struct rtnl *rtnl, int netns_fd);
/* Gives it one. 0 or a negative errno. */
int rtnl_set_nsid(struct rtnl *rtnl, int netns_fd, int32_t nsid);
/* False: none has that number. */
bool rtnl_knows(struct rtnl *rtnl, int32_t nsid);

#endif
