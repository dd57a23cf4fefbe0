/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * flood send CPU ADDRESS PORT SIZE SECONDS [random]: UDP as fast as one pinned sender can, with
 *     equal payloads or random ones; prints the datagrams and the seconds that it took.
 * flood drain CPU PORT: takes whatever comes, until SIGTERM; prints "ready", at last how many.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH 64
#define POOL  (4u << 20) /* random bytes to take payloads from: more than LZ4 looks back */

static volatile sig_atomic_t stop;

static void on_signal(int signal)
{
    (void)signal;
    stop = 1;
}

static int failed(const char *what)
{
    fprintf(stderr, "flood: %s: %s\n", what, strerror(errno));
    return 1;
}

static int pin(const char *cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(strtoul(cpu, NULL, 10), &set);
    return sched_setaffinity(0, sizeof(set), &set);
}

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int send_flood(char **args)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(args[2]))};
    size_t size = strtoul(args[3], NULL, 10), at = 0;
    uint64_t wanted_ns = (uint64_t)(strtod(args[4], NULL) * 1e9), start, elapsed, count = 0;
    bool random = args[5] && !strcmp(args[5], "random");
    char *pool = calloc(1, POOL);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    if (!pool || size > POOL / 2 || inet_pton(AF_INET, args[1], &to.sin_addr) != 1)
        return failed("arguments");
    for (size_t got = 0; random && got < POOL; got += 256)
        if (getrandom(pool + got, 256, 0) != 256)
            return failed("getrandom");
    if (fd < 0 || pin(args[0]))
        return failed("socket or CPU");
    start = now_ns();
    do {
        for (int i = 0; i < BATCH; i++) {
            at = random ? (at + size) % (POOL - size) : 0;
            if (sendto(fd, pool + at, size, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
                return failed("sendto");
        }
        count += BATCH;
        elapsed = now_ns() - start;
    } while (elapsed < wanted_ns);
    printf("%llu %.6f\n", (unsigned long long)count, (double)elapsed / 1e9);
    free(pool);
    return 0;
}

static int drain_flood(char **args)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(args[1]))};
    struct sigaction action = {.sa_handler = on_signal};
    struct mmsghdr messages[BATCH] = {0};
    static char buffers[BATCH][2048];
    struct iovec parts[BATCH];
    unsigned long long count = 0;
    int size = 64 << 20, got, fd = socket(AF_INET, SOCK_DGRAM, 0);

    if (fd < 0 || pin(args[0]) || sigaction(SIGTERM, &action, NULL) ||
        setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
        bind(fd, (struct sockaddr *)&at, sizeof(at)))
        return failed("socket or CPU");
    for (int i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){buffers[i], sizeof(buffers[i])};
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    puts("ready");
    fflush(stdout);
    while (!stop) {
        got = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
        if (got < 0 && errno != EINTR)
            return failed("recvmmsg");
        count += got > 0 ? (unsigned long long)got : 0;
    }
    printf("%llu\n", count);
    return 0;
}

int main(int argc, char **argv)
{
    if ((argc == 7 || argc == 8) && !strcmp(argv[1], "send"))
        return send_flood(argv + 2);
    if (argc == 4 && !strcmp(argv[1], "drain"))
        return drain_flood(argv + 2);
    fprintf(stderr, "flood: send CPU ADDRESS PORT SIZE SECONDS [random] | drain CPU PORT\n");
    return 1;
}
