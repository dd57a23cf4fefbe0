/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/warnings.h"

#include <errno.h>
#include <fnmatch.h>
#include <net/if.h>
#include <stdlib.h>

#include "capture/message.h"

/* By any of its names, or by a pattern. */
static bool is_device_here(const char *name)
{
    struct if_nameindex *all = if_nameindex();
    bool is_here = if_nametoindex(name);

    for (const struct if_nameindex *one = all; one && one->if_name && !is_here; one++)
        is_here = !fnmatch(name, one->if_name, 0);
    if (all)
        if_freenameindex(all);
    return is_here;
}

int known_devices_init(struct known_devices *devices, const struct words *wanted)
{
    devices->wanted = wanted;
    devices->known = calloc(wanted->count + 1, sizeof(*devices->known));
    return devices->known ? 0 : -ENOMEM;
}

void known_devices_free(struct known_devices *devices)
{
    free(devices->known);
}

void known_devices_note_row(struct known_devices *devices, const struct row *row)
{
    if (row->kind != ROW_DEVICE || row->device.last_ts_ns != NST_STILL)
        return;
    for (size_t i = 0; i < devices->wanted->count; i++)
        devices->known[i] |= !fnmatch(devices->wanted->list[i], row->device.name, 0);
}

void warnings_devices(const struct known_devices *devices, const struct inventory *inventory)
{
    const struct words *wanted = devices->wanted;
    struct inventory_counts counts;
    bool looked = inventory && inventory_counts(inventory, &counts);

    if (words_have(wanted, DEVICE_ANY)) {
        if (wanted->count > 1)
            message_note("-i " DEVICE_ANY ": all devices, whatever other -i there are");
        return;
    }
    for (size_t i = 0; i < wanted->count; i++) {
        if (devices->known[i] || is_device_here(wanted->list[i]))
            continue;
        message_note("-i %s: no device %s such a name now%s; one that comes%s is recorded",
                     wanted->list[i], looked ? "has" : "here has",
                     looked ? ", as far as the inventory sees" : "",
                     looked ? "" : ", or of another namespace,");
    }
}

void warnings_netns(const struct filters *filters, const struct inventory *inventory)
{
    static const char *const what[] = {
        [NST_WHO_INUM] = "namespace here has this inum",
        [NST_WHO_COOKIE] = "namespace here has this cookie",
        [NST_WHO_CONTAINER] = "container here goes by this",
        [NST_WHO_POD] = "pod here goes by this",
    };
    struct inventory_counts counts;
    const struct nst_who *who = NULL;

    if (!inventory_counts(inventory, &counts))
        return;
    while ((who = filters_unmatched(filters, who)))
        message_note("--netns %s: no %s now, as far as the inventory sees; one that comes is %s",
                     who->given, what[who->form], who->exclude ? "left out" : "recorded");
}

void warnings_inums(const struct filters *filters)
{
    const struct nst_who *who = filters_by_inum(filters);

    if (who)
        message_note("--netns %s: without CAP_SYS_ADMIN a namespace is known by its inode number "
                     "alone, which another may have once it is gone",
                     who->given);
}
