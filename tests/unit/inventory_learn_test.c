/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the analyzer makes of rows that a file says again, and of those whose beginning is lost. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analyze/inventory.h"
#include "tests/unit/tap.h"

static struct tap tap;

static struct nst_container container(uint64_t first, uint64_t last, const char *name)
{
    return (struct nst_container){.netns = {.cookie = 7, .inum = 5},
                                  .first_ts_ns = first,
                                  .last_ts_ns = last,
                                  .id = "id",
                                  .name = name};
}

static void learn(struct inventory *inv, struct nst_container row)
{
    const struct nst_tables tables = {.ts_ns = 100, .containers = &row, .containers_count = 1};

    inventory_learn(inv, &tables);
}

/* The three of them in whatever order they were learnt: 10 to 20, 20 to 30, since 50. */
static bool are_three(struct inventory *inv)
{
    const struct nst_container *rows;
    unsigned seen = 0;
    size_t count;

    inventory_sort(inv);
    rows = inventory_containers(inv, &count);
    for (size_t i = 0; i < count; i++)
        for (unsigned k = 0; k < 3; k++)
            if (rows[i].first_ts_ns == (const uint64_t[]){10, 20, 50}[k] &&
                rows[i].last_ts_ns == (const uint64_t[]){20, 30, NST_STILL}[k] &&
                !strcmp(rows[i].name, (const char *const[]){"one", "two", "one"}[k]) &&
                inventory_is_latest(inv, INVENTORY_CONTAINER, i) == (k > 0) &&
                inventory_since(inv, INVENTORY_CONTAINER, i) == (const uint64_t[]){10, 10, 50}[k])
                seen |= 1u << k;
    return count == 3 && seen == 7;
}

static void learn_three(struct inventory *inv)
{
    learn(inv, container(10, 20, "one"));
    learn(inv, container(20, 30, "two"));
    learn(inv, container(50, NST_STILL, "one"));
}

static void test_again(void)
{
    struct inventory inv = {0};

    learn(&inv, container(10, NST_STILL, "one"));
    learn_three(&inv);
    tap_ok(&tap, are_three(&inv), "a container that changed, went and came");
    learn_three(&inv);
    learn_three(&inv);
    tap_ok(&tap, are_three(&inv), "said again");
    inventory_free(&inv);
}

static void test_damage(void)
{
    struct inventory inv = {0};

    learn(&inv, container(50, NST_STILL, "one"));
    learn_three(&inv);
    inventory_sort(&inv);
    tap_ok(&tap, inventory_container(&inv, &(struct nst_netns){7, 5}, 15)->first_ts_ns == 10,
           "its beginning said only after its end");
    learn_three(&inv);
    inventory_sort(&inv);
    tap_ok(&tap,
           inventory_container(&inv, &(struct nst_netns){7, 5}, 25)->first_ts_ns == 20 &&
               inventory_container(&inv, &(struct nst_netns){7, 5}, 60)->first_ts_ns == 50,
           "and again");
    inventory_free(&inv);
}

static void test_names(void)
{
    struct nst_netns_name rows[] = {
        {{7, 5}, .name = "x", .first_ts_ns = 50, .last_ts_ns = NST_STILL},
        {{7, 5}, .name = "x", .first_ts_ns = 10, .last_ts_ns = 20},
    };
    const struct nst_tables tables = {.ts_ns = 100, .netns_names = rows, .netns_names_count = 2};
    struct inventory inv = {0};

    inventory_learn(&inv, &tables);
    tap_ok(&tap, inv.names.count == 2, "a name that came again, said before the time when it went");
    inventory_learn(&inv, &tables);
    tap_ok(&tap, inv.names.count == 2, "and both again");
    inventory_free(&inv);
}

static const struct nst_netns without_cookie = {.inum = 5};

static void learn_life(struct inventory *inv, uint64_t first, uint64_t last)
{
    const struct nst_known_netns row = {
        .netns = without_cookie, .first_ts_ns = first, .last_ts_ns = last, .flags = NST_NETNS_GONE};
    const struct nst_tables tables = {.ts_ns = 200, .netns = &row, .netns_count = 1};

    inventory_learn(inv, &tables);
}

/* The one that had the inum at a moment was seen then. */
static bool is_life(const struct inventory *inv, uint64_t ts_ns, uint64_t first, uint64_t last)
{
    struct life life = inventory_life(inv, &without_cookie, ts_ns);

    return life.is_known && life.first_ts_ns == first && life.last_ts_ns == last;
}

static void test_lives(void)
{
    struct inventory inv = {0};

    learn_life(&inv, 100, 200);
    inventory_sort(&inv);
    tap_ok(&tap, is_life(&inv, 20, 100, 200), "one that had an inum");
    learn_life(&inv, 10, 50);
    inventory_sort(&inv);
    tap_ok(&tap, is_life(&inv, 20, 10, 50) && is_life(&inv, 150, 100, 200),
           "one that had it before, said only after it");
    learn_life(&inv, 100, 180);
    inventory_sort(&inv);
    tap_ok(&tap, is_life(&inv, 20, 10, 50) && is_life(&inv, 150, 100, 180),
           "said again, with another end");
    inventory_free(&inv);
}

#define MANY    5000
#define APART_S UINT64_C(10)
#define S_NS    UINT64_C(1000000000)

static void learn_many(struct inventory *inv)
{
    static char texts[MANY][8];
    static struct nst_known_netns lives[MANY];
    static struct nst_netns_name names[MANY];
    const struct nst_tables tables = {.ts_ns = MANY * APART_S * S_NS,
                                      .netns = lives,
                                      .netns_count = MANY,
                                      .netns_names = names,
                                      .netns_names_count = MANY};

    for (size_t i = 0; i < MANY; i++) {
        uint64_t first = (i + 1) * APART_S * S_NS, last = first + 5 * S_NS;

        snprintf(texts[i], sizeof(texts[i]), "n%zu", i);
        lives[i] = (struct nst_known_netns){
            .netns = without_cookie, .first_ts_ns = first, .last_ts_ns = last};
        names[i] = (struct nst_netns_name){.netns = without_cookie,
                                           .name = texts[i],
                                           .first_ts_ns = first,
                                           .last_ts_ns = last,
                                           .place = NST_PLACE_NETNS};
    }
    inventory_learn(inv, &tables);
    inventory_sort(inv);
}

/* It is called by its name while it is seen, and for as long as that. */
static bool is_labelled(const struct inventory *inv, size_t i)
{
    uint64_t first = (i + 1) * APART_S * S_NS, from = 0, until = UINT64_MAX;
    const char *label = inventory_label(inv, &without_cookie, first + S_NS);
    char text[8];

    snprintf(text, sizeof(text), "n%zu", i);
    inventory_steady(inv, &without_cookie, first + S_NS, &from, &until);
    return label && !strcmp(label, text) && from == first && until == first + 5 * S_NS;
}

/* With work that grows as the cube of their number this takes minutes. */
static void test_many_lives(void)
{
    struct inventory inv = {0};
    size_t right = 0;

    alarm(60);
    learn_many(&inv);
    for (size_t i = 0; i < MANY; i++)
        right += is_labelled(&inv, i);
    alarm(0);
    tap_ok(&tap, right == MANY, "each of many that had an inum has its name");
    inventory_free(&inv);
}

int main(void)
{
    test_again();
    test_damage();
    test_names();
    test_lives();
    test_many_lives();
    return tap_done(&tap);
}
