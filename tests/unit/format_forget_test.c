/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A writer forgets tasks, and gives their indices to others: the events keep their own. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "format/nstrail.h"
#include "tests/unit/tap.h"

#define ROUNDS 30
#define TASKS  1000 /* of a round */
#define KEPT   10   /* of the first round, used in every one */

static const struct nst_file_info file_info = {.snaplen = 0};

/* Task n has its number as pid, and in its name. */
static uint32_t task_of(struct nst_writer *w, uint32_t n)
{
    char comm[16];
    struct nst_task task = {.pid = n, .tgid = n, .comm = comm};

    snprintf(comm, sizeof(comm), "task%u", n);
    return nst_writer_task(w, &task);
}

static bool write_round(struct nst_writer *w, uint32_t round, uint32_t probe, uint32_t kept[KEPT])
{
    bool good = true;

    for (uint32_t i = 0; i < TASKS; i++) {
        uint32_t n = round * TASKS + i, task = task_of(w, n);
        struct nst_event event = {.ts_ns = n + 1,
                                  .netns = NST_NONE,
                                  .device = NST_NONE,
                                  .drop_reason = NST_NONE,
                                  .stack = NST_NONE,
                                  .probe = probe,
                                  .task = i < KEPT ? kept[i] : task};

        if (!round && i < KEPT)
            event.task = kept[i] = task;
        good &= task != NST_NONE && nst_writer_event(w, &event, NULL) == 0;
    }
    return good;
}

static void forget(struct nst_writer *w, const uint32_t kept[KEPT])
{
    uint8_t *keep = calloc(nst_writer_tasks(w), 1);

    for (int i = 0; i < KEPT; i++)
        keep[kept[i]] = 1;
    nst_writer_forget_tasks(w, keep);
    free(keep);
}

static bool is_task(const struct nst_block *block, uint32_t index, uint32_t n)
{
    char comm[16];

    snprintf(comm, sizeof(comm), "task%u", n);
    return index < block->tasks_count && block->tasks[index].pid == n &&
           !strcmp(block->tasks[index].comm, comm);
}

static bool read_back(int fd)
{
    const struct nst_block *block;
    struct nst_reader *r;
    uint32_t n = 0;
    bool good = true;

    lseek(fd, 0, SEEK_SET);
    if (nst_reader_fdopen(&r, fd, NULL, NULL) < 0)
        return false;
    while (nst_reader_next(r, &block, NULL) == 1) {
        good &= nst_reader_load(r, NST_LOAD_META, NULL) == 0;
        for (uint32_t i = 0; good && i < block->info.events; i++, n++)
            good = is_task(block, block->events[i].task, n % TASKS < KEPT ? n % TASKS : n);
    }
    nst_reader_close(r);
    return good && n == ROUNDS * TASKS;
}

int main(void)
{
    struct tap tap = {0};
    const struct nst_probe symbol = {.kind = NST_PROBE_RAW_TRACEPOINT, .symbol = "net:x"};
    int fd = memfd_create("forget", 0);
    uint32_t kept[KEPT], probe;
    struct nst_writer *w;
    bool good = true;

    if (fd < 0 || nst_writer_open(&w, dup(fd), &file_info, NULL) < 0)
        return 99;
    probe = nst_writer_probe(w, &symbol);
    for (uint32_t round = 0; good && round < ROUNDS; round++) {
        good = write_round(w, round, probe, kept);
        forget(w, kept);
    }
    tap_ok(&tap, good, "all events are taken");
    tap_ok(&tap, nst_writer_tasks(w) <= TASKS + KEPT, "no more room than for those of a round");
    tap_ok(&tap, task_of(w, 0) == kept[0], "what was kept is found again");
    tap_ok(&tap, nst_writer_close(w, NULL, NULL) == 0 && read_back(fd),
           "each event has the task that it had");
    return tap_done(&tap);
}
