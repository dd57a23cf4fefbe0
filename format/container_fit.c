/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/container_fit.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

static bool is_called(const char *given, const char *name)
{
    return name && (!strcmp(given, name) || !fnmatch(given, name, 0));
}

enum nst_fit nst_container_fits(const char *given, const struct nst_container *c)
{
    if (!strcmp(given, c->id) || is_called(given, c->name) || is_called(given, c->pod_container))
        return NST_FITS_EXACTLY;
    return strncmp(given, c->id, strlen(given)) ? NST_FITS_NOT : NST_FITS_PREFIX;
}

bool nst_pod_fits(const char *given, const struct nst_container *c)
{
    char pod[2 * NST_MAX_NAME + 2];

    if (!c->pod_namespace || !*c->pod_namespace || !c->pod_name)
        return false;
    snprintf(pod, sizeof(pod), "%s/%s", c->pod_namespace, c->pod_name);
    return !strcmp(given, pod) || !fnmatch(given, pod, FNM_PATHNAME);
}
