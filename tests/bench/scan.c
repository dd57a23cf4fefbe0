/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * scan ROUNDS [SOURCE=FOLDER...]: a full scan of the host's namespaces and processes, as the
 * recorder's inventory does it, and `lsns -t net`, in turns; each a process of its own, the scan
 * with nothing known before, with the folders as for --inventory-path. Prints how many rows the
 * scan found, and for each round the seconds of both.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "capture/inventory/facts.h"
#include "capture/inventory/runtime_paths.h"
#include "capture/inventory/scanner.h"

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What the recorder would be sent. */
static void count_row(void *context, const struct fact *fact)
{
    uint64_t *rows = context;

    (void)fact;
    ++*rows;
}

static int scan(const struct runtime_paths *paths, FILE *out)
{
    const struct scanner_options options = {.paths = paths};
    struct scanner *scanner;
    struct nst_error err = {0};
    uint64_t rows = 0;
    struct facts *facts = facts_new(count_row, &rows);

    if (!facts || scanner_new(&scanner, &options, facts, &err)) {
        fprintf(stderr, "scan: %s\n", facts ? err.text : "no memory");
        return 1;
    }
    scanner_scan(scanner);
    fprintf(out, "%llu rows\n", (unsigned long long)rows);
    fflush(out);
    scanner_free(scanner);
    facts_free(facts);
    return 0;
}

static int run_lsns(void)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
        return 1;
    execlp("lsns", "lsns", "-t", "net", NULL);
    return 1;
}

/* Seconds; <0: it failed. */
static double run(bool lsns, const struct runtime_paths *paths, FILE *out)
{
    double start = now();
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(lsns ? run_lsns() : scan(paths, out));
    if (child < 0 || waitpid(child, &status, 0) != child || status)
        return -1;
    return now() - start;
}

static bool measure(unsigned long rounds, const struct runtime_paths *paths, FILE *null)
{
    if (run(false, paths, stdout) < 0)
        return false;
    for (unsigned long i = 0; i < rounds; i++) {
        bool lsns_first = i % 2;
        double seconds[2];

        seconds[lsns_first] = run(lsns_first, paths, null);
        seconds[!lsns_first] = run(!lsns_first, paths, null);
        if (seconds[false] < 0 || seconds[true] < 0)
            return false;
        printf("%.6f %.6f\n", seconds[false], seconds[true]);
    }
    return true;
}

int main(int argc, char **argv)
{
    unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    FILE *null = fopen("/dev/null", "w");
    struct runtime_paths paths;
    bool good;

    if (!rounds || !null) {
        fprintf(stderr, "usage: scan ROUNDS [SOURCE=FOLDER...]\n");
        return 1;
    }
    runtime_paths_default(&paths);
    for (int i = 2; i < argc; i++)
        if (runtime_paths_set(&paths, argv[i], NULL))
            return 1;
    good = measure(rounds, &paths, null);
    if (!good)
        fprintf(stderr, "scan: a run failed\n");
    fclose(null);
    return good ? 0 : 1;
}
