/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/options.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/filter.h"
#include "analyze/message.h"
#include "format/distance.h"

#define TABLES_MAX 4

/* Of one command, with those for filtering. */
#define OPTIONS_MAX 64

/* A number that no table uses. */
#define HELP_LETTER 1

struct options_state {
    const struct command *command;
    struct filter *filter;
    const struct option_spec *tables[TABLES_MAX];
    int argc;
    char **argv;
    char **reads; /* what -r named: never more than there are words */
    int reads_count;
    struct option longs[OPTIONS_MAX + 1];
    char shorts[OPTIONS_MAX * 3 + 2]; /* ":x::"... */
};

/* Of all commands that read a capture. */
static const struct option_spec reading_options[] = {
    {'r', "read-file", "FILE", "one more file to read, as tcpdump and tshark name it"},
    {'n', NULL, NULL, "nothing: addresses are never looked up"},
    {0},
};

static const struct option_spec common_options[] = {
    {HELP_LETTER, "help", NULL, "say this"},
    {0},
};

static bool is_short(const struct option_spec *spec)
{
    return spec->letter > ' ' && spec->letter < 0x7f;
}

static int argument_kind(const struct option_spec *spec)
{
    if (!spec->argument)
        return no_argument;
    return spec->argument[0] == '[' ? optional_argument : required_argument;
}

/* "[REASON]" is how the tables mark what may be missing: help shows it as "[=REASON]". */
static void print_argument(const struct option_spec *spec, bool is_long)
{
    switch (argument_kind(spec)) {
    case required_argument:
        printf("%c%s", is_long ? '=' : ' ', spec->argument);
        break;
    case optional_argument:
        printf(is_long ? "[=%s" : "[%s", spec->argument + 1);
        break;
    }
}

static void print_table(const struct option_spec *spec)
{
    for (; spec->letter; spec++) {
        fputs(is_short(spec) ? "  " : "      ", stdout);
        if (is_short(spec)) {
            printf("-%c", spec->letter);
            if (spec->name)
                fputs(", ", stdout);
            else
                print_argument(spec, false);
        }
        if (spec->name) {
            printf("--%s", spec->name);
            print_argument(spec, true);
        }
        printf("\n          %s\n", spec->help);
    }
}

static void options_help(const struct command *command, bool reads_capture)
{
    printf("Usage: nstrail %s [OPTION]... %s\n%s.\n\nOptions:\n", command->name, command->operands,
           command->summary);
    if (command->options)
        print_table(command->options);
    if (reads_capture)
        print_table(reading_options);
    print_table(common_options);
    if (reads_capture) {
        fputs("\nWhich events; options of one kind are alternatives, kinds must all hold:\n",
              stdout);
        print_table(filter_options);
    }
    fputs("\nnstrail(1) tells more.\n", stdout);
}

/* getopt_long()'s own two tables, from ours. False: more options than there is room for. */
static bool fill_getopt(struct options_state *state)
{
    static const char *const colons[] = {"", ":", "::"};
    struct option *next_long = state->longs;
    char *next_short = state->shorts;
    size_t count = 0;

    /* Tell a missing argument from an unknown option. */
    *next_short++ = ':';
    for (size_t i = 0; i < TABLES_MAX; i++) {
        for (const struct option_spec *spec = state->tables[i]; spec && spec->letter; spec++) {
            if (count++ == OPTIONS_MAX)
                return false;
            if (is_short(spec))
                next_short +=
                    sprintf(next_short, "%c%s", spec->letter, colons[argument_kind(spec)]);
            if (spec->name)
                *next_long++ = (struct option){
                    .name = spec->name, .has_arg = argument_kind(spec), .val = spec->letter};
        }
    }
    return true;
}

static int finish(struct options *o, int answer)
{
    free(o->state->reads);
    free(o->state);
    o->state = NULL;
    return answer;
}

void options_begin(struct options *o, const struct command *command, int argc, char **argv,
                   struct filter *filter)
{
    struct options_state *state = calloc(1, sizeof(*state));

