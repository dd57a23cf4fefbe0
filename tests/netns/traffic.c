/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Traffic whose amount is known: what the tests in this folder send and receive. Each command
 * prints how much it was on stdout; a sink prints "ready" first, once it can be sent to.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* So much of nothing is the end of what was sent, should some of it be missing; on a busy machine
 * a sender can stand still for a second or two. */
#define IDLE_MS 5000
/* The first may take its time: whoever sends it starts after "ready". */
#define PATIENCE_MS 15000
/* Enough for 100,000 small datagrams with their bookkeeping, should the sink be held up. */
#define SINK_BUFFER (256 << 20)

static int failed(const char *what)
{
    fprintf(stderr, "traffic: %s: %s\n", what, strerror(errno));
    return 1;
}

static int open_socket(const char *address, const char *port, int type, struct addrinfo **info)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = type};
    int error = getaddrinfo(address, port, &hints, info);
    int fd;

    if (error) {
        fprintf(stderr, "traffic: %s port %s: %s\n", address, port, gai_strerror(error));
        exit(1);
    }
    fd = socket((*info)->ai_family, type, 0);
    if (fd < 0)
        exit(failed("socket"));
    return fd;
}

static int open_sink(const char *address, const char *port, int type)
{
    int one = 1, size = SINK_BUFFER;
    struct addrinfo *info;
    int fd = open_socket(address, port, type, &info);

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (type == SOCK_DGRAM && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
        exit(failed("SO_RCVBUFFORCE"));
    if (bind(fd, info->ai_addr, info->ai_addrlen) || (type == SOCK_STREAM && listen(fd, 1)))
        exit(failed("bind or listen"));
    freeaddrinfo(info);
    puts("ready");
    fflush(stdout);
    return fd;
}

/* udp-sink ADDRESS PORT COUNT: until COUNT have come, or none for a while. */
static int udp_sink(char **args)
{
    unsigned long wanted = strtoul(args[2], NULL, 10), count = 0;
    struct pollfd sink = {.fd = open_sink(args[0], args[1], SOCK_DGRAM), .events = POLLIN};
    int patience_ms = PATIENCE_MS;
    static char buffer[65536];

    while (count < wanted && poll(&sink, 1, patience_ms) > 0) {
        if (recv(sink.fd, buffer, sizeof(buffer), 0) < 0)
            return failed("recv");
        count++;
        patience_ms = IDLE_MS;
    }
    printf("%lu\n", count);
    return 0;
}

static void pause_until(const struct timespec *start, uint64_t offset_ns)
{
    uint64_t ns = (uint64_t)start->tv_nsec + offset_ns;
    struct timespec at = {.tv_sec = start->tv_sec + (time_t)(ns / 1000000000),
                          .tv_nsec = (long)(ns % 1000000000)};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
        ;
}

/*
 * udp-send ADDRESS PORT COUNT SIZE RATE: COUNT equal datagrams with SIZE bytes, RATE a second
 * (0: as fast as they go). The socket stays unconnected, so that even the IP id is equal: with
 * DF set the kernel counts it for connected sockets only.
 */
static int udp_send(char **args)
{
    unsigned long count = strtoul(args[2], NULL, 10), rate = strtoul(args[4], NULL, 10), i;
    size_t size = strtoul(args[3], NULL, 10);
    static char payload[65536];
    struct addrinfo *to;
    struct timespec start;
    int fd = open_socket(args[0], args[1], SOCK_DGRAM, &to);

    if (size > sizeof(payload))
        size = sizeof(payload);
    memset(payload, 'n', sizeof(payload));
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (i = 0; i < count; i++) {
        /* In small bursts: sleeping for each would be slower than most rates. */
        if (rate && i % 64 == 0)
            pause_until(&start, (uint64_t)i * 1000000000 / rate);
        /* A port that answered "unreachable" shows as an error of the next send. */
        while (sendto(fd, payload, size, 0, to->ai_addr, to->ai_addrlen) < 0)
            if (errno != ECONNREFUSED && errno != EINTR)
                return failed("sendto");
    }
    freeaddrinfo(to);
    printf("%lu\n", count);
    return 0;
}

static void *send_in_thread(void *args)
{
    char **of_thread = args;

    prctl(PR_SET_NAME, of_thread[0]);
    printf("%d %d\n", (int)gettid(), (int)getpid());
    return udp_send(of_thread + 1) ? args : NULL;
}

/* thread-send NAME ADDRESS PORT COUNT SIZE RATE: as udp-send, by a thread of this name that is not
 * the process's first. Prints the thread's id and the process's before. */
static int thread_send(char **args)
{
    pthread_t thread;
    void *failure;

    errno = pthread_create(&thread, NULL, send_in_thread, args);
    if (!errno)
        errno = pthread_join(thread, &failure);
    return errno ? failed("thread") : failure != NULL;
}

/* tcp-sink ADDRESS PORT: one connection, to its end. */
static int tcp_sink(char **args)
{
    static char buffer[1 << 16];
    unsigned long long total = 0;
    struct pollfd sink = {.fd = open_sink(args[0], args[1], SOCK_STREAM), .events = POLLIN};
    ssize_t got;
    int fd = poll(&sink, 1, PATIENCE_MS) > 0 ? accept(sink.fd, NULL, NULL) : -1;

    if (fd < 0)
        return failed("accept");
    while ((got = recv(fd, buffer, sizeof(buffer), 0)) > 0)
        total += (unsigned long long)got;
    if (got < 0)
        return failed("recv");
    printf("%llu\n", total);
    return 0;
}

/* The peer has all of it once it has closed too. */
static int finish_stream(int fd, unsigned long long total)
{
    char byte;

    if (shutdown(fd, SHUT_WR) || recv(fd, &byte, 1, 0) != 0)
        return failed("shutdown");
    printf("%llu\n", total);
    return 0;
}

static int tcp_connect(char **args)
{
    struct addrinfo *to;
    int fd = open_socket(args[0], args[1], SOCK_STREAM, &to);

    if (connect(fd, to->ai_addr, to->ai_addrlen))
        exit(failed("connect"));
    freeaddrinfo(to);
    return fd;
}

/* tcp-send ADDRESS PORT BYTES */
static int tcp_send(char **args)
{
    unsigned long long total = strtoull(args[2], NULL, 10), left = total;
    static char payload[1 << 16];
    int fd = tcp_connect(args);

    for (size_t i = 0; i < sizeof(payload); i++)
        payload[i] = (char)(i * 2654435761u >> 13);
    while (left) {
        size_t part = left < sizeof(payload) ? (size_t)left : sizeof(payload);
        ssize_t sent = send(fd, payload, part, MSG_NOSIGNAL);

        if (sent < 0)
            return failed("send");
        left -= (unsigned long long)sent;
    }
    return finish_stream(fd, total);
}

/* tcp-drip ADDRESS PORT COUNT SIZE RATE: COUNT times SIZE bytes, RATE a second: few enough that each is
 * taken by itself. */
static int tcp_drip(char **args)
{
    unsigned long count = strtoul(args[2], NULL, 10), rate = strtoul(args[4], NULL, 10);
    size_t size = strtoul(args[3], NULL, 10);
    static char payload[1 << 16];
    int fd = tcp_connect(args), at_once = 1;
    struct timespec start;

    if (!rate || size > sizeof(payload))
        return 1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once)))
        return failed("TCP_NODELAY");
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (unsigned long i = 0; i < count; i++) {
        pause_until(&start, (uint64_t)i * 1000000000 / rate);
        if (send(fd, payload, size, MSG_NOSIGNAL) != (ssize_t)size)
            return failed("send");
    }
    return finish_stream(fd, (unsigned long long)count * size);
}

