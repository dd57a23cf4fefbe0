/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/cpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ONLINE "/sys/devices/system/cpu/online"

uint32_t cpus_parse_list(const char *list, uint8_t *online, uint32_t count)
{
    uint32_t found = 0;
    char *end;

    memset(online, 0, count);
    for (const char *at = list; *at >= '0' && *at <= '9'; at = *end == ',' ? end + 1 : end) {
        unsigned long first = strtoul(at, &end, 10), last = first;

        if (*end == '-')
            last = strtoul(end + 1, &end, 10);
        for (unsigned long cpu = first; cpu <= last && cpu < count; cpu++) {
            found += !online[cpu];
            online[cpu] = 1;
        }
    }
    if (!found) {
        memset(online, 1, count);
        found = count;
    }
    return found;
}

uint32_t cpus_online(uint8_t *online, uint32_t count)
{
    char list[4096] = "";
    FILE *file = fopen(ONLINE, "re");

    if (file) {
        if (!fgets(list, sizeof(list), file))
            list[0] = '\0';
        fclose(file);
    }
    return cpus_parse_list(list, online, count);
}
