/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The command of --cmd, whose run is recorded. */
#ifndef NST_CAPTURE_COMMAND_H
#define NST_CAPTURE_COMMAND_H

#include <signal.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "capture/caller.h"
#include "format/nstrail.h"

struct command {
    pid_t pid;
    int fd; /* becomes readable when the command has ended; -1: there is none */
    struct rlimit descriptors; /* of a process, as we were started with */
};

/* Remembers the limit on open files, which the command is to have: to be called before ours is
 * raised.
 */
void command_prepare(struct command *command);
/* Runs it by the shell, as the caller, with the signals of *mask blocked, in a process group of its
 * own. stdout_taken: our standard output is the recording, so the command gets our standard error
 * in its place. */
int command_start(struct command *command, const char *line, const struct caller *caller,
                  bool stdout_taken, const sigset_t *mask, struct nst_error *err);
/* Ends it and what it has started, if it still runs, and says what became of it; quiet: only if it
 * failed. */
void command_finish(struct command *command, bool quiet);

#endif
