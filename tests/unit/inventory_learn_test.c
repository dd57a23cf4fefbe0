/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the analyzer makes of rows that a file says again, and of those whose beginning is lost. */
#include "config.h"

#include <string.h>

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

int main(void)
{
    test_again();
    test_damage();
    test_names();
    return tap_done(&tap);
}
