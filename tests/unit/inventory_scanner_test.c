/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Scans of the host's namespaces, where what the kernel answers is not whole. */
#include "config.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/inventory/runtime_paths.h"
#include "capture/inventory/scanner.h"
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

/* So many executed one after the other in a namespace that has processes. */
static void test_execs(struct scanner *s, pid_t keeper)
{
    scanner_scan(s);
    for (int i = 0; i < SCANNER_EXECS + 7; i++)
        scanner_process(s, keeper);
    tap_ok(&tap, scanner_counts(s)->left_out == 7, "what is executed is looked at up to a limit");
    scanner_scan(s);
    tap_ok(&tap, scanner_counts(s)->left_out == 0, "until the next scan");
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
    test_execs(scanner, keeper);
    kill(keeper, SIGKILL);
    waitpid(keeper, NULL, 0);
    scanner_free(scanner);
    facts_free(facts);
    return tap_done(&tap);
}
