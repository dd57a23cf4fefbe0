/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/cautions.h"

#include <fnmatch.h>
#include <net/if.h>

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

void caution_devices(const struct words *devices)
{
    if (words_have(devices, DEVICE_ANY)) {
        if (devices->count > 1)
            message_note("-i " DEVICE_ANY ": all devices, whatever other -i there are");
        return;
    }
    for (size_t i = 0; i < devices->count; i++)
        if (!is_device_here(devices->list[i]))
            message_note("-i %s: no device here has such a name now; one of another namespace, or "
                         "that comes, is recorded",
                         devices->list[i]);
}

void caution_netns(const struct filters *filters, const struct inventory *inventory)
{
    static const char *const what[] = {
        [WHO_INUM] = "namespace here has this inum",
        [WHO_COOKIE] = "namespace here has this cookie",
        [WHO_CONTAINER] = "container here goes by this",
        [WHO_POD] = "pod here goes by this",
    };
    struct inventory_counts counts;
    const struct who *who = NULL;

    if (!inventory_counts(inventory, &counts))
        return;
    while ((who = filters_unmet(filters, who)))
        message_note("--netns %s: no %s now, as far as the inventory sees; one that comes is %s",
                     who->given, what[who->form], who->exclude ? "left out" : "recorded");
}

void caution_inums(const struct filters *filters)
{
    const struct who *who = filters_by_inum(filters);

    if (who)
        message_note("--netns %s: without CAP_SYS_ADMIN a namespace is known by its inode number "
                     "alone, which another may have once it is gone",
                     who->given);
}
