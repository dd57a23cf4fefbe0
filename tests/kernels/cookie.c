/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* cookie: prints that of this network namespace, as SQL would: null when the kernel (before
 * 5.14) does not tell a process. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

int main(void)
{
    uint64_t cookie;
    socklen_t size = sizeof(cookie);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    if (fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) == 0) {
        printf("%" PRIu64 "\n", cookie);
        return 0;
    }
    if (errno == ENOPROTOOPT) {
        puts("null");
        return 0;
    }
    fprintf(stderr, "cookie: %s\n", strerror(errno));
    return 1;
}
