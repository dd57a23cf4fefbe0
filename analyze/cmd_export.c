/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* nstrail export: the command line. */
#include "config.h"

#include <stddef.h>

#include "analyze/export.h"
#include "analyze/message.h"
#include "analyze/options.h"

enum {
    OPTION_ALL_EVENTS = 300,
    OPTION_RAW_IP,
};

static const struct option_spec export_options[] = {
    {'w', "write", "OUT", "the pcapng file to write; -: standard output"},
    {OPTION_ALL_EVENTS, "all-events", NULL,
     "every event, not each packet once a device and direction"},
    {OPTION_RAW_IP, "raw-ip", NULL,
     "packets that begin at L3 as raw IP on interfaces of their own, without an Ethernet header"},
    {0},
};

static int parse(struct export_options *wanted, const struct command *command, int argc,
                 char **argv)
{
    struct options o;
    int letter;

    options_begin(&o, command, argc, argv, wanted->filter);
    while ((letter = options_next(&o)) >= 0) {
        switch (letter) {
        case 'w':
            wanted->output = o.value;
            break;
        case OPTION_ALL_EVENTS:
            wanted->all_events = true;
            break;
        case OPTION_RAW_IP:
            wanted->raw_ip = true;
            break;
        }
    }
    wanted->paths = o.operands;
    wanted->paths_count = o.operands_count;
    if (letter == OPTIONS_END && !wanted->output) {
        message_error(NULL, "export: -w OUT is missing; see nstrail export --help");
        return OPTIONS_BAD;
    }
    return letter;
}

static int run_export(const struct command *command, int argc, char **argv)
{
    struct export_options wanted = {.filter = filter_new()};
    int status = STATUS_FAILED;

    if (!wanted.filter)
        return status;
    switch (parse(&wanted, command, argc, argv)) {
    case OPTIONS_END:
        status = export_packets(&wanted);
        break;
    case OPTIONS_HELP:
        status = STATUS_OK;
        break;
    }
    filter_free(wanted.filter);
    return status;
}

const struct command cmd_export = {
    .name = "export",
    .operands = "FILE...",
    .summary = "Writes the packets as pcapng, for Wireshark and tcpdump",
    .options = export_options,
    .run = run_export,
};
