/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * keeper [FILE]: keeps a network namespace by a socket, and is in it for a moment: makes one, goes
 * back to where it came from, and prints the inode number of the one that it left. For each line
 * that it reads it sends a datagram there, to the socket itself. With FILE it waits for a line
 * before it does anything, and binds the namespace to that new file.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "keeper: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void set_up_loopback(int fd)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};

    if (ioctl(fd, SIOCSIFFLAGS, &request))
        fail("lo");
}

static void make(int *fd, unsigned long *inum, struct sockaddr_in *address)
{
    socklen_t length = sizeof(*address);
    struct stat status;

    *address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (unshare(CLONE_NEWNET) || stat("/proc/self/ns/net", &status))
        fail("unshare");
    *inum = status.st_ino;
    *fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (*fd < 0)
        fail("socket");
    set_up_loopback(*fd);
    if (bind(*fd, (struct sockaddr *)address, length) ||
        getsockname(*fd, (struct sockaddr *)address, &length))
        fail("bind");
}

static void bind_to(const char *path)
{
    int fd = open(path, O_CREAT | O_WRONLY, 0600);

    if (fd < 0 || mount("/proc/self/ns/net", path, NULL, MS_BIND, NULL))
        fail(path);
    close(fd);
}

int main(int argc, char **argv)
{
    int own = open("/proc/self/ns/net", O_RDONLY), fd;
    struct sockaddr_in address;
    unsigned long inum;
    char line[16];

    if (argc > 1 && !fgets(line, sizeof(line), stdin))
        return 0;
    make(&fd, &inum, &address);
    if (argc > 1)
        bind_to(argv[1]);
    if (own < 0 || setns(own, CLONE_NEWNET))
        fail("setns");
    close(own);
    printf("%lu\n", inum);
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin))
        if (sendto(fd, "x", 1, 0, (struct sockaddr *)&address, sizeof(address)) != 1)
            fail("sendto");
    return 0;
}
