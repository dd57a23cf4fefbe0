/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "capture/message.h"
#include "capture/options.h"
#include "capture/probing.h"
#include "capture/session.h"

/* Whether all that was printed arrived. */
static int finish_stdout(void)
{
    if (ferror(stdout) || fflush(stdout))
        return message_error("standard output: %s", strerror(errno));
    return STATUS_OK;
}

static int run(const struct options *options, int argc, char **argv)
{
    if (options->help) {
        options_help();
        return finish_stdout();
    }
    if (options->version) {
        puts("nstrail-capture " NSTRAIL_VERSION);
        return finish_stdout();
    }
    message_libbpf(options->verbose);
    if (options->list_probes) {
        int status = probing_list(options->filter.count ? options->filter.list[0] : NULL);

        return status == STATUS_OK ? finish_stdout() : status;
    }
    return session_run(options, argc, argv);
}

int main(int argc, char **argv)
{
    struct options options;
    struct nst_error err = {0};
    int status;

    if (options_parse(&options, argc, argv, &err))
        status = message_error("%s; see nstrail-capture --help", err.text);
    else
        status = run(&options, argc, argv);
    options_free(&options);
    return status;
}
