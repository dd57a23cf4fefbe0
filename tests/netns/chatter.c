/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Many short TCP connections at once, of all manners: small and large writes, answers read and
 * left unread, closed early. Buffers and sockets are used again and again, which is what tracking
 * has to tell apart.
 *
 * chatter serve ADDRESS PORT: answers with part of what it gets, until SIGTERM; prints "ready".
 * chatter talk ADDRESS PORT PROCESSES CONNECTIONS: so many connections by each process.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define WRITE_MAX 60000
#define PEERS_MAX 64

static char buffer[WRITE_MAX];

static int failed(const char *what)
{
    fprintf(stderr, "chatter: %s: %s\n", what, strerror(errno));
    return 1;
}

/* The same numbers in each run, others in each process. */
static unsigned next_random(unsigned *state, unsigned below)
{
    *state = *state * 1664525 + 1013904223;
    return (*state >> 8) % below;
}

static int parse(char **args, struct sockaddr_in *at)
{
    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(args[1]))};
    return inet_pton(AF_INET, args[0], &at->sin_addr) == 1 ? 0 : -1;
}

static void answer(int fd)
{
    unsigned state = (unsigned)getpid();
    ssize_t got;

    while ((got = recv(fd, buffer, sizeof(buffer), 0)) > 0)
        if (send(fd, buffer, 1 + next_random(&state, (unsigned)got), MSG_NOSIGNAL) < 0)
            break;
    _exit(0);
}

static int serve(char **args)
{
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0), peer;
    struct sockaddr_in at;

    if (fd < 0 || parse(args, &at))
        return failed("arguments");
    /* Children end by themselves and are nobody's zombies. */
    signal(SIGCHLD, SIG_IGN);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, PEERS_MAX))
        return failed("bind or listen");
    puts("ready");
    fflush(stdout);
    while ((peer = accept(fd, NULL, NULL)) >= 0) {
        if (fork() == 0)
            answer(peer);
        close(peer);
    }
    return failed("accept");
}

/* One connection. An answer that does not come at once stays unread. */
static int talk_once(const struct sockaddr_in *to, unsigned *state)
{
    static const unsigned sizes[] = {10, 1500, WRITE_MAX};
    struct timeval patience = {.tv_usec = 10000};
    unsigned writes = 1 + next_random(state, 20);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof(*to)))
        return failed("connect");
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    for (unsigned i = 0; i < writes; i++) {
        unsigned size = 1 + next_random(state, sizes[next_random(state, 3)]);

        if (send(fd, buffer, size, MSG_NOSIGNAL) < 0 && errno != EAGAIN)
            break;
        if (next_random(state, 2))
            recv(fd, buffer, sizeof(buffer), 0);
    }
    close(fd);
    return 0;
}

static int talk(char **args)
{
    int processes = atoi(args[2]), connections = atoi(args[3]), status, result = 0;
    struct sockaddr_in to;

    if (parse(args, &to))
        return failed("arguments");
    for (int i = 0; i < processes; i++) {
        if (fork() == 0) {
            unsigned state = (unsigned)i;

            for (int j = 0; j < connections; j++)
                result |= talk_once(&to, &state);
            _exit(result);
        }
    }
    while (wait(&status) > 0)
        result |= status;
    return result != 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && !strcmp(argv[1], "serve"))
        return serve(argv + 2);
    if (argc == 6 && !strcmp(argv[1], "talk"))
        return talk(argv + 2);
    fprintf(stderr, "chatter: serve ADDRESS PORT | talk ADDRESS PORT PROCESSES CONNECTIONS\n");
    return 1;
}
