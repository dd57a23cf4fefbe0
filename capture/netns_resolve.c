/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/netns_resolve.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bpf/event.h"
#include "capture/inventory/proc.h"
#include "capture/netns_id.h"
#include "format/error.h"

/* The names that there are, as many as fit. */
static const char *list_names(char *text, size_t size)
{
    DIR *folder = opendir(NETNS_NAMES_FOLDER);
    const struct dirent *entry;
    size_t length = 0;

    *text = '\0';
    while (folder && (entry = readdir(folder))) {
        if (entry->d_name[0] == '.')
            continue;
        if (length + strlen(entry->d_name) + 8 > size) {
            snprintf(text + length, size - length, ", ...");
            break;
        }
        length += snprintf(text + length, size - length, "%s%s", length ? ", " : "", entry->d_name);
    }
    if (folder)
        closedir(folder);
    return *text ? text : "none";
}

static int refuse_name(const struct nst_who *who, struct nst_error *err)
{
    char names[120];

    return nst_fail(err, -ENOENT,
                    "--netns %s: no namespace has this name (there are: %s); a pattern also waits "
                    "for names to come",
                    who->given, list_names(names, sizeof(names)));
}

static int find_file(const struct nst_who *who, const char *path, struct nst_netns *netns,
                     struct nst_error *err)
{
    int error = netns_identify(AT_FDCWD, path, netns);

    if (error == -EDEADLK)
        return netns_no_way_back(err);
    if (error == -EINVAL)
        return nst_fail(err, error, "--netns %s: %s is no network namespace", who->given, path);
    if (error)
        return nst_fail(err, error, "--netns %s: %s: %s", who->given, path, strerror(-error));
    return 0;
}

static int find_pid(const struct nst_who *who, struct nst_netns *netns, struct nst_error *err)
{
    char path[64];
    int error;

    snprintf(path, sizeof(path), "/proc/%llu/ns/net", (unsigned long long)who->number);
    error = find_file(who, path, netns, err);
    if (error == -ENOENT)
        return nst_fail(err, error, "--netns %s: there is no such process", who->given);
    if (error == -EACCES)
        return nst_fail(err, error,
                        "--netns %s: to ask for somebody else's process takes CAP_SYS_PTRACE",
                        who->given);
    return error;
}

/* Nobody knows what a pattern means but netns_filter_rescan(). */
static int find_name(const struct nst_who *who, struct nst_netns *netns, struct nst_error *err)
{
    char path[300];
    int error;

    if (nst_who_is_pattern(who))
        return 0;
    if ((size_t)snprintf(path, sizeof(path), NETNS_NAMES_FOLDER "/%s", who->text) >= sizeof(path))
        return refuse_name(who, err);
    error = netns_identify(AT_FDCWD, path, netns);
    if (error == -EDEADLK)
        return netns_no_way_back(err);
    return error ? refuse_name(who, err) : 0;
}

static int identify_initial(struct nst_netns *netns)
{
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC), process, error;

    if (proc < 0)
        return -errno;
    process = proc_open_initial(proc);
    close(proc);
    if (process < 0)
        return -ENOENT;
    error = netns_identify(process, "ns/net", netns);
    close(process);
    return error;
}

static int find_host(struct nst_who *who, struct nst_netns *netns, struct nst_error *err)
{
    int error;

    if (!access(NETNS_NAMES_FOLDER "/host", F_OK)) {
        who->form = NST_WHO_NAME;
        return find_name(who, netns, err);
    }
    error = identify_initial(netns);
    if (error == -EDEADLK)
        return netns_no_way_back(err);
    if (error)
        return nst_fail(err, error,
                        "--netns %s: which namespace is the initial one cannot be told: %s; say "
                        "its inum or cookie",
                        who->given,
                        error == -EACCES ? "that takes CAP_SYS_PTRACE"
                                         : "/proc shows no kernel threads");
    return 0;
}

/* The kernel counts cookies, so that it never comes to some. */
static int take_cookie(const struct nst_who *who, struct nst_netns *netns, struct nst_error *err)
{
    if (who->number & EV_NETNS_BY_INUM)
        return nst_fail(err, -EINVAL, "--netns %s: no cookie is as large as this", who->given);
    netns->cookie = who->number;
    return 0;
}

int netns_resolve(struct nst_who *who, struct nst_netns *netns, struct nst_error *err)
{
    *netns = (struct nst_netns){0};
    switch (who->form) {
    case NST_WHO_INUM:
        netns->inum = (uint32_t)who->number;
        return 0;
    case NST_WHO_COOKIE:
        return take_cookie(who, netns, err);
    case NST_WHO_NAME:
        return find_name(who, netns, err);
    case NST_WHO_PATH:
        return find_file(who, who->text, netns, err);
    case NST_WHO_PID:
        return find_pid(who, netns, err);
    case NST_WHO_HOST:
        return find_host(who, netns, err);
    case NST_WHO_CONTAINER:
    case NST_WHO_POD:
        return 0;
    }
    return -EINVAL;
}
