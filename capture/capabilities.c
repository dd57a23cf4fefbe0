/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/capabilities.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

int capabilities_get(struct capabilities *capabilities)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

    if (syscall(SYS_capget, &header, data))
        return -errno;
    capabilities->permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
    capabilities->effective = (uint64_t)data[1].effective << 32 | data[0].effective;
    return 0;
}

int capabilities_set(const struct capabilities *capabilities)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
        {.permitted = (uint32_t)capabilities->permitted,
         .effective = (uint32_t)capabilities->effective},
        {.permitted = capabilities->permitted >> 32, .effective = capabilities->effective >> 32},
    };

    return syscall(SYS_capset, &header, data) ? -errno : 0;
}
