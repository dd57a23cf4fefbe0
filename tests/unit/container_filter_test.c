/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which containers --netns means, while they come and go. */
#include "config.h"

#include <string.h>

#include "capture/container_filter.h"
#include "tests/unit/tap.h"

#define WHOS_MAX 4

static struct tap tap;
static struct nst_who whos[WHOS_MAX];

static struct container_filter *seek(const char *const *texts)
{
    size_t count = 0;

    while (texts[count] && !nst_who_parse(texts[count], &whos[count]))
        count++;
    return container_filter_new(whos, count);
}

/* A row of a container in the namespace of that inum. */
static void hear(struct container_filter *s, uint32_t inum, const char *id, const char *name,
                 uint64_t first_ts_ns, uint64_t last_ts_ns)
{
    container_filter_note_row(s, &(struct nst_container){.netns.inum = inum,
                                           .id = id,
                                           .name = name,
                                           .pod_name = "cart-7",
                                           .pod_namespace = "shop",
                                           .first_ts_ns = first_ts_ns,
                                           .last_ts_ns = last_ts_ns});
}

static void is_there(struct container_filter *s, uint32_t inum, const char *id, const char *name)
{
    hear(s, inum, id, name, inum, NST_STILL);
}

/* Whether these inums are meant, each by somebody, and no others; 0 ends them. */
static bool means(const struct container_filter *s, const uint32_t *inums)
{
    struct nst_netns netns;
    size_t at = 0, count = 0, found = 0;

    while (inums[count])
        count++;
    while (container_filter_next(s, &at, &netns)) {
        bool wanted = false;

        for (size_t i = 0; i < count; i++)
            wanted |= inums[i] == netns.inum;
        if (!wanted)
            return false;
        found++;
    }
    return found == count;
}

#define SEEK(...)     seek((const char *const[]){__VA_ARGS__, NULL})
#define MEANS(s, ...) means(s, (const uint32_t[]){__VA_ARGS__, 0})

static void test_forms(void)
{
    struct container_filter *s = SEEK("container:web", "pod:shop/cart-7", "web", "4");
    struct nst_who who;

    is_there(s, 1, "c0ffee", "web");
    tap_ok(&tap, MEANS(s, 1, 1), "by its name, and by its pod");
    hear(s, 2, "web", NULL, 1, NST_STILL);
    tap_ok(&tap, MEANS(s, 1, 1, 2, 2), "by its id");
    tap_ok(&tap, !container_filter_is_ambiguous(s, &whos[0], (const char *[2]){0}), "two by all of it");
    container_filter_free(s);

    s = SEEK("pod:shop/cart", "pod:shop/cart-77", "pod:sho/p", "pod:hop/cart-7");
    is_there(s, 1, "c0ffee", "web");
    tap_ok(&tap, MEANS(s, 0), "a pod goes by all of its name");
    container_filter_free(s);

    s = SEEK("container:w*", "pod:shop/cart-*", "pod:*/cart-?");
    is_there(s, 1, "c0ffee", "web");
    tap_ok(&tap, MEANS(s, 1, 1, 1), "by patterns");
    container_filter_free(s);
    tap_ok(&tap,
           nst_who_parse("pod:cart-7", &who) && nst_who_parse("pod:/x", &who) &&
               nst_who_parse("pod:x/", &who) && !nst_who_parse("!pod:x/y", &who) && who.exclude,
           "a pod has a namespace and a name");
}

static void test_prefix(void)
{
    struct container_filter *s = SEEK("container:c0f");
    const char *ids[2] = {0};

    is_there(s, 1, "c0ffee", "web");
    is_there(s, 2, "c0ffee", "web");
    tap_ok(&tap, MEANS(s, 1, 2), "by the beginning of its id");
    tap_ok(&tap, !container_filter_is_ambiguous(s, &whos[0], ids), "one in two namespaces is one");
    is_there(s, 3, "c0fade", "db");
    tap_ok(&tap,
           container_filter_is_ambiguous(s, &whos[0], ids) && !strcmp(ids[0], "c0ffee") &&
               !strcmp(ids[1], "c0fade"),
           "several begin so");
    is_there(s, 4, "bad", "c0f");
    tap_ok(&tap, MEANS(s, 4) && !container_filter_is_ambiguous(s, &whos[0], ids),
           "what has all of it goes before them");
    hear(s, 4, "bad", "c0f", 4, 9);
    tap_ok(&tap, MEANS(s, 0), "also when it is over");
    container_filter_free(s);
}

static void test_times(void)
{
    struct container_filter *s = SEEK("container:web");

    hear(s, 1, "c0ffee", "web", 10, NST_STILL);
    hear(s, 1, "c0ffee", "web", 10, 20);
    tap_ok(&tap, MEANS(s, 0), "one that is over");
    hear(s, 2, "c0ffee", NULL, 20, NST_STILL);
    tap_ok(&tap, MEANS(s, 0), "one whose name is not known yet");
    hear(s, 2, "c0ffee", NULL, 20, 30);
    hear(s, 2, "c0ffee", "web", 30, NST_STILL);
    tap_ok(&tap, MEANS(s, 2), "and is then");
    hear(s, 2, "c0ffee", "web", 30, 40);
    hear(s, 2, "c0ffee", "web", 50, NST_STILL);
    hear(s, 2, "c0ffee", "web", 30, 40);
    tap_ok(&tap, MEANS(s, 2), "what was over is told again for a new file");
    hear(s, 2, "c0ffee", "web", 50, NST_STILL);
    tap_ok(&tap, MEANS(s, 2), "and so is what is there");
    container_filter_free(s);
}

int main(void)
{
    test_forms();
    test_prefix();
    test_times();
    return tap_done(&tap);
}
