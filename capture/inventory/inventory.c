/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/inventory.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/clock.h"
#include "capture/inventory/channel.h"
#include "capture/inventory/worker.h"
#include "capture/message.h"
#include "format/array.h"
#include "format/error.h"

/* A last scan takes no longer, not even on a host of a hundred thousand processes; nor does the
 * end of the process that does it. */
#define PATIENCE_NS (3 * NS_PER_S)

/* One TABLES block has no more, nor do we let more wait while we record. A row has 8 bytes at
 * least, so this is below NST_MAX_ROWS. */
#define BATCH_BYTES (2u << 20)

/* What events showed first while it was busy; beyond, they are counted. */
#define UNHEARD_MAX 65536

struct inventory {
    pid_t pid;
    int fd;       /* -1: it is gone */
    bool awaited; /* somebody does nothing else until it has said what it has to say */
    bool finished;
    bool again_due; /* that could not be said yet */
    struct inventory_counts counts;
    bool counted;
    struct scanner_sight *unheard; /* from the first that is not said yet, to the count */
    uint32_t unheard_first, unheard_count;
    size_t unheard_room;
    struct buffer rows;                                 /* to be written, as in CHANNEL_ROWS */
    void (*hear)(void *context, const struct row *row); /* NULL: nobody else wants them */
    void *context;
    uint8_t message[CHANNEL_BYTES];
};

int inventory_start(struct inventory **inventory, const struct scanner_options *options,
                    struct nst_error *err)
{
    struct inventory *inv = calloc(1, sizeof(*inv));
    pid_t recorder = getpid();
    int fds[2];

    if (!inv)
        return nst_fail(err, -ENOMEM, "no memory for the inventory");
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds)) {
        free(inv);
        return nst_fail(err, -errno, "socketpair: %s", strerror(errno));
    }
    inv->fd = fds[0];
    inv->pid = fork();
    if (inv->pid == 0) {
        close(fds[0]);
        free(inv);
        worker_run(fds[1], recorder, options);
    }
    close(fds[1]);
    if (inv->pid < 0) {
        inventory_free(inv);
        return nst_fail(err, -errno, "cannot start the inventory: %s", strerror(errno));
    }
    *inventory = inv;
    return 0;
}

/* Who has become another user may not kill it. It leaves when it finds nobody at the other end, but
 * what holds it up must not hold us up. */
static void end_process(pid_t pid)
{
    uint64_t end_ns = clock_now_ns() + PATIENCE_NS;

    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, WNOHANG) == 0 && clock_now_ns() < end_ns)
        poll(NULL, 0, 1);
}

void inventory_free(struct inventory *inv)
{
    if (!inv)
        return;
    if (inv->fd >= 0)
        close(inv->fd);
    if (inv->pid > 0)
        end_process(inv->pid);
    nst_buffer_free(&inv->rows);
    free(inv->unheard);
    free(inv);
}

int inventory_fd(const struct inventory *inv)
{
    return inv->fd;
}

/* It died, or said what it never says: nothing more is believed of it. */
static void give_up(struct inventory *inv)
{
    close(inv->fd);
    inv->fd = -1;
    if (!inv->finished)
        message_note("the inventory ended; what is new from here on goes without names");
    inv->finished = true;
}

