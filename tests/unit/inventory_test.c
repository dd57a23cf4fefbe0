/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The recorder's end of the inventory, with another process at the other end than the real one. */
#include "config.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "capture/clock.h"
#include "capture/inventory/channel.h"
#include "capture/inventory/inventory.h"
#include "capture/inventory/worker.h"
#include "tests/unit/tap.h"

/* More than a socket holds. */
#define SIGHTS 5000

static struct tap tap;

static void say_counts(int socket, uint64_t sights)
{
    struct buffer message = {0};

    channel_put_counts(&message, &(struct channel_counts){.limit = sights});
    send(socket, message.data, message.len, MSG_NOSIGNAL);
    nst_buffer_free(&message);
}

/* One that is busy for a while; then it says how often it was told of a namespace, each time when
 * that was in order. */
void worker_run(int socket, pid_t recorder, const struct scanner_options *options)
{
    const struct timespec busy = {.tv_nsec = 300000000};
    uint8_t message[256];
    uint64_t sights = 0;
    ssize_t len;

    (void)recorder;
    (void)options;
    nanosleep(&busy, NULL);
    while ((len = recv(socket, message, sizeof(message), 0)) > 0) {
        struct cursor c = cursor_of(message, (size_t)len);
        struct scanner_sight sight;

        if (cursor_u8(&c) == CHANNEL_SIGHT && channel_take_sight(&c, &sight) &&
            sight.netns.inum == sights + 1)
            say_counts(socket, ++sights);
    }
    _exit(0);
}

static void test_busy(void)
{
    const struct scanner_options options = {0};
    struct inventory_counts counts = {0};
    uint64_t end_ns = clock_now_ns() + 20 * NS_PER_S;
    struct inventory *inventory;
    struct nst_error err;

    if (inventory_start(&inventory, &options, &err)) {
        tap_ok(&tap, false, err.text);
        return;
    }
    for (uint32_t i = 1; i <= SIGHTS; i++)
        inventory_seen(inventory, &(struct scanner_sight){.netns.inum = i});
    while (counts.limit < SIGHTS && clock_now_ns() < end_ns) {
        struct pollfd fd = {.fd = inventory_fd(inventory), .events = POLLIN};

        poll(&fd, 1, 10);
        inventory_remind(inventory);
        inventory_take(inventory);
        inventory_counts(inventory, &counts);
    }
    tap_ok(&tap, counts.limit == SIGHTS, "what it is told while it is busy, it hears later");
    tap_ok(&tap, counts.unheard == 0, "and nothing is counted as lost");
    inventory_free(inventory);
}

int main(void)
{
    test_busy();
    return tap_done(&tap);
}
