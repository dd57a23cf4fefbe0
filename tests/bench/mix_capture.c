/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes the made-up traffic of mix.h as a capture file:
 *
 *     mix_capture FILE EVENTS
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/mix.h"

#define REALTIME_OFFSET 1700000000000000000

static bool write_events(const struct mix *m, struct nst_writer *w, struct nst_error *err)
{
    struct mix_indices indices;

    mix_define(m, w, &indices);
    for (size_t i = 0; i < m->count; i++) {
        struct nst_event event = mix_event(m, i, &indices);

        if (nst_writer_event(w, &event, err) < 0)
            return false;
    }
    return true;
}

static bool write_names(const struct mix *m, struct nst_writer *w, struct nst_error *err)
{
    struct nst_netns_name names[MIX_NETNS];
    char text[MIX_NETNS][16];
    struct nst_tables tables = {.ts_ns = 1, .netns_names = names, .netns_names_count = MIX_NETNS};

    for (unsigned i = 0; i < MIX_NETNS; i++) {
        snprintf(text[i], sizeof(text[i]), "service-%u", i);
        names[i] = (struct nst_netns_name){m->netns[i], text[i], 1, 1, NST_PLACE_NETNS};
    }
    return nst_writer_tables(w, &tables, err) == 0;
}

int main(int argc, char **argv)
{
    struct nst_file_info info = {
        .capture_id = {1},
        .boot_id = {1},
        .snaplen = MIX_SNAPLEN,
        .cpus = 4,
        .realtime_ns = REALTIME_OFFSET,
        .hostname = "mix",
        .writer = "mix_capture",
    };
    struct nst_error err = {0};
    struct nst_writer *w = NULL;
    struct mix *m;
    bool ok;
    int fd;

    if (argc != 3)
        return 2;
    m = mix_new(strtoull(argv[2], NULL, 10));
    fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ok = m && fd >= 0 && nst_writer_open(&w, fd, &info, &err) == 0;
    if (ok) {
        nst_writer_clock(w, REALTIME_OFFSET);
        ok = write_names(m, w, &err) && write_events(m, w, &err);
        ok = nst_writer_close(w, NULL, &err) == 0 && ok;
    }
    mix_free(m);
    if (!ok)
        fprintf(stderr, "mix_capture: %s: %s\n", argv[1], err.text);
    return !ok;
}
