/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/options_check.h"

#include <errno.h>
#include <string.h>

#include "format/error.h"
#include "format/who.h"

/* Without -C, as many files share what --max-disk allows. */
#define FILES_OF_QUOTA 10

/* What rotation asks of the other options. Chooses -C where --max-disk alone was given. */
static int check_files(struct options *o, struct nst_error *err)
{
    bool rotates = o->file_bytes || o->period_ns || o->keep || o->disk_bytes;

    if (o->output && !*o->output)
        return nst_fail(err, -EINVAL, "-w: the name is empty");
    if (rotates && !o->output)
        return nst_fail(err, -EINVAL, "-C, -G, -W and --max-disk need files: say -w FILE");
    if (rotates && !strcmp(o->output, "-"))
        return nst_fail(
            err, -EINVAL,
            "-w -: standard output is one stream; -C, -G, -W and --max-disk need files");
    if (!o->disk_bytes)
        return 0;
    if (!o->file_bytes)
        o->file_bytes = o->disk_bytes / FILES_OF_QUOTA;
    if (o->file_bytes > o->disk_bytes / 2)
        return nst_fail(err, -EINVAL, "-C: must be half of --max-disk at most, %llu bytes",
                        (unsigned long long)(o->disk_bytes / 2));
    return 0;
}

/* --netns x and --netns !x. That two different texts mean the same namespace is found later, when
 * they are looked up (capture/netns_filter.c). */
static int check_netns(const struct options *o, struct nst_error *err)
{
    for (size_t i = 0; i < o->netns.count; i++)
        for (size_t j = 0; o->netns.list[i][0] == '!' && j < o->netns.count; j++)
            if (!strcmp(o->netns.list[i] + 1, o->netns.list[j]))
                return nst_fail(err, -EINVAL, "--netns %s and %s exclude each other",
                                o->netns.list[j], o->netns.list[i]);
    return 0;
}

/* Options that need what only a full inventory records. */
static int check_inventory(const struct options *o, struct nst_error *err)
{
    const char *word = o->inventory == INVENTORY_NONE ? "none" : "names";
    struct nst_who who;

    if (o->inventory == INVENTORY_FULL)
        return 0;
    if (o->cmdline)
        return nst_fail(err, -EINVAL, "--cmdline: --inventory=%s records no processes", word);
    if (o->paths_given)
        return nst_fail(err, -EINVAL, "--inventory-path: --inventory=%s looks for no containers",
                        word);
    for (size_t i = 0; i < o->netns.count; i++)
        if (!nst_who_parse(o->netns.list[i], &who) && nst_who_is_container(&who))
            return nst_fail(err, -EINVAL, "--netns %s: --inventory=%s knows no containers",
                            o->netns.list[i], word);
    return 0;
}

/* --list-probes takes a pattern where otherwise the pcap-filter stands. */
static int check_list(const struct options *o, struct nst_error *err)
{
    if (o->filter.count > 1)
        return nst_fail(err, -EINVAL, "%s: --list-probes takes one pattern", o->filter.list[1]);
    if (o->output || o->live)
        return nst_fail(err, -EINVAL, "--list-probes records nothing: it goes without %s",
                        o->output ? "-w" : "--live");
    return 0;
}

int options_check(struct options *o, struct nst_error *err)
{
    if (o->help || o->version)
        return 0;
    if (o->list_probes)
        return check_list(o, err);
    if (!o->output && !o->live)
        return nst_fail(err, -EINVAL,
                        "no output: say where to record to with -w FILE, or --live to see events");
    if (o->live && o->output && !strcmp(o->output, "-"))
        return nst_fail(err, -EINVAL, "--live: -w - takes the standard output");
    if (o->no_packets && o->snaplen_given)
        return nst_fail(err, -EINVAL, "-s and --no-packets exclude each other");
    if (o->no_packets)
        o->snaplen = 0;
    if (check_netns(o, err) || check_inventory(o, err))
        return -EINVAL;
    return check_files(o, err);
}
