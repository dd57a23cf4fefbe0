/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* nstrail info: the command line. Decodes no packets. */
#include "config.h"

#include "analyze/filter.h"
#include "analyze/info.h"
#include "analyze/message.h"
#include "analyze/options.h"

enum {
    OPTION_JSON = 256,
};

static const struct option_spec info_options[] = {
    {OPTION_JSON, "json", NULL, "one JSON object, its keys as nstrail(1) lists them"},
    {0},
};

static int print_info(const struct options *o, struct filter *filter, bool json)
{
    struct info info = {.filtered = filter_is_set(filter)};
    bool gathered;
    struct input *in;
    int status;

    if (input_open(&in, o->operands, o->operands_count, filter, NST_LOAD_META | INPUT_HISTORY) !=
        STATUS_OK)
        return STATUS_FAILED;
    gathered = info_gather(&info, in);
    if (!gathered)
        message_error(NULL, "no memory for the report");
    else if (json)
        info_print_json(stdout, &info);
    else
        info_print_text(stdout, &info);
    info_free(&info);
    status = input_close(in);
    return gathered ? status : STATUS_FAILED;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct filter *filter = filter_new();
    struct options o;
    bool json = false;
    int letter, status = STATUS_FAILED;

    if (!filter)
        return STATUS_FAILED;
    options_begin(&o, command, argc, argv, filter);
    while ((letter = options_next(&o)) >= 0)
        json |= letter == OPTION_JSON;
    if (letter == OPTIONS_END)
        status = print_info(&o, filter, json);
    else if (letter == OPTIONS_HELP)
        status = STATUS_OK;
    filter_free(filter);
    return status;
}

const struct command cmd_info = {
    .name = "info",
    .operands = "FILE...",
    .summary = "Says what captures hold",
    .options = info_options,
    .run = run,
};
