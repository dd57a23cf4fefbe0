/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/prefetch.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

/* More would only hide that one side is slower, at the price of memory. */
#define THINGS_MAX 2

struct prefetch {
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
static bool wait_for_room(struct prefetch *p)
{
    bool stop;

    pthread_mutex_lock(&p->lock);
    while (!p->stop && p->made - p->taken == THINGS_MAX)
        pthread_cond_wait(&p->changed, &p->lock);
    stop = p->stop;
    pthread_mutex_unlock(&p->lock);
    return !stop;
}

static void *run(void *context)
{
    struct prefetch *p = context;

    for (; p->left && wait_for_room(p); p->left--) {
        void *thing = p->make(p->context);

        pthread_mutex_lock(&p->lock);
        p->things[p->made++ % THINGS_MAX] = thing;
        pthread_cond_signal(&p->changed);
        pthread_mutex_unlock(&p->lock);
    }
    return NULL;
}

static void prefetch_free(struct prefetch *p)
{
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

struct prefetch *prefetch_start(void *(*make)(void *context), void (*discard)(void *thing),
                                void *context, size_t count)
{
    struct prefetch *p = calloc(1, sizeof(*p));
    sigset_t all, before;
    int error;

    if (!p)
        return NULL;
    p->make = make;
    p->discard = discard;
    p->context = context;
    p->left = count;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->changed, NULL);
    /* Signals are for the main thread. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&p->thread, NULL, run, p);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!error)
        return p;
    prefetch_free(p);
    return NULL;
}

void *prefetch_take(struct prefetch *p)
{
    void *thing;

    pthread_mutex_lock(&p->lock);
    while (p->made == p->taken)
        pthread_cond_wait(&p->changed, &p->lock);
    thing = p->things[p->taken++ % THINGS_MAX];
    pthread_cond_signal(&p->changed);
    pthread_mutex_unlock(&p->lock);
    return thing;
}

void prefetch_stop(struct prefetch *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_signal(&p->changed);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    while (p->taken < p->made)
        p->discard(p->things[p->taken++ % THINGS_MAX]);
    prefetch_free(p);
}
