/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "capture/capabilities.h"
#include "capture/clock.h"
#include "capture/inventory/channel.h"
#include "capture/inventory/facts.h"
#include "capture/inventory/triggers.h"
#include "capture/message.h"
#include "capture/sandbox.h"

/* Everything is looked at so often, and so seldom that it takes a hundredth of a CPU at most. */
#define SCAN_NS    (2 * NS_PER_S)
#define SCAN_SHARE 100
/* What triggers tell is gathered so long: one look serves a burst. */
#define GATHER_NS (10 * NS_PER_MS)
/* So are devices that change: many of one namespace at once, and again and again. They have a
 * hundredth of their own, over so long: what is set up now may be gone in a second. */
#define DEVICES_NS       (100 * NS_PER_MS)
#define DEVICES_SHARE_NS (60 * NS_PER_S)
/* What is over goes into files that begin so much later too. */
#define REMEMBER_NS (60 * NS_PER_S)

/* Recording goes first, but not for seconds: a container's name must be had while it lives. */
#define NICENESS 10

struct worker {
    int socket;
    struct facts *facts;
    struct scanner *scanner;
    struct triggers triggers;
    struct buffer out; /* rows that wait to be sent */
    uint64_t scan_ns;  /* the next one is due */
    uint64_t devices_ns;
    uint64_t devices_paid_ns; /* looking at them has had its share until then */
    bool mounts_due, devices_due;
    bool execs_due;
};

/* The recorder is gone: there is nobody to do this for. */
static _Noreturn void leave(void)
{
    _exit(0);
}

static void send_message(struct worker *w, const struct buffer *message)
{
    if (message->failed || send(w->socket, message->data, message->len, MSG_NOSIGNAL) < 0)
        leave();
}

static void flush(struct worker *w)
{
    if (w->out.len)
        send_message(w, &w->out);
    w->out.len = 0;
}

static void tell(void *context, const struct fact *fact)
{
    struct worker *w = context;

    if (w->out.len + fact->len + 64 > CHANNEL_BYTES)
        flush(w);
    if (!w->out.len)
        nst_buffer_byte(&w->out, CHANNEL_ROWS);
    channel_put_row(&w->out, fact);
}

static void send_counts(struct worker *w)
{
    const struct scanner_counts counts = scanner_counts(w->scanner);
    struct buffer message = {0};

    channel_put_counts(&message,
                       &(struct channel_counts){.limit = scanner_limits(w->scanner)->processes,
                                                .left_out = counts.left_out,
                                                .unread = counts.unread,
                                                .full = counts.full});
    send_message(w, &message);
    nst_buffer_free(&message);
}

static void scan(struct worker *w)
{
    uint64_t pause_ns, now_ns;

    scanner_scan(w->scanner);
    now_ns = clock_now_ns();
    facts_forget(w->facts, now_ns > REMEMBER_NS ? now_ns - REMEMBER_NS : 0);
    pause_ns = scanner_took_ns(w->scanner) * SCAN_SHARE;
    w->scan_ns = now_ns + (pause_ns > SCAN_NS ? pause_ns : SCAN_NS);
    w->mounts_due = w->devices_due = false;
    flush(w);
    send_counts(w);
}

static void finish(struct worker *w)
{
    struct buffer message = {0};

    scan(w);
    nst_buffer_byte(&message, CHANNEL_FINISHED);
    send_message(w, &message);
    nst_buffer_free(&message);
}

static void obey(struct worker *w, struct cursor *c)
{
    struct scanner_sight sight;

    switch (cursor_u8(c)) {
    case CHANNEL_SIGHT:
        if (channel_take_sight(c, &sight))
            scanner_look(w->scanner, &sight);
        break;
    case CHANNEL_AGAIN:
        facts_tell_all(w->facts);
        break;
    case CHANNEL_FINISH:
        finish(w);
        break;
    }
}

static void take_messages(struct worker *w)
{
    uint8_t message[256];
    ssize_t len;

    while ((len = recv(w->socket, message, sizeof(message), MSG_DONTWAIT)) > 0) {
        struct cursor c = cursor_of(message, (size_t)len);

        obey(w, &c);
    }
    if (len == 0 || (errno != EAGAIN && errno != EINTR))
        leave();
}

static void follow_execs(struct worker *w)
{
    pid_t pid;

    while ((pid = triggers_next_exec(&w->triggers)))
        if (pid > 0)
            scanner_process(w->scanner, pid);
        else
            scanner_missed(w->scanner);
}

