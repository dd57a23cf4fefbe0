/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which namespace a file stands for. */
#ifndef NST_CAPTURE_NETNS_ID_H
#define NST_CAPTURE_NETNS_ID_H

#include <stdbool.h>

#include "format/nstrail.h"

/* The folder of the names that ip-netns(8) makes. */
#define NETNS_NAMES_FOLDER "/run/netns"

/* The network namespace that is bound to the file at path (relative to the folder dir, if it is).
 * *netns has no cookie where the kernel or our privileges do not let us ask. A negative errno:
 * -EINVAL that is no network namespace; -EDEADLK we could not come back to our own. */
int netns_identify(int dir, const char *path, struct nst_netns *netns);

/* The message for -EDEADLK, which is returned. */
int netns_no_way_back(struct nst_error *err);

/* Whether this kernel would tell cookies, but not to us: that takes CAP_SYS_ADMIN. */
bool netns_hides_cookies(void);

#endif
