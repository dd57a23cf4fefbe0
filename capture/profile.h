/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Profiles: probes under a name. A profile is a text file with a probe a line, as -p takes it;
 * what follows a # is a comment.
 */
#ifndef NST_CAPTURE_PROFILE_H
#define NST_CAPTURE_PROFILE_H

#include <stddef.h>

#include "capture/probe_spec.h"
#include "format/nstrail.h"

/* Those of this host's administrator come before ours of the same name. */
#define PROFILES_OF_HOST "/etc/nstrail/profiles"

struct profile {
    struct probe_spec *specs;
    size_t count;
};

/* name: of a profile, or with a slash in it a file. <0: there is no such, or it says something
 * that is no probe; no message repeats what is in a file, which its reader may have no right to. */
int profile_read(struct profile *profile, const char *name, struct nst_error *err);
void profile_free(struct profile *profile);

/* From text; file is for messages. */
int profile_parse(struct profile *profile, const char *file, const char *text, size_t length,
                  struct nst_error *err);

#endif
