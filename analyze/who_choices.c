/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/who_choices.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "analyze/escape.h"
#include "analyze/intern.h"
#include "analyze/inventory_label.h"
#include "analyze/message.h"
#include "analyze/who_spans.h"
#include "format/container_fit.h"
#include "format/distance.h"

/* As much of a container's id is no mere chance. */
#define ID_LEAST 4

void who_choices_known(const struct inventory *inv, struct netns_list *seen)
{
    const struct names *names = &inv->names;
    size_t count;
    const struct nst_known_netns *known = inventory_netns(inv, &count);

    for (size_t i = 0; i < names->count; i++)
        netns_list_add(seen, &names->list[i].netns);
    for (size_t i = 0; i < count; i++)
        netns_list_add(seen, &known[i].netns);
}

/* An entry of a list: what it is, and its namespace. */
static void print_netns(const struct inventory *inv, const char *what,
                        const struct nst_netns *netns)
{
    fputs("  ", stderr);
    if (what) {
        escape_text(stderr, what);
        putc(' ', stderr);
    }
    if (netns->cookie)
        fprintf(stderr, "0x%" PRIx64 "/", netns->cookie);
    fprintf(stderr, "%" PRIu32, netns->inum);
    if (!what) {
        const char *label = inventory_latest_label(inv, netns);

        if (label)
            putc(' ', stderr);
        escape_text(stderr, label ? label : "");
    }
    putc('\n', stderr);
}

static void list_netns(const char *path, const struct inventory *inv, const struct netns_list *seen)
{
    message_warn(path, seen->count ? "the namespaces in it are" : "no namespace is in it");
    for (size_t i = 0; i < seen->count; i++)
        print_netns(inv, NULL, &seen->list[i]);
    if (seen->more)
        fputs("  and more: see nstrail netns\n", stderr);
}

/* What a container or pod is asked for by; "" where it has none. */
static void container_who(const struct nst_container *c, enum nst_who_form form, char *to,
                          size_t size)
{
    *to = '\0';
    if (form == NST_WHO_CONTAINER)
        snprintf(to, size, "container:%s",
                 c->name            ? c->name
                 : c->pod_container ? c->pod_container
                                    : c->id);
    else if (c->pod_name && c->pod_namespace)
        snprintf(to, size, "pod:%s/%s", c->pod_namespace, c->pod_name);
}

/* The same container has a row for each time that something of it changed: it is listed once.
 * False: it was, or there is no memory to know. */
static bool is_new(struct intern *said, const char *text)
{
    return !intern_find(said, text, strlen(text)) && intern_add(said, text, strlen(text), 1);
}

/* Lists the containers or pods of a file. If prefix is not NULL, only containers whose id begins
 * so, and by their ids. */
static void list_containers(const char *path, const struct inventory *inv, enum nst_who_form form,
                            const char *prefix)
{
    size_t count, said = 0;
    const struct nst_container *list = inventory_containers(inv, &count);
    const char *what = form == NST_WHO_POD ? "pods" : "containers";
    char text[2 * NST_MAX_NAME];
    struct intern texts = {0};

    for (size_t i = 0; i < count && said < NETNS_LIST_MAX; i++) {
        if (prefix) {
            if (nst_container_fits(prefix, &list[i]) == NST_FITS_NOT)
                continue;
            snprintf(text, sizeof(text), "container:%s", list[i].id);
        } else {
            container_who(&list[i], form, text, sizeof(text));
        }
        if (!*text || !is_new(&texts, text))
            continue;
        if (!said++)
            message_warn(path, "the %s %s are", what, prefix ? "that begin so" : "in it");
        print_netns(inv, text, &list[i].netns);
    }
    if (!said)
        message_warn(path, "no %s in it are known", what);
    else if (said == NETNS_LIST_MAX)
        fputs("  and perhaps more: see nstrail netns\n", stderr);
    intern_clear(&texts);
}

/* The kernel's own threads have no program, and nor has what the recorder could not look into. */
static bool programs_are_known(const struct nst_process *list, size_t count)
{
    while (count--)
        if (list[count].exe)
            return true;
    return false;
}

/* Where it is known what runs a program, those: the kernel's own threads are many, and nobody asks
 * for them. */
