/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/ahead.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

/* More would only hide that one side is slower, at the price of memory. */
#define THINGS_MAX 2

struct ahead {
    void *(*make)(void *context);
    void (*discard)(void *thing);
    void *context;
    size_t left; /* to be made */

    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Under the lock: */
    void *things[THINGS_MAX];
    size_t made, taken; /* so far: the difference is in things */
    bool stop;
};

/* False: nobody wants more. */
static bool wait_for_room(struct ahead *a)
{
    bool stop;

    pthread_mutex_lock(&a->lock);
    while (!a->stop && a->made - a->taken == THINGS_MAX)
        pthread_cond_wait(&a->changed, &a->lock);
    stop = a->stop;
    pthread_mutex_unlock(&a->lock);
    return !stop;
}

static void *run(void *context)
{
    struct ahead *a = context;

    for (; a->left && wait_for_room(a); a->left--) {
        void *thing = a->make(a->context);

        pthread_mutex_lock(&a->lock);
        a->things[a->made++ % THINGS_MAX] = thing;
        pthread_cond_signal(&a->changed);
        pthread_mutex_unlock(&a->lock);
    }
    return NULL;
}

static void ahead_free(struct ahead *a)
{
    pthread_cond_destroy(&a->changed);
    pthread_mutex_destroy(&a->lock);
    free(a);
}

struct ahead *ahead_start(void *(*make)(void *context), void (*discard)(void *thing), void *context,
                          size_t count)
{
    struct ahead *a = calloc(1, sizeof(*a));
    sigset_t all, before;
    int error;

    if (!a)
        return NULL;
    a->make = make;
    a->discard = discard;
    a->context = context;
    a->left = count;
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->changed, NULL);
    /* Signals are for the main thread. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&a->thread, NULL, run, a);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!error)
        return a;
    ahead_free(a);
    return NULL;
}

void *ahead_take(struct ahead *a)
{
    void *thing;

    pthread_mutex_lock(&a->lock);
    while (a->made == a->taken)
        pthread_cond_wait(&a->changed, &a->lock);
    thing = a->things[a->taken++ % THINGS_MAX];
    pthread_cond_signal(&a->changed);
    pthread_mutex_unlock(&a->lock);
    return thing;
}

void ahead_stop(struct ahead *a)
{
    if (!a)
        return;
    pthread_mutex_lock(&a->lock);
    a->stop = true;
    pthread_cond_signal(&a->changed);
    pthread_mutex_unlock(&a->lock);
    pthread_join(a->thread, NULL);
    while (a->taken < a->made)
        a->discard(a->things[a->taken++ % THINGS_MAX]);
    ahead_free(a);
}