/* tcp-sendfile ADDRESS PORT FILE: the packets refer to the file's pages, they are no copies. */
static int tcp_sendfile(char **args)
{
    int fd = tcp_connect(args), in = open(args[2], O_RDONLY);
    struct stat st;
    off_t offset = 0;

    if (in < 0 || fstat(in, &st))
        return failed(args[2]);
    while (offset < st.st_size)
        if (sendfile(fd, in, &offset, (size_t)(st.st_size - offset)) <= 0)
            return failed("sendfile");
    return finish_stream(fd, (unsigned long long)st.st_size);
}

/* unix-send TEXT COUNT: over local sockets; half of it is read, the rest dropped unread. */
static int unix_send(char **args)
{
    unsigned long count = strtoul(args[1], NULL, 10), i;
    size_t size = strlen(args[0]);
    char buffer[4096];
    int pair[2];

    for (i = 0; i < count; i++) {
        if (socketpair(AF_UNIX, i % 4 < 2 ? SOCK_DGRAM : SOCK_STREAM, 0, pair) ||
            send(pair[0], args[0], size, 0) != (ssize_t)size)
            return failed("unix socket");
        if (i % 2 && recv(pair[1], buffer, sizeof(buffer), 0) < 0)
            return failed("recv");
        close(pair[0]);
        close(pair[1]);
    }
    printf("%lu\n", count);
    return 0;
}