static void look_at_devices(struct worker *w)
{
    uint64_t start_ns = clock_cpu_ns(), now_ns;

    scanner_devices(w->scanner);
    w->devices_due = false;
    now_ns = clock_now_ns();
    if (w->devices_paid_ns < now_ns)
        w->devices_paid_ns = now_ns;
    w->devices_paid_ns += (clock_cpu_ns() - start_ns) * SCAN_SHARE;
    w->devices_ns = now_ns + DEVICES_NS;
    if (w->devices_ns + DEVICES_SHARE_NS < w->devices_paid_ns)
        w->devices_ns = w->devices_paid_ns - DEVICES_SHARE_NS;
}

static void do_what_is_due(struct worker *w)
{
    uint64_t now_ns = clock_now_ns();

    if (w->execs_due)
        follow_execs(w);
    if (w->mounts_due)
        scanner_mounts(w->scanner);
    if (w->devices_due && now_ns >= w->devices_ns)
        look_at_devices(w);
    w->execs_due = w->mounts_due = false;
    if (now_ns >= w->scan_ns)
        scan(w);
    flush(w);
}

static int wait_ms(const struct worker *w)
{
    uint64_t now_ns = clock_now_ns(), due_ns = w->scan_ns;

    if (w->devices_due && w->devices_ns < due_ns)
        due_ns = w->devices_ns;
    return due_ns > now_ns ? (int)((due_ns - now_ns) / NS_PER_MS + 1) : 0;
}

static void wait_for_something(struct worker *w)
{
    enum { SOCKET, MOUNTS, EXECS, CHANGES, FDS };
    const struct timespec gather = {.tv_nsec = GATHER_NS};
    struct pollfd fds[FDS] = {
        [SOCKET] = {.fd = w->socket, .events = POLLIN},
        [MOUNTS] = {.fd = w->triggers.mounts, .events = POLLPRI},
        [EXECS] = {.fd = w->triggers.execs, .events = POLLIN},
        [CHANGES] = {.fd = scanner_fd(w->scanner), .events = POLLIN},
    };

    if (poll(fds, FDS, wait_ms(w)) > 0) {
        w->mounts_due = fds[MOUNTS].revents != 0;
        nanosleep(&gather, NULL);
        /* And what has come meanwhile. Mounts are told of once. */
        poll(fds, FDS, 0);
        w->mounts_due = w->mounts_due || fds[MOUNTS].revents;
        w->execs_due = fds[EXECS].revents != 0;
        if (fds[CHANGES].revents && scanner_hear(w->scanner))
            w->devices_due = true;
    }
    if (fds[SOCKET].revents)
        take_messages(w);
}

/* What looking into other namespaces and processes takes, of what we have: to enter them
 * (SYS_ADMIN), to see whose they are (SYS_PTRACE), to read what their runtimes wrote
 * (DAC_READ_SEARCH), to hear of programs (NET_ADMIN) and of devices elsewhere (NET_BROADCAST). */
static void drop_capabilities(void)
{
    static const uint64_t kept =
        CAPABILITY_BIT(CAP_SYS_ADMIN) | CAPABILITY_BIT(CAP_SYS_PTRACE) |
        CAPABILITY_BIT(CAP_DAC_READ_SEARCH) | CAPABILITY_BIT(CAP_NET_ADMIN) |
        CAPABILITY_BIT(CAP_NET_BROADCAST);
    struct capabilities have;

    if (capabilities_get(&have))
        return;
    have.permitted &= kept;
    have.effective = have.permitted;
    capabilities_set(&have);
}

/* Nothing of the recorder's stays open in it: who reads its output must see that end. */
static void settle(int socket, pid_t recorder)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    drop_capabilities();
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != recorder)
        leave();
    prctl(PR_SET_NAME, "nstrail-inv");
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        close(null);
    }
    setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + NICENESS);
    (void)socket;
}

void worker_run(int socket, pid_t recorder, const struct scanner_options *options)
{
    static const struct sandbox_options sandbox = {.is_inventory = true};
    struct worker w = {.socket = socket};
    struct nst_error err = {0};

    settle(socket, recorder);
    w.facts = facts_new(tell, &w);
    if (!w.facts || scanner_new(&w.scanner, options, w.facts, &err)) {
        message_note("no inventory: %s", w.facts ? err.text : "no memory");
        leave();
    }
    triggers_open(&w.triggers);
    if (sandbox_enter(&sandbox, &err)) {
        message_note("no inventory: %s", err.text);
        leave();
    }
    for (;;) {
        do_what_is_due(&w);
        wait_for_something(&w);
    }
}