    *o = (struct options){.state = state};
    if (!state)
        return;
    state->command = command;
    state->filter = filter;
    state->argc = argc;
    state->argv = argv;
    state->reads = calloc((size_t)argc + 1, sizeof(char *));
    state->tables[0] = command->options;
    state->tables[1] = filter ? filter_options : NULL;
    state->tables[2] = filter ? reading_options : NULL;
    state->tables[3] = common_options;
    /* 0 has glibc's getopt begin anew, with its hidden state too. */
    optind = 0;
    opterr = 0;
    if (!state->reads || !fill_getopt(state))
        finish(o, OPTIONS_BAD);
}

static int misused(struct options *o, const char *what, const char *which)
{
    message_error(NULL, "%s: %s%s; see nstrail %s --help", o->state->command->name, what, which,
                  o->state->command->name);
    return finish(o, OPTIONS_BAD);
}

/* What "--nams=x" was to be: of the command's long options, or NULL. */
static const char *nearest_option(const struct options_state *state, const char *word)
{
    struct nst_nearest nearest;

    nst_nearest_begin(&nearest, word + 2, strcspn(word + 2, "="));
    for (size_t i = 0; i < TABLES_MAX; i++)
        for (const struct option_spec *spec = state->tables[i]; spec && spec->letter; spec++)
            if (spec->name)
                nst_nearest_see(&nearest, spec->name);
    return nearest.name;
}

/* What getopt_long() answered '?' or ':' for. */
static int bad_option(struct options *o, int answer)
{
    const char *nearest;
    const char *word = o->state->argv[optind - 1];
    char letter[] = {'-', (char)optopt, '\0'};
    bool is_long = !strncmp(word, "--", 2);

    if (answer == ':')
        return misused(o, "an argument is missing after ", is_long ? word : letter);
    if (!is_long)
        return misused(o, "unknown option ", letter);
    if (optopt)
        return misused(o, "no argument belongs to ", word);
    nearest = nearest_option(o->state, word);
    if (!nearest)
        return misused(o, "unknown or ambiguous option ", word);
    message_error(NULL, "%s: unknown or ambiguous option %s; did you mean --%s?",
                  o->state->command->name, word, nearest);
    return finish(o, OPTIONS_BAD);
}

/* A command's operands say how many it wants: "DB ['SQL']" is one or two, "FILE..." one or
 * more. */
static int check_operands(struct options *o)
{
    const char *words = o->state->command->operands;
    int least = 0, most = 0;

    for (const char *word = words; *word; word += strspn(word, " ")) {
        if (*word != '[')
            least++;
        most++;
        word += strcspn(word, " ");
    }
    /* Each -r was a word at least, and those words are done with. */
    optind -= o->state->reads_count;
    for (int i = 0; i < o->state->reads_count; i++)
        o->state->argv[optind + i] = o->state->reads[i];
    o->operands = o->state->argv + optind;
    o->operands_count = o->state->argc - optind;
    if (o->operands_count < least)
        return misused(o, "expects ", words);
    if (o->operands_count > most && !strstr(words, "..."))
        return misused(o, "one word too many: ", o->operands[most]);
    return finish(o, OPTIONS_END);
}

static bool in_table(const struct option_spec *spec, int letter)
{
    for (; spec->letter; spec++)
        if (spec->letter == letter)
            return true;
    return false;
}

int options_next(struct options *o)
{
    struct options_state *state = o->state;
    int letter;

    if (!state) {
        message_error(NULL, "no memory for the options");
        return OPTIONS_BAD;
    }
    for (;;) {
        letter = getopt_long(state->argc, state->argv, state->shorts, state->longs, NULL);
        o->value = optarg;
        switch (letter) {
        case -1:
            return check_operands(o);
        case '?':
        case ':':
            return bad_option(o, letter);
        case HELP_LETTER:
            options_help(state->command, state->filter);
            return finish(o, OPTIONS_HELP);
        }
        if (state->filter && letter == 'n')
            continue;
        if (state->filter && letter == 'r') {
            state->reads[state->reads_count++] = optarg;
            continue;
        }
        if (!state->filter || !in_table(filter_options, letter))
            return letter;
        if (filter_option(state->filter, letter, optarg) != STATUS_OK)
            return finish(o, OPTIONS_BAD);
    }
}
