/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* nstrail print: events as people and programs read them. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/event_json.h"
#include "analyze/event_text.h"
#include "analyze/input.h"
#include "analyze/message.h"
#include "analyze/options.h"

#define OUTPUT_BUFFER_BYTES (256u * 1024)

enum {
    OPTION_JSON = 256,
    OPTION_FORMAT,
    OPTION_UTC,
    OPTION_NAMES,
};

static const struct option_spec print_options[] = {
    {OPTION_JSON, "json", NULL, "one JSON object a line, as Retis stores events"},
    {OPTION_FORMAT, "format", "FORMAT", "multi-line (the default) or single-line"},
    {'t', "time", "STYLE",
     "when events were: a or ad (local time, with the date), u or ud (UTC), e (seconds since\n"
     "          1970), r (since the first event), d (since the one before); else the monotonic "
     "clock"},
    {OPTION_UTC, "utc", NULL, "the same as -t ud"},
    {'c', "count", "N", "stop after N events"},
    {OPTION_NAMES, "names", NULL, "add who the namespace was, and whose the addresses"},
    {'e', NULL, NULL, "print Ethernet headers too"},
    {'x', NULL, NULL, "print the packets' bytes in hexadecimal; -xx: with the link-layer header"},
    {'X', NULL, NULL, "the same in hexadecimal and ASCII; -XX: with the link-layer header"},
    {0},
};

struct print {
    bool json;
    uint64_t left; /* events to be printed at most */
    struct event_json to_json;
    struct event_text to_text;
};

static int refuse(const char *option, const char *wanted, const char *value)
{
    message_error(NULL, "print: %s is %s, not %s", option, wanted, value);
    return OPTIONS_BAD;
}

static int read_format(struct event_text_style *style, const char *value)
{
    style->single_line = !strcmp(value, "single-line");
    if (!style->single_line && strcmp(value, "multi-line"))
        return refuse("--format", "multi-line or single-line", value);
    return 0;
}

static int read_count(uint64_t *count, const char *value)
{
    char *end;

    errno = 0;
    *count = strtoull(value, &end, 10);
    if (errno || *end || value[strspn(value, "0123456789")] || !*count)
        return refuse("-c", "a number of events, from 1 on", value);
    return 0;
}

/* 0, or OPTIONS_BAD: said why. */
static int read_option(struct print *print, int letter, const char *value)
{
    struct event_text *text = &print->to_text;

    switch (letter) {
    case OPTION_JSON:
        print->json = true;
        return 0;
    case 'c':
        return read_count(&print->left, value);
    case OPTION_FORMAT:
        return read_format(&text->style, value);
    case OPTION_UTC:
        text->clock.style = CLOCK_STYLE_UTC_DATE;
        return 0;
    case 't':
        return clock_style_named(value, &text->clock.style)
                   ? 0
                   : refuse("-t", "one of a, ad, d, dd, e, r, u and ud, as tshark has them", value);
    case OPTION_NAMES:
        text->style.names = print->to_json.names = true;
        return 0;
    case 'e':
        text->style.link_layer = true;
        return 0;
    case 'x':
        text->style.hex++;
        return 0;
    case 'X':
        text->style.ascii++;
        return 0;
    }
    return OPTIONS_BAD;
}

/* What was asked for beside --json. */
static int refuse_text(const struct event_text *text)
{
    if (text->style.hex || text->style.ascii)
        message_error(NULL, "print: -x and -X are for text; --json always has the packets' bytes");
    else
        message_error(NULL, "print: --json leaves no room for options that change the text");
    return OPTIONS_BAD;
}

static int read_options(struct print *print, struct options *o)
{
    bool is_text = false;
    int letter;

    print->left = UINT64_MAX;
    while ((letter = options_next(o)) >= 0) {
        is_text |= letter != OPTION_JSON && letter != 'c' && letter != OPTION_NAMES;
        if (read_option(print, letter, o->value) < 0)
            return OPTIONS_BAD;
    }
    return letter == OPTIONS_END && print->json && is_text ? refuse_text(&print->to_text) : letter;
}

/* One file of a capture speaks for it: the first that was written. */
static bool is_first_of_capture(const struct input *in, unsigned file)
{
    const struct input_file *this = input_file(in, file);

    for (unsigned i = 0; i < input_files_count(in); i++) {
        const struct input_file *other = input_file(in, i);

        if (i != file && input_same_capture(other, this) &&
            (other->info->sequence < this->info->sequence ||
             (other->info->sequence == this->info->sequence && i < file)))
            return false;
    }
    return true;
}

static void print_startups(struct print *print, const struct input *in)
{
    unsigned captures = 0;

    for (unsigned i = 0; i < input_files_count(in); i++)
        captures += is_first_of_capture(in, i);
    print->to_json.hosts = print->to_text.style.hosts = captures > 1;
    print->to_text.clock.several = captures > 1;
    for (unsigned i = 0; i < input_files_count(in); i++) {
        if (!is_first_of_capture(in, i))
            continue;
        if (print->json)
            event_json_startup(&print->to_json, input_file(in, i));
        else
            event_text_startup(&print->to_text, input_file(in, i));
    }
}

static void print_events(struct print *print, struct input *in)
{
    struct input_event event;

    for (; print->left && !ferror(stdout) && input_next(in, &event) > 0; print->left--)
        if (print->json)
            event_json_print(&print->to_json, &event);
        else
            event_text_print(&print->to_text, &event);
}

static int print_files(struct print *print, const struct options *o, struct filter *filter)
{
    struct input *in;

    if (input_open(&in, o->operands, o->operands_count, filter, NST_LOAD_PACKETS) != STATUS_OK)
        return STATUS_FAILED;
    print->to_json.out = print->to_text.out = stdout;
    print->to_json.in = print->to_text.in = in;
    print->to_text.clock.first_ns = input_first_time(in);
    setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER_BYTES);
    /* One thread prints: locking at every character would cost more than the characters. */
    __fsetlocking(stdout, FSETLOCKING_BYCALLER);
    print_startups(print, in);
    print_events(print, in);
    return input_close(in);
}

static int run(const struct command *command, int argc, char **argv)
{
    struct print *print = calloc(1, sizeof(*print));
    struct filter *filter = filter_new();
    struct options o;
    int status = STATUS_FAILED;

    if (print && filter) {
        options_begin(&o, command, argc, argv, filter);
        switch (read_options(print, &o)) {
        case OPTIONS_END:
            status = print_files(print, &o, filter);
            break;
        case OPTIONS_HELP:
            status = STATUS_OK;
            break;
        }
    }
    filter_free(filter);
    free(print);
    return status;
}

const struct command cmd_print = {
    .name = "print",
    .operands = "FILE...",
    .summary = "Prints events",
    .options = print_options,
    .run = run,
};
