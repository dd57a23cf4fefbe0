/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "capture/capabilities.h"
#include "capture/sandbox.h"
#include "format/error.h"

static uint64_t needed(const struct privileges_options *o, uint64_t permitted)
{
    /* To read maps and the counts of programs, where unprivileged BPF is off: kernels before
     * 5.19 (c8644cd0efe7) refuse every call then. */
    uint64_t set = permitted & CAPABILITY_BIT(CAP_BPF) ? CAPABILITY_BIT(CAP_BPF)
                                                       : CAPABILITY_BIT(CAP_SYS_ADMIN);

    /* setns(2) */
    if (o->finds_netns)
        set |= CAPABILITY_BIT(CAP_SYS_ADMIN);
    if (o->signals_command)
        set |= CAPABILITY_BIT(CAP_KILL);
    return set & permitted;
}

/* Whether it takes CAP_DAC_OVERRIDE to make files beside this one. */
static bool is_refused(const char *file)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s", file);
    return faccessat(AT_FDCWD, dirname(path), W_OK | X_OK, AT_EACCESS) && errno == EACCES;
}

/* With the capabilities that we keep as they will be, it can be asked what else is needed. */
static int keep_capabilities(const struct privileges_options *o, uint64_t permitted)
{
    struct capabilities kept = {.permitted = permitted, .effective = needed(o, permitted)};
    int error = capabilities_set(&kept);

    if (error)
        return error;
    if (o->file && is_refused(o->file))
        kept.effective |= CAPABILITY_BIT(CAP_DAC_OVERRIDE) & permitted;
    kept.permitted = kept.effective;
    return capabilities_set(&kept);
}

/* Permitted capabilities outlast this; what is effective, and ambient, does not. */
static int become(const struct caller *user)
{
    int error;

    if (!user->other)
        return 0;
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
        return -errno;
    error = caller_become(user);
    return prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) && !error ? -errno : error;
}

static int drop(const struct privileges_options *o)
{
    struct capabilities had = {0};
    int error = capabilities_get(&had);

    if (!error)
        error = become(o->user);
    if (!error)
        error = keep_capabilities(o, had.permitted);
    /* Else EINVAL: a kernel without ambient ones, before 4.3, has no BPF ring either. */
    if (!error && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
        error = -errno;
    if (!error && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        error = -errno;
    return error;
}

int privileges_drop(const struct privileges_options *o, struct nst_error *err)
{
    const struct sandbox_options sandbox = {.finds_netns = o->finds_netns};
    int error = drop(o);

    if (error == -EPERM && o->user->other)
        return nst_fail(err, error,
                        "cannot become user %lu: it takes CAP_SETUID and CAP_SETGID; -Z root stays",
                        (unsigned long)o->user->uid);
    if (error)
        return nst_fail(err, error, "cannot drop privileges: %s", strerror(-error));
    return sandbox_enter(&sandbox, err);
}
