/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/message.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "analyze/escape.h"

/* Longer ones are cut: a file's content must not flood the terminal. */
#define MESSAGE_MAX 2048

static volatile sig_atomic_t reader_gone;
static volatile sig_atomic_t line_open;

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

void message_line_open(bool open)
{
    line_open = open;
}

static void message_print(const char *file, const char *format, va_list args)
{
    char text[MESSAGE_MAX];

    vsnprintf(text, sizeof(text), format, args);
    if (line_open)
        fputs("\r\033[K", stderr);
    line_open = false;
    fputs("nstrail: ", stderr);
    if (file) {
        escape_text(stderr, file);
        fputs(": ", stderr);
    }
    escape_text(stderr, text);
    putc('\n', stderr);
}

int message_error(const char *file, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    message_print(file, format, args);
    va_end(args);
    return STATUS_FAILED;
}

void message_warn(const char *file, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    message_print(file, format, args);
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
    return message_error("standard output", "%s", reason);
}
