/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether a container is the one that is meant: for both programs, so that they mean the same.
 * Internal. */
#ifndef NST_FORMAT_CONTAINER_FIT_H
#define NST_FORMAT_CONTAINER_FIT_H

#include <stdbool.h>

#include "format/nstrail.h"

enum nst_fit { NST_FITS_NOT, NST_FITS_PREFIX, NST_FITS_EXACTLY };

/* By its id or the beginning of that; by its name or its name in its pod, or a pattern of these as
 * in glob(7). */
enum nst_fit nst_container_fits(const char *given, const struct nst_container *container);
/* By its pod, given as "NAMESPACE/NAME", each of which may be a pattern. */
bool nst_pod_fits(const char *given, const struct nst_container *container);

#endif
