/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Scans of the host's namespaces, where what the kernel answers is not whole, or there is more than
 * is recorded. */
#include "config.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/inventory/runtime_paths.h"
#include "capture/inventory/scanner.h"
#include "capture/inventory/netns_list.h"
#include "tests/unit/tap.h"

static struct tap tap;

/* How netlink answers the library's own calls, which this one takes the place of. */
static enum { WHOLE, INTERRUPTED_ONCE, INTERRUPTED, FAILS } answers;
static unsigned answered;

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    ssize_t len = syscall(SYS_recvmsg, fd, message, flags);
    struct nlmsghdr *head = message->msg_iov->iov_base;

    if (answers == FAILS) {
        errno = ENOBUFS;
        return -1;
    }
    if (len >= (ssize_t)sizeof(*head) && answers != WHOLE && head->nlmsg_flags & NLM_F_MULTI &&
        (answers == INTERRUPTED || !answered++))
        head->nlmsg_flags |= NLM_F_DUMP_INTR;
    return len;
}

/* The namespace of this test, which has nothing but lo. */
static uint32_t inum;

struct news {
    unsigned devices, over;
    char kind[16];
};

static void take(void *context, const struct fact *fact)
{
    struct news *news = context;
    struct cursor c = cursor_of(fact->bytes, fact->len);
    struct row row;

    if (fact->kind != ROW_DEVICE || !row_decode(&c, ROW_DEVICE, &row) ||
        row.device.netns.inum != inum)
        return;
    news->devices += !fact->over;
    news->over += fact->over;
    snprintf(news->kind, sizeof(news->kind), "%s", row.device.kind ? row.device.kind : "");
}

static bool news_are(struct news *news, unsigned devices, unsigned over)
{
    bool right = news->devices == devices && news->over == over;

    news->devices = news->over = 0;
    return right;
}

static void test_answers(struct scanner *s, struct news *news)
{
    answers = INTERRUPTED_ONCE;
    scanner_scan(s);
    tap_ok(&tap, news_are(news, 1, 0) && answered > 1, "what is interrupted is asked again");
    tap_ok(&tap, !strcmp(news->kind, "loopback"), "the kind of lo");
    answers = FAILS;
    scanner_scan(s);
    tap_ok(&tap, news_are(news, 0, 0), "without an answer, nothing is over");
    answers = INTERRUPTED;
    scanner_scan(s);
    tap_ok(&tap, news_are(news, 0, 0), "nor when it never is whole");
    answers = WHOLE;
    scanner_scan(s);
    tap_ok(&tap, news_are(news, 0, 0), "nor with a whole one that says the same");
}

/* More than is remembered, as if it were seen between two scans. */
static void fill(struct facts *facts)
{
    struct row row = {.kind = ROW_ADDRESS, .address = {.netns.inum = 1, .address.len = 4}};

    for (row.address.ifindex = 1; row.address.ifindex <= FACTS_MAX + 7; row.address.ifindex++)
        facts_see(facts, &row, 0);
}

static void test_looks(const struct scanner_options *options)
{
    struct news news = {0};
    struct facts *facts = facts_new(take, &news);
    struct scanner_counts before, after;
    struct scanner *s;

    if (!facts || scanner_new(&s, options, facts, NULL)) {
        tap_ok(&tap, false, "a scanner of its own");
        return;
    }
    scanner_scan(s);
    before = scanner_counts(s);
    answers = FAILS;
    tap_ok(&tap, scanner_hear(s), "what changed may have been missed");
    scanner_devices(s);
    answers = WHOLE;
    fill(facts);
    scanner_scan(s);
    facts_forget(facts, UINT64_MAX);
    scanner_scan(s);
    after = scanner_counts(s);
    tap_ok(&tap, after.unread > before.unread, "what could not be looked at stays counted");
    tap_ok(&tap, after.full >= before.full + 7, "and what found no room between scans");
    scanner_free(s);
    facts_free(facts);
}

/* So many executed one after the other in a namespace that has processes. */
static void test_execs(const struct scanner_options *options, struct facts *facts, pid_t keeper)
{
    struct scanner_options few = *options;
    struct scanner *s;

    few.limits.execs = 2;
    if (scanner_new(&s, &few, facts, NULL)) {
        tap_ok(&tap, false, "a scanner that looks at two programs");
        return;
    }
    scanner_scan(s);
    for (uint64_t scans = 1; scans <= 2; scans++) {
        for (int i = 0; i < 2 + 7; i++)
            scanner_process(s, keeper);
        scanner_scan(s);
        tap_ok(&tap, scanner_counts(s).left_out == 7 * scans,
               "what is executed is looked at up to a limit, and beyond stays counted");
    }
    scanner_free(s);
}

/* What a scan recorded of a pid namespace with more in it than it may. */
struct kept {
    bool done;
    unsigned leaders, inits, others;
    unsigned names; /* of our namespace: others come and go on the host */
    uint64_t left_out, full;
};

enum { LEADERS = 3, INITS = 1, OTHERS = 5, MNTNS = 3, BOUND = NETNS_PATHS_MAX + 4 };
enum { FEW, FEWEST, SEEN, SEEN_LEAST, SCANS };

static void keep_process(void *context, const struct fact *fact)
{
    struct kept *kept = context;
    struct cursor c = cursor_of(fact->bytes, fact->len);
    struct row row;

    if (fact->kind == ROW_NAME && row_decode(&c, ROW_NAME, &row))
        kept->names += row.name.netns.inum == inum;
    if (fact->kind != ROW_PROCESS || !row_decode(&c, ROW_PROCESS, &row))
        return;
    kept->leaders += row.process.flags == NST_PROCESS_LEADER;
    kept->inits += row.process.flags == NST_PROCESS_INIT;
    kept->others += !row.process.flags;
}

