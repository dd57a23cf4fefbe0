/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the beginning of a recording hands over to the rest of it. */
#ifndef NST_CAPTURE_SESSION_INTERNAL_H
#define NST_CAPTURE_SESSION_INTERNAL_H

#include "capture/caller.h"
#include "capture/command.h"
#include "capture/ending.h"
#include "capture/file_info.h"
#include "capture/kernel_facts.h"
#include "capture/options.h"
#include "capture/probes.h"
#include "capture/rotation.h"
#include "capture/upkeep.h"
#include "capture/warnings.h"

/* Which descriptor is readable, in epoll's data. */
enum {
    WAKE_RING,
    WAKE_COMMAND,
    WAKE_FILTERS,
    WAKE_INVENTORY,
    WAKE_OUTPUT,
    WAKE_PRINTER,
};

struct session {
    const struct options *options;
    struct caller caller, owner; /* whom --cmd belongs to, and the files and ourselves */
    struct kernel_facts facts;
    struct probes probes;
    struct filters *filters;
    struct known_devices devices; /* of -i */
    struct symbols *symbols; /* NULL: none are needed, or we may not see them */
    struct stacks *stacks;   /* NULL: none */
    struct attachment *attachment;
    struct inventory *inventory; /* NULL: none */
    struct nst_writer *writer;   /* until upkeep has it */
    struct file_info file;
    struct rotation rotation;
    struct live *live; /* NULL: nobody looks */
    struct upkeep upkeep;
    struct recorder *recorder;
    struct merge *merge;
    struct command command;
    struct ending ending;
    uint64_t base_ts_ns; /* no event is earlier */
    int epoll;
    bool to_reader;    /* the first output is a pipe or a socket */
    bool block_made;   /* since it was looked whether a file is large enough */
    bool filters_due;  /* they may mean more than before... */
    bool filters_full; /* ...and than there is room for, which was said */
    bool done;         /* it is time to stop */
    bool full;         /* as many events as were asked for */
};

/* All that is needed before the first event; when it returns, the recording runs, and nothing that
 * takes privileges is left to be done. */
int session_set_up(struct session *s, int argc, char **argv, struct nst_error *err);

#endif
