/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The namespace that a WHO of --netns means when the recording starts. */
#ifndef NST_CAPTURE_NETNS_RESOLVE_H
#define NST_CAPTURE_NETNS_RESOLVE_H

#include "format/nstrail.h"
#include "format/who.h"

/* What is not known of *netns is 0: all of it where who is a pattern of names, a container or a
 * pod. Where who is "host" and there is a namespace of that name, who becomes that name. <0: who
 * means no namespace, or this process could not come back to its own. */
int netns_resolve(struct nst_who *who, struct nst_netns *netns, struct nst_error *err);

#endif