static bool stays_in_session(void)
{
    return true;
}

static bool leads_session(void)
{
    return setsid() > 0;
}

static bool has_namespace(void)
{
    return unshare(CLONE_NEWNET) == 0;
}

static bool has_mntns(void)
{
    return unshare(CLONE_NEWNS) == 0;
}

static bool has_bound(void)
{
    char path[32];

    if (!has_mntns() || mount("tmpfs", "/tmp", "tmpfs", 0, NULL))
        return false;
    for (int i = 0; i < BOUND; i++) {
        snprintf(path, sizeof(path), "/tmp/%d", i);
        if (mknod(path, S_IFREG, 0) || mount("/proc/self/ns/net", path, NULL, MS_BIND, NULL))
            return false;
    }
    return true;
}

/* So many processes of a kind, which are there once this has returned. */
static void make(int count, int flags, bool (*become)(void))
{
    int ready[2];
    char byte;

    for (int i = 0; i < count; i++) {
        if (pipe(ready))
            return;
        if (syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL) == 0) {
            if (!become())
                _exit(1);
            close(ready[1]);
            pause();
            _exit(0);
        }
        close(ready[1]);
        if (read(ready[0], &byte, 1))
            return;
        close(ready[0]);
    }
}

static void scan_kept(struct kept *kept, const struct scanner_options *options)
{
    struct facts *facts = facts_new(keep_process, kept);
    struct scanner *s;

    if (!facts || scanner_new(&s, options, facts, NULL))
        _exit(1);
    scanner_scan(s);
    kept->left_out = scanner_counts(s).left_out;
    kept->full = scanner_counts(s).full;
    kept->done = true;
    scanner_free(s);
    facts_free(facts);
}

/* As the first process of a pid namespace, of which no other is seen. Those that are always
 * recorded come last. */
static void scan_crowd(struct kept kept[SCANS], const struct scanner_options *options)
{
    struct scanner_options few = *options, fewest = *options, least = *options;

    few.limits.processes = 2;
    fewest.limits.processes_max = 2;
    least.limits.mntns = 1;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount("proc", "/proc", "proc", 0, NULL))
        _exit(1);
    make(OTHERS, 0, stays_in_session);
    make(LEADERS, 0, leads_session);
    make(INITS, CLONE_NEWPID, stays_in_session);
    make(1, 0, has_namespace);
    scan_kept(&kept[FEW], &few);
    scan_kept(&kept[FEWEST], &fewest);
    make(1, 0, has_bound);
    make(MNTNS - 1, 0, has_mntns);
    scan_kept(&kept[SEEN], options);
    scan_kept(&kept[SEEN_LEAST], &least);
    _exit(0);
}

static void test_limits(const struct scanner_options *options)
{
    struct kept *kept = mmap(NULL, SCANS * sizeof(*kept), PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid = fork();

    if (pid == 0) {
        pid_t first;

        if (unshare(CLONE_NEWPID | CLONE_NEWNS) || (first = fork()) < 0)
            _exit(1);
        if (first == 0)
            scan_crowd(kept, options);
        waitpid(first, NULL, 0);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    tap_ok(&tap, kept[FEW].leaders == LEADERS && kept[FEW].inits == INITS,
           "leaders of sessions and inits are recorded beyond the limit");
    tap_ok(&tap, kept[FEW].others == 2 + 2, "others up to it, and one of each network namespace");
    tap_ok(&tap, kept[FEW].done && kept[FEW].left_out == OTHERS + 1 - 4, "the rest is counted");
    tap_ok(&tap,
           kept[FEWEST].leaders + kept[FEWEST].inits + kept[FEWEST].others == 2 &&
               kept[FEWEST].left_out == LEADERS + INITS + OTHERS + 1 - 2,
           "and there is a limit for all together");
    tap_ok(&tap,
           kept[SEEN].names == kept[FEW].names + NETNS_PATHS_MAX &&
               kept[SEEN].full == BOUND - NETNS_PATHS_MAX,
           "so many names of a namespace in another mount namespace, and the rest is counted");
    tap_ok(&tap,
           kept[SEEN_LEAST].names == kept[SEEN].names &&
               kept[SEEN_LEAST].full == kept[SEEN].full + MNTNS - 1,
           "so many mount namespaces, and the rest is counted");
    munmap(kept, SCANS * sizeof(*kept));
}

/* A process of its own keeps the namespace; the scanner does not look at itself. */
static pid_t keep(void)
{
    struct stat status;
    pid_t pid;

    if (unshare(CLONE_NEWNET) || stat("/proc/self/ns/net", &status))
        return -1;
    inum = (uint32_t)status.st_ino;
    pid = fork();
    if (pid == 0) {
        pause();
        _exit(0);
    }
    return pid;
}

int main(void)
{
    struct runtime_paths paths = {{"", "", "", "", "", "", "", ""}};
    const struct scanner_options options = {.paths = &paths};
    struct nst_error err = {0};
    struct news news = {0};
    struct facts *facts = facts_new(take, &news);
    struct scanner *scanner;
    pid_t keeper = keep();

    if (keeper < 0 || !facts || scanner_new(&scanner, &options, facts, &err)) {
        printf("1..0 # SKIP needs a network namespace, and the right to enter all\n");
        return 0;
    }
    test_answers(scanner, &news);
    test_looks(&options);
    test_execs(&options, facts, keeper);
    test_limits(&options);
    kill(keeper, SIGKILL);
    waitpid(keeper, NULL, 0);
    scanner_free(scanner);
    facts_free(facts);
    return tap_done(&tap);
}