/* False: there is no room, or nobody to hear it. */
static bool say(struct inventory *inv, const struct buffer *message)
{
    return inv->fd >= 0 && !message->failed &&
           send(inv->fd, message->data, message->len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

static bool say_byte(struct inventory *inv, uint8_t byte)
{
    const struct buffer message = {.data = &byte, .len = 1};

    return say(inv, &message);
}

static bool say_sight(struct inventory *inv, const struct scanner_sight *sight)
{
    uint8_t bytes[64];
    struct buffer message = {.data = bytes, .capacity = sizeof(bytes)};

    channel_put_sight(&message, sight);
    return say(inv, &message);
}

static bool keep_sight(struct inventory *inv, const struct scanner_sight *sight)
{
    struct scanner_sight *list = NULL;

    if (inv->unheard_count < UNHEARD_MAX)
        list = nst_array_room(inv->unheard, inv->unheard_count, &inv->unheard_room, sizeof(*list));
    if (!list)
        return false;
    inv->unheard = list;
    inv->unheard[inv->unheard_count++] = *sight;
    return true;
}

/* False: some still wait. */
static bool say_unheard(struct inventory *inv)
{
    while (inv->unheard_first < inv->unheard_count) {
        if (!say_sight(inv, &inv->unheard[inv->unheard_first]))
            return false;
        inv->unheard_first++;
    }
    inv->unheard_first = inv->unheard_count = 0;
    return true;
}

/* A scan takes a while, and a burst of new namespaces fills the socket meanwhile. One that has gone
 * by the next scan would never have a name. */
void inventory_seen(struct inventory *inv, const struct scanner_sight *sight)
{
    if (inv->fd < 0 || (say_unheard(inv) && say_sight(inv, sight)))
        return;
    if (!keep_sight(inv, sight))
        inv->counts.unheard++;
}

void inventory_remind(struct inventory *inv)
{
    if (say_unheard(inv) && inv->again_due)
        inventory_again(inv);
}

void inventory_again(struct inventory *inv)
{
    inv->again_due = !say_byte(inv, CHANNEL_AGAIN);
}

static bool take_rows(struct inventory *inv, struct cursor *c)
{
    const uint8_t *start = c->pos;
    size_t len = cursor_left(c);
    struct row row;
    uint8_t *room;

    while (cursor_left(c)) {
        if (!channel_take_row(c, &row))
            return false;
        if (inv->hear)
            inv->hear(inv->context, &row);
    }
    room = nst_buffer_room(&inv->rows, len);
    if (!room)
        return false;
    memcpy(room, start, len);
    inv->rows.len += len;
    return true;
}

static bool take_counts(struct inventory *inv, struct cursor *c)
{
    struct channel_counts counts;

    if (!channel_take_counts(c, &counts))
        return false;
    inv->counts.limit = counts.limit;
    inv->counts.left_out = counts.left_out;
    inv->counts.unread = counts.unread;
    inv->counts.full = counts.full;
    inv->counted = true;
    return true;
}

static bool take_message(struct inventory *inv, size_t len)
{
    struct cursor c = cursor_of(inv->message, len);

    switch (cursor_u8(&c)) {
    case CHANNEL_ROWS:
        return take_rows(inv, &c);
    case CHANNEL_COUNTS:
        return take_counts(inv, &c);
    case CHANNEL_FINISHED:
        inv->finished = true;
        return true;
    }
    return false;
}

void inventory_take(struct inventory *inv)
{
    while (inv->fd >= 0 && (!inventory_full(inv) || inv->awaited)) {
        ssize_t len = recv(inv->fd, inv->message, sizeof(inv->message), MSG_DONTWAIT);

        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0 && errno == EAGAIN)
            break;
        if (len <= 0 || !take_message(inv, (size_t)len))
            give_up(inv);
    }
    inventory_remind(inv);
}

void inventory_listen(struct inventory *inv, void (*hear)(void *context, const struct row *row),
                      void *context)
{
    inv->hear = hear;
    inv->context = context;
}

void inventory_wait(struct inventory *inv, uint64_t most_ns)
{
    uint64_t end_ns = clock_now_ns() + most_ns, now_ns;

    inv->awaited = true;
    while (!inv->counted && inv->fd >= 0 && (now_ns = clock_now_ns()) < end_ns) {
        struct pollfd fd = {.fd = inv->fd, .events = POLLIN};

        poll(&fd, 1, (int)((end_ns - now_ns) / NS_PER_MS + 1));
        inventory_take(inv);
    }
    inv->awaited = false;
}

void inventory_finish(struct inventory *inv)
{
    uint64_t end_ns = clock_now_ns() + PATIENCE_NS, now_ns;
    bool asked = false;

    inv->awaited = true;
    while (inv->fd >= 0 && !inv->finished && (now_ns = clock_now_ns()) < end_ns) {
        struct pollfd fd = {.fd = inv->fd, .events = asked ? POLLIN : POLLIN | POLLOUT};

        poll(&fd, 1, (int)((end_ns - now_ns) / NS_PER_MS + 1));
        if (!asked)
            asked = say_unheard(inv) && say_byte(inv, CHANNEL_FINISH);
        inventory_take(inv);
    }
    inv->finished = true;
}

bool inventory_pending(const struct inventory *inv)
{
    return inv->rows.len > 0;
}

bool inventory_full(const struct inventory *inv)
{
    return inv->rows.len >= BATCH_BYTES;
}

bool inventory_counts(const struct inventory *inv, struct inventory_counts *counts)
{
    *counts = inv->counts;
    return inv->counted;
}

/* The rows of one nst_tables. */
struct lists {
    struct nst_known_netns *netns;
    struct nst_netns_name *names;
    struct nst_process *processes;
    struct nst_container *containers;
    struct nst_known_device *devices;
    struct nst_address *addresses;
};

static bool make_lists(struct lists *l, const size_t count[ROW_KINDS])
{
    l->netns = calloc(count[ROW_NETNS] + 1, sizeof(*l->netns));
    l->names = calloc(count[ROW_NAME] + 1, sizeof(*l->names));
    l->processes = calloc(count[ROW_PROCESS] + 1, sizeof(*l->processes));
    l->containers = calloc(count[ROW_CONTAINER] + 1, sizeof(*l->containers));
    l->devices = calloc(count[ROW_DEVICE] + 1, sizeof(*l->devices));
    l->addresses = calloc(count[ROW_ADDRESS] + 1, sizeof(*l->addresses));
    return l->netns && l->names && l->processes && l->containers && l->devices && l->addresses;
}

static void free_lists(struct lists *l)
{
    free(l->netns);
    free(l->names);
    free(l->processes);
    free(l->containers);
    free(l->devices);
    free(l->addresses);
}

static void put_row(struct lists *l, struct nst_tables *t, const struct row *row)
{
    switch (row->kind) {
    case ROW_NETNS:
        l->netns[t->netns_count++] = row->netns;
        break;
    case ROW_NAME:
        l->names[t->netns_names_count++] = row->name;
        break;
    case ROW_PROCESS:
        l->processes[t->processes_count++] = row->process;
        break;
    case ROW_CONTAINER:
        l->containers[t->containers_count++] = row->container;
        break;
    case ROW_DEVICE:
        l->devices[t->devices_count++] = row->device;
        break;
    case ROW_ADDRESS:
        l->addresses[t->addresses_count++] = row->address;
        break;
    case ROW_KINDS:
        break;
    }
}

/* The rows that come next, as far as one block may hold them: how many there are of each kind. */
static struct cursor next_batch(struct cursor *c, size_t count[ROW_KINDS])
{
    struct cursor batch = *c;
    struct row row;

    memset(count, 0, ROW_KINDS * sizeof(*count));
    while (cursor_left(c) && (size_t)(c->pos - batch.pos) < BATCH_BYTES &&
           channel_take_row(c, &row))
        count[row.kind]++;
    batch.end = c->pos;
    return batch;
}

static bool write_batch(struct cursor *batch, const size_t count[ROW_KINDS],
                        struct nst_writer *writer)
{
    struct lists l;
    struct nst_tables tables = {.ts_ns = clock_now_ns()};
    struct row row;
    bool written = false;

    if (make_lists(&l, count)) {
        while (cursor_left(batch) && channel_take_row(batch, &row))
            put_row(&l, &tables, &row);
        tables.netns = l.netns;
        tables.netns_names = l.names;
        tables.processes = l.processes;
        tables.containers = l.containers;
        tables.devices = l.devices;
        tables.addresses = l.addresses;
        written = nst_writer_tables(writer, &tables, NULL) == 0;
    }
    free_lists(&l);
    return written;
}

bool inventory_write(struct inventory *inv, struct nst_writer *writer)
{
    struct cursor c = cursor_of(inv->rows.data, inv->rows.len);
    bool written = true;

    while (cursor_left(&c)) {
        size_t count[ROW_KINDS];
        struct cursor batch = next_batch(&c, count);

        written = write_batch(&batch, count, writer) && written;
    }
    inv->rows.len = 0;
    return written;
}
