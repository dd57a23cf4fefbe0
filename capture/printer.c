/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/printer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/capabilities.h"
#include "capture/message.h"
#include "format/error.h"

/* What waits in the pipe bridges the moments at which the printer is slow. */
#define PIPE_BYTES (1 << 20)
#define CANNOT_RUN 126
/* Damage that it stepped over: blocks that we left out. */
#define STATUS_OF_GAPS 2

extern char **environ;

/* Opened while we may still go there: a user's own build is in a folder that nobody may enter. */
static int open_program(void)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - sizeof("nstrail"));
    char *slash;
    int fd = -1;

    path[length > 0 ? length : 0] = '\0';
    slash = strrchr(path, '/');
    if (slash) {
        strcpy(slash + 1, "nstrail");
        fd = open(path, O_PATH | O_CLOEXEC);
    }
    return fd >= 0 ? fd : open(BINDIR "/nstrail", O_PATH | O_CLOEXEC);
}

/* A change of the user has done it already, where there was one. */
static int drop_capabilities(void)
{
    const struct capabilities none = {0};
    int error = capabilities_set(&none);

    if (!error && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        error = -errno;
    return error;
}

static int become_harmless(const struct caller *caller, pid_t recorder)
{
    struct caller user;
    int error;

    caller_or_nobody(caller, &user);
    error = caller_become(&user);
    if (!error)
        error = drop_capabilities();
    /* Whatever becomes of us, it does not stay. A change of the user would have undone this. */
    if (!error && prctl(PR_SET_PDEATHSIG, SIGKILL))
        error = -errno;
    return !error && getppid() != recorder ? -ECHILD : error;
}

static _Noreturn void fail(const char *what, int error)
{
    message_error("--live: %s: %s", what, strerror(-error));
    _exit(CANNOT_RUN);
}

/* Ctrl-C goes to the whole group. It ends when we close the pipe, having printed what is in it. */
static void keep_signals_away(const sigset_t *mask)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP};

    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
        signal(ignored[i], SIG_IGN);
    signal(SIGUSR1, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, mask, NULL);
}

static _Noreturn void run(int program, int input, const struct caller *caller, pid_t recorder,
                          const sigset_t *mask)
{
    char *words[] = {(char *)"nstrail", (char *)"print", (char *)"-", NULL};
    int error;

    if (dup2(input, STDIN_FILENO) < 0)
        fail("standard input", -errno);
    error = become_harmless(caller, recorder);
    if (error == -EPERM)
        fail("cannot drop the privileges of the printer: it takes CAP_SETUID and CAP_SETGID", error);
    if (error)
        fail("cannot drop the privileges of the printer", error);
    keep_signals_away(mask);
    syscall(SYS_execveat, program, "", words, environ, AT_EMPTY_PATH);
    fail("cannot run nstrail", -errno);
}

static int start(struct printer *p, int program, const int ends[2], const struct caller *caller,
                 const sigset_t *mask, struct nst_error *err)
{
    pid_t recorder = getpid();

    p->pid = fork();
    if (p->pid == 0)
        run(program, ends[0], caller, recorder, mask);
    if (p->pid < 0)
        return nst_fail(err, -errno, "--live: cannot start nstrail: %s", strerror(errno));
    p->exited = syscall(SYS_pidfd_open, p->pid, 0);
    if (p->exited < 0)
        return nst_fail(err, -errno, "--live: cannot watch nstrail: %s", strerror(errno));
    p->pipe = ends[1];
    return 0;
}

int printer_start(struct printer *p, const struct caller *caller, const sigset_t *mask,
                  struct nst_error *err)
{
    int program = open_program(), ends[2], error;

    *p = (struct printer){.pipe = -1, .exited = -1};
    if (program < 0)
        return nst_fail(err, -errno, "--live: nstrail is neither beside us nor in " BINDIR);
    if (pipe2(ends, O_CLOEXEC)) {
        error = nst_fail(err, -errno, "pipe: %s", strerror(errno));
        close(program);
        return error;
    }
    /* Only our end: the printer's is another open file. Smaller is no failure. */
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES);
    error = start(p, program, ends, caller, mask, err);
    close(program);
    close(ends[0]);
    if (error)
        close(ends[1]);
    return error;
}

bool printer_finish(struct printer *p, struct ending *ending)
{
    int status = 0;

    if (p->exited < 0)
        return true;
    close(p->pipe);
    /* Given up, it ends with us. */
    if (ending_wait(ending, p->exited, POLLIN) == 0)
        waitpid(p->pid, &status, 0);
    close(p->exited);
    *p = (struct printer){.pipe = -1, .exited = -1};
    return (WIFEXITED(status) && (!WEXITSTATUS(status) || WEXITSTATUS(status) == STATUS_OF_GAPS)) ||
           (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
}