/* vlan-send DEVICE MAC VID COUNT: Ethernet frames that carry an 802.1Q tag in their bytes. */
static int vlan_send(char **args)
{
    struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_halen = ETH_ALEN};
    unsigned vid = (unsigned)strtoul(args[2], NULL, 10), mac[ETH_ALEN];
    unsigned long count = strtoul(args[3], NULL, 10), i;
    /* After the tag a type that nobody has registered, and padding. */
    unsigned char frame[64] = {[6] = 2, [12] = 0x81, [13] = 0x00, [16] = 0x88, [17] = 0xb5};
    int fd = socket(AF_PACKET, SOCK_RAW, 0);

    to.sll_ifindex = (int)if_nametoindex(args[0]);
    if (fd < 0 || !to.sll_ifindex)
        return failed(args[0]);
    if (sscanf(args[1], "%x:%x:%x:%x:%x:%x", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4],
               &mac[5]) != ETH_ALEN)
        return failed(args[1]);
    for (i = 0; i < ETH_ALEN; i++)
        frame[i] = (unsigned char)mac[i];
    frame[14] = (unsigned char)(vid >> 8);
    frame[15] = (unsigned char)vid;
    for (i = 0; i < count; i++)
        if (sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
            return failed("sendto");
    printf("%lu\n", count);
    return 0;
}

/* A tunnel's end that takes whatever is sent there, until it is stopped. */
static int tun_hold(char **args)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    char packet[65536];
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

    snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", args[0]);
    if (fd < 0 || ioctl(fd, TUNSETIFF, &request))
        return failed("/dev/net/tun");
    puts("ready");
    fflush(stdout);
    while (read(fd, packet, sizeof(packet)) > 0)
        ;
    return 0;
}

static const struct {
    const char *name;
    int args;
    int (*run)(char **args);
} commands[] = {
    {"udp-sink", 3, udp_sink},   {"udp-send", 5, udp_send},         {"tcp-sink", 2, tcp_sink},
    {"tcp-send", 3, tcp_send},   {"tcp-sendfile", 3, tcp_sendfile}, {"unix-send", 2, unix_send},
    {"vlan-send", 4, vlan_send}, {"tun-hold", 1, tun_hold},         {"thread-send", 6, thread_send},
    {"tcp-drip", 5, tcp_drip},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
        if (argc > 1 && !strcmp(argv[1], commands[i].name) && argc - 2 == commands[i].args)
            return commands[i].run(argv + 2);
    fprintf(stderr, "traffic: no such command, or not its arguments\n");
    return 1;
}