static void list_processes(const char *path, const struct inventory *inv)
{
    size_t count, said = 0;
    const struct nst_process *list = inventory_processes(inv, &count);
    bool known = programs_are_known(list, count), more = false;
    char text[NST_MAX_NAME + 32];

    message_warn(path, count ? "the processes in it are" : "no processes in it are known");
    for (size_t i = 0; i < count && !more; i++) {
        if (known && !list[i].exe)
            continue;
        more = said++ == NETNS_LIST_MAX;
        if (more)
            continue;
        snprintf(text, sizeof(text), "pid:%" PRIu32 " %.*s", list[i].pid, (int)NST_MAX_NAME,
                 list[i].comm ? list[i].comm : "");
        print_netns(inv, text, &list[i].netns);
    }
    if (more)
        fputs("  and more: see nstrail netns --json\n", stderr);
}

/* What was meant, perhaps: so far the nearest to the word that was given. */
struct meant {
    const char *given; /* without what says the form */
    char text[2 * NST_MAX_NAME + 8];
    unsigned distance;
};

static void see_name(struct meant *m, const char *name, const char *prefix, const char *who)
{
    unsigned distance = name ? nst_distance(m->given, name) : UINT_MAX;

    if (distance >= m->distance || !nst_is_near(m->given, distance))
        return;
    m->distance = distance;
    snprintf(m->text, sizeof(m->text), "%s%s", prefix, who);
}

/* The name, or "name:" and it where it would mean something else. */
static void see_netns_name(struct meant *m, const struct nst_netns_name *n)
{
    struct nst_who who;
    bool is_plain = n->place != NST_PLACE_NETNS ||
                    (!nst_who_parse(n->name, &who) && who.form == NST_WHO_NAME && !who.exclude);

    see_name(m, n->name, is_plain ? "" : "name:", n->name);
}

/* Who writes a pod's namespace wrongly may have its name right. */
static void see_pod(struct meant *m, const struct nst_container *c)
{
    const char *slash = strchr(m->given, '/');
    char pod[sizeof(m->text)];

    container_who(c, NST_WHO_POD, pod, sizeof(pod));
    if (!*pod)
        return;
    see_name(m, pod + strlen("pod:"), "", pod);
    if (!slash)
        see_name(m, c->pod_name, "", pod);
    else if (m->distance && !strcmp(slash + 1, c->pod_name))
        snprintf(m->text, sizeof(m->text), "%s", pod);
}

static void see_container(struct meant *m, const struct nst_container *c)
{
    enum nst_fit fit = nst_container_fits(m->given, c);

    if (fit == NST_FITS_EXACTLY || (fit == NST_FITS_PREFIX && strlen(m->given) >= ID_LEAST))
        see_name(m, m->given, "container:", m->given);
    if (c->name)
        see_name(m, c->name, "container:", c->name);
    if (c->pod_container)
        see_name(m, c->pod_container, "container:", c->pod_container);
}

/* People write a container's or a pod's name alone, as they see it in a table, or misspell it. */
static void say_meant(const char *path, const struct inventory *inv, const struct nst_who *who)
{
    struct meant m = {.given = who->text, .distance = UINT_MAX};
    const struct nst_container *containers;
    size_t count;

    for (size_t i = 0; i < inv->names.count; i++)
        see_netns_name(&m, &inv->names.list[i]);
    containers = inventory_containers(inv, &count);
    for (size_t i = 0; i < count; i++) {
        see_container(&m, &containers[i]);
        see_pod(&m, &containers[i]);
    }
    if (*m.text)
        message_warn(path, "did you mean %s%s?", who->exclude ? "!" : "", m.text);
}

bool who_choices_are_netns(enum nst_who_form form)
{
    return form != NST_WHO_CONTAINER && form != NST_WHO_POD && form != NST_WHO_PID;
}

void who_choices_list(const char *path, const struct inventory *inv, const struct netns_list *seen,
                      const struct nst_who *who)
{
    if (who->form != NST_WHO_INUM && who->form != NST_WHO_COOKIE && who->form != NST_WHO_PID)
        say_meant(path, inv, who);
    if (who_choices_are_netns(who->form))
        list_netns(path, inv, seen);
    else if (who->form == NST_WHO_PID)
        list_processes(path, inv);
    else
        list_containers(path, inv, who->form, NULL);
}

void who_choices_ambiguous(const char *path, const struct inventory *inv, const char *prefix)
{
    list_containers(path, inv, NST_WHO_CONTAINER, prefix);
}
