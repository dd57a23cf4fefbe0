/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/message.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Longer ones are cut. */
#define MESSAGE_MAX 2048

static volatile sig_atomic_t reader_gone;

static void note_failed_write(int signal_number)
{
    if (signal_number == SIGPIPE)
        reader_gone = 1;
}

void message_begin(void)
{
    struct sigaction action = {.sa_handler = note_failed_write, .sa_flags = SA_RESTART};

    /* A handler and not SIG_IGN, which programs that we start would inherit. */
    sigemptyset(&action.sa_mask);
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGXFSZ, &action, NULL);
}

/* Line ends within are kept out too: one message is one line. Answers the end of what it appended.
 */
static char *escape(char *end, const char *text)
{
    for (; *text; text++) {
        unsigned char c = *text;

        if (c < 0x20 || c == 0x7f)
            end += sprintf(end, "\\x%02x", c);
        else
            *end++ = c;
    }
    return end;
}

/* In one piece: other processes of ours have messages too. */
static void print_message(const char *format, va_list args)
{
    static const char name[] = "nstrail-capture: ";
    char text[MESSAGE_MAX], line[sizeof(name) + 4 * MESSAGE_MAX + 1], *end;

    vsnprintf(text, sizeof(text), format, args);
    end = escape(stpcpy(line, name), text);
    *end++ = '\n';
    fwrite(line, 1, end - line, stderr);
}

int message_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print_message(format, args);
    va_end(args);
    return STATUS_FAILED;
}

void message_note(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print_message(format, args);
    va_end(args);
}

int message_close_stdout(int status)
{
    /* An earlier failure left its mark in ferror(), but not its reason. */
    bool failed = ferror(stdout);
    const char *reason = "write error";

    errno = 0;
    if (fflush(stdout) || fclose(stdout)) {
        failed = true;
        if (errno)
            reason = strerror(errno);
    }
    if (!failed || reader_gone)
        return status;
    return message_error("standard output: %s", reason);
}

static int print_all(enum libbpf_print_level level, const char *format, va_list args)
{
    (void)level;
    return vfprintf(stderr, format, args);
}

void message_libbpf(int verbose)
{
    libbpf_set_print(verbose ? print_all : NULL);
}
