/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include <stdio.h>

#include "capture/message.h"
#include "capture/options.h"
#include "capture/probing.h"
#include "capture/session.h"

static int run(const struct options *options, int argc, char **argv)
{
    if (options->help) {
        options_help();
        return message_close_stdout(STATUS_OK);
    }
    if (options->version) {
        puts("nstrail-capture " NSTRAIL_VERSION);
        return message_close_stdout(STATUS_OK);
    }
    message_libbpf(options->verbose);
    if (options->list_probes)
        return message_close_stdout(
            probing_list(options->filter.count ? options->filter.list[0] : NULL));
    return session_run(options, argc, argv);
}

int main(int argc, char **argv)
{
    struct options options;
    struct nst_error err = {0};
    int status;

    message_begin();
    if (options_parse(&options, argc, argv, &err))
        status = message_error("%s; see nstrail-capture --help", err.text);
    else
        status = run(&options, argc, argv);
    options_free(&options);
    return status;
}
