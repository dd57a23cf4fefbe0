/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* nstrail: answers questions about captures, with nothing but the files. */
#include "config.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <pcap/pcap.h>
#include <sqlite3.h>

#include "analyze/message.h"
#include "analyze/options.h"
#include "format/distance.h"

/* In the order that --help lists them. */
static const struct command *const commands[] = {
    &cmd_info,
    &cmd_netns,
    &cmd_print,
    &cmd_import,
    &cmd_query,
    &cmd_export,
    NULL,
};

static void print_help(FILE *out)
{
    fputs("Usage: nstrail COMMAND [OPTION]... FILE...\n"
          "Answers questions about the packets that nstrail-capture recorded.\n\n"
          "Commands:\n",
          out);
    for (const struct command *const *c = commands; *c; c++)
        fprintf(out, "  %-8s %s\n", (*c)->name, (*c)->summary);
    fputs("\nnstrail COMMAND --help lists a command's options, nstrail(1) tells more.\n", out);
}

static void print_version(void)
{
    printf("nstrail %s\n%s\nSQLite version %s\n", NSTRAIL_VERSION, pcap_lib_version(),
           sqlite3_libversion());
}

static const struct command *find(const char *name)
{
    for (const struct command *const *c = commands; *c; c++)
        if (!strcmp(name, (*c)->name))
            return *c;
    return NULL;
}

static bool is_one_of(const char *word, const char *const *words)
{
    while (*words && strcmp(word, *words))
        words++;
    return *words;
}

/* NULL: none is written almost so. */
static const char *find_nearest(const char *word)
{
    struct nst_nearest nearest;

    nst_nearest_begin(&nearest, word, strlen(word));
    for (const struct command *const *c = commands; *c; c++)
        nst_nearest_see(&nearest, (*c)->name);
    return nearest.name;
}

static int no_command(const char *word)
{
    const char *nearest = find_nearest(word);

    if (*word == '-')
        return message_error(NULL, "%s: a command comes first, such as print; see nstrail --help",
                             word);
    if (access(word, F_OK) == 0)
        return message_error(NULL, "%s: no such command; is it a file for nstrail print?", word);
    if (nearest)
        return message_error(NULL, "%s: no such command; did you mean %s?", word, nearest);
    return message_error(NULL, "%s: no such command; see nstrail --help", word);
}

/* "help", or "help COMMAND". */
static int help(int argc, char **argv)
{
    char *arguments[] = {argv[argc - 1], (char *)"--help", NULL};
    const struct command *command;

    if (argc == 1) {
        print_help(stdout);
        return STATUS_OK;
    }
    command = find(argv[argc - 1]);
    return command ? command->run(command, 2, arguments) : no_command(argv[argc - 1]);
}

static int run(int argc, char **argv)
{
    static const char *const help_words[] = {"help", "--help", "-h", NULL};
    static const char *const version_words[] = {"version", "--version", "-V", NULL};
    const struct command *command;

    if (argc < 2) {
        print_help(stderr);
        return STATUS_FAILED;
    }
    if (is_one_of(argv[1], help_words))
        return help(argc - 1, argv + 1);
    if (is_one_of(argv[1], version_words)) {
        print_version();
        return STATUS_OK;
    }
    command = find(argv[1]);
    return command ? command->run(command, argc - 1, argv + 1) : no_command(argv[1]);
}

/* A file opened later must not become standard output because the caller had closed that. The
 * stand-ins fail when they are used. */
static void occupy_standard_files(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)!open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

/* Blocks of several megabytes come and go by the hundred. What was freed stays ours: else the
 * kernel takes its pages away and clears new ones, which costs as much as decoding them. */
static void keep_freed_memory(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 32 * 1024 * 1024);
    mallopt(M_TRIM_THRESHOLD, 256 * 1024 * 1024);
#endif
}

int main(int argc, char **argv)
{
    keep_freed_memory();
    occupy_standard_files();
    message_begin();
    return message_close_stdout(run(argc, argv));
}
