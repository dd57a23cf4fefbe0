/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Commands and their options as tables; the parser, --help and the usage lines follow them. */
#ifndef NST_ANALYZE_OPTIONS_H
#define NST_ANALYZE_OPTIONS_H

struct filter;

struct option_spec {
    int letter;           /* 'w', or a number where there is only a long name: a command's own from
                             256, those of the filter from FILTER_OPTION_FIRST */
    const char *name;     /* "write"; NULL: only the letter */
    const char *argument; /* "FILE"; "[REASON]": optional, as --drop=REASON; NULL: none */
    const char *help;
};

struct command {
    const char *name;
    const char *operands; /* "FILE...", "DB ['SQL']": for the usage line; checked by it, too */
    const char *summary;  /* without a full stop */
    const struct option_spec *options; /* its own, ended by an entry of zeros; may be NULL */
    int (*run)(const struct command *command, int argc, char **argv); /* enum status */
};

/* The commands, each in its own cmd_NAME.c. */
extern const struct command cmd_info, cmd_netns, cmd_print, cmd_import, cmd_query, cmd_export;

struct options {
    const char *value; /* argument of the option that options_next() answered; may be NULL */
    char **operands;   /* after options_next() answered OPTIONS_END */
    int operands_count;
    struct options_state *state;
};

#define OPTIONS_END  (-1)
#define OPTIONS_HELP (-2) /* --help was asked for and printed: return STATUS_OK */
#define OPTIONS_BAD  (-3) /* misused, and said so: return STATUS_FAILED */

/* filter: takes the filter options that all commands which read a capture share (--netns...);
 * NULL for a command that reads none. */
void options_begin(struct options *o, const struct command *command, int argc, char **argv,
                   struct filter *filter);
/* The letter of the next option of the command's own, or one of OPTIONS_*. Operands and
 * options may be mixed. After anything below 0 the state is freed. */
int options_next(struct options *o);

#endif
