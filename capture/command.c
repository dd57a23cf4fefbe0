/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/command.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/message.h"
#include "format/error.h"

/* A command that does not heed SIGTERM for so long is left alone. */
#define PATIENCE_MS 2000
/* What the shell answers for a command that cannot be run. */
#define CANNOT_RUN 126

void command_prepare(struct command *command)
{
    *command = (struct command){.fd = -1};
    getrlimit(RLIMIT_NOFILE, &command->descriptors);
}

static void run_shell(const struct command *command, const char *line, const struct caller *caller,
                      bool stdout_taken, const sigset_t *mask)
{
    int error = caller_become(caller);

    setpgid(0, 0);
    setrlimit(RLIMIT_NOFILE, &command->descriptors);
    if (stdout_taken)
        dup2(STDERR_FILENO, STDOUT_FILENO);
    if (error) {
        message_error("cannot run the command as user %lu: %s", (unsigned long)caller->uid,
                      strerror(-error));
        _exit(CANNOT_RUN);
    }
    sigprocmask(SIG_SETMASK, mask, NULL);
    signal(SIGPIPE, SIG_DFL);
    execl("/bin/sh", "sh", "-c", line, (char *)NULL);
    message_error("/bin/sh: %s", strerror(errno));
    _exit(CANNOT_RUN);
}

int command_start(struct command *command, const char *line, const struct caller *caller,
                  bool stdout_taken, const sigset_t *mask, struct nst_error *err)
{
    pid_t pid = fork();

    command->fd = -1;
    if (pid < 0)
        return nst_fail(err, -errno, "cannot start the command: %s", strerror(errno));
    if (pid == 0)
        run_shell(command, line, caller, stdout_taken, mask);
    /* Here too: whichever of us is first, the group is there when it is signalled. */
    setpgid(pid, pid);
    command->pid = pid;
    command->fd = syscall(SYS_pidfd_open, pid, 0);
    if (command->fd < 0) {
        int error = -errno;

        kill(-pid, SIGTERM);
        waitpid(pid, NULL, 0);
        return nst_fail(err, error, "cannot watch the command: %s", strerror(-error));
    }
    return 0;
}

static void say_status(int status, bool quiet)
{
    if (WIFEXITED(status) && quiet && !WEXITSTATUS(status))
        return;
    if (WIFEXITED(status))
        message_note("the command ended with status %d", WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        message_note("the command was ended by signal %d (%s)", WTERMSIG(status),
                     strsignal(WTERMSIG(status)));
}

void command_finish(struct command *command, bool quiet)
{
    struct pollfd ended = {.fd = command->fd, .events = POLLIN};
    int status;

    if (command->fd < 0)
        return;
    if (poll(&ended, 1, 0) == 0) {
        kill(-command->pid, SIGTERM);
        poll(&ended, 1, PATIENCE_MS);
    }
    if (waitpid(command->pid, &status, WNOHANG) == command->pid)
        say_status(status, quiet);
    else
        message_note("the command still runs, as process %ld", (long)command->pid);
    close(command->fd);
    command->fd = -1;
}
