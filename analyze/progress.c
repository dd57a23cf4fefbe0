/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "analyze/message.h"

#define REDRAW_NS (100u * 1000 * 1000)
#define SECOND_NS 1000000000u
#define BAR_WIDTH 30

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

void progress_begin(struct progress *progress, uint64_t total)
{
    *progress = (struct progress){
        .shown = isatty(STDERR_FILENO),
        .total = total,
        .begun_ns = now_ns(),
    };
}

static void draw_bar(const struct progress *progress)
{
    uint64_t done = progress->done < progress->total ? progress->done : progress->total;
    double part = (double)done / (double)progress->total;
    char bar[BAR_WIDTH + 1];
    int filled = (int)(part * BAR_WIDTH);

    memset(bar, ' ', BAR_WIDTH);
    memset(bar, '=', (size_t)filled);
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "[%s] %3d%% ", bar, (int)(part * 100));
}

void progress_update(struct progress *progress, uint64_t done, uint64_t events)
{
    uint64_t now;
    double seconds;

    if (!progress->shown)
        return;
    now = now_ns();
    if (now - progress->drawn_ns < REDRAW_NS)
        return;
    progress->drawn_ns = now;
    progress->done = done;
    seconds = (double)(now - progress->begun_ns) / SECOND_NS;
    fputc('\r', stderr);
    if (progress->total)
        draw_bar(progress);
    fprintf(stderr, "%" PRIu64 " event%s, %.0f a second\033[K", events,
            MESSAGE_PLURAL(events),
            seconds > 0 ? (double)events / seconds : 0.0);
    fflush(stderr);
    message_line_open(true);
}

void progress_phase(struct progress *progress, const char *text)
{
    if (!progress->shown)
        return;
    fprintf(stderr, "\r%s\033[K", text);
    fflush(stderr);
    message_line_open(true);
}

void progress_clear(const struct progress *progress)
{
    if (!progress->shown)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    message_line_open(false);
}
