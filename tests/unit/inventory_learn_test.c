/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the analyzer makes of rows that a file says again, and of those whose beginning is lost. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analyze/inventory_label.h"
#include "analyze/inventory_life.h"
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

/* The host is there from 100 s to 1000 s, another from first to last, which is told at the end. */
static void learn_host_and(struct inventory *inv, uint64_t first, uint64_t last, uint64_t told,
                           uint8_t flags)
{
    const struct nst_known_netns rows[] = {
        {.netns = {.inum = 1},
         .first_ts_ns = 100 * S_NS,
         .last_ts_ns = NST_STILL,
         .flags = NST_NETNS_INITIAL},
        {.netns = without_cookie, .first_ts_ns = first, .last_ts_ns = NST_STILL},
        {.netns = without_cookie, .first_ts_ns = first, .last_ts_ns = last, .flags = flags},
    };
    const struct nst_tables tables[] = {
        {.ts_ns = first, .netns = rows, .netns_count = 2},
        {.ts_ns = told, .netns = rows + 2, .netns_count = 1},
    };

    inventory_learn(inv, &tables[0]);
    inventory_learn(inv, &tables[1]);
    inventory_sort(inv);
}

/* Nothing is known of who had the inum from first to last second; before and after that, it is. */
static bool is_unknown(const struct inventory *inv, uint64_t first_s, uint64_t last_s)
{
    struct life life = inventory_life(inv, &without_cookie, first_s * S_NS + 1);

    return !life.is_known && life.first_ts_ns && life.begin_ns <= first_s * S_NS + 1 &&
           life.end_ns >= last_s * S_NS - 1 &&
           (!first_s || inventory_life(inv, &without_cookie, first_s * S_NS).is_known) &&
           inventory_life(inv, &without_cookie, last_s * S_NS).is_known;
}

/* Its container is called so while it is there. */
static void test_called(struct inventory *inv)
{
    const char *now, *later, *latest;

    learn(inv, (struct nst_container){.netns = without_cookie,
                                      .first_ts_ns = 300 * S_NS,
                                      .last_ts_ns = 310 * S_NS,
                                      .id = "id"});
    inventory_sort(inv);
    now = inventory_label(inv, &without_cookie, 313 * S_NS);
    later = inventory_label(inv, &without_cookie, 360 * S_NS);
    latest = inventory_latest_label(inv, &without_cookie);
    tap_ok(&tap, now && !strcmp(now, "id") && !later, "a container is not one that was not seen");
    tap_ok(&tap, latest && !strcmp(latest, "id"), "but the latest that the inum was");
}

static void test_unseen(void)
{
    struct inventory inv = {0};
    const struct nst_netns host = {.inum = 1}, with_cookie = {.cookie = 7, .inum = 5};
    struct life life;

    learn_host_and(&inv, 200 * S_NS, 210 * S_NS, 212 * S_NS, 0);
    learn_host_and(&inv, 300 * S_NS, 310 * S_NS, 312 * S_NS, 0);
    tap_ok(&tap, is_unknown(&inv, 0, 196), "who had an inum before the first that was seen");
    tap_ok(&tap, is_unknown(&inv, 214, 296), "and between two of them");
    life = inventory_life(&inv, &without_cookie, 500 * S_NS);
    tap_ok(&tap, !life.is_known && life.end_ns == UINT64_MAX, "and after the last");
    tap_ok(&tap,
           inventory_life_key(&inv, &without_cookie, 1) !=
                   inventory_life_key(&inv, &without_cookie, 250 * S_NS) &&
               inventory_life_key(&inv, &without_cookie, 250 * S_NS) !=
                   inventory_life_key(&inv, &without_cookie, 500 * S_NS),
           "are not the same");
    tap_ok(&tap, inventory_life(&inv, &host, 1).is_known, "what was there at first was so before");
    tap_ok(&tap, !inventory_life(&inv, &with_cookie, 250 * S_NS).is_known,
           "one with a cookie is not one that was seen at another time");
    test_called(&inv);
    inventory_free(&inv);
}

/* A namespace that somebody kept open for long after "ip netns del". */
static void test_outlived(void)
{
    const struct nst_netns netns = {.cookie = 7, .inum = 5};
    const struct nst_netns_name name = {
        .netns = netns, .name = "x", .first_ts_ns = 200 * S_NS, .last_ts_ns = 250 * S_NS};
    const struct nst_known_netns row = {
        .netns = netns, .first_ts_ns = 200 * S_NS, .last_ts_ns = 300 * S_NS};
    const struct nst_tables tables = {.ts_ns = 400 * S_NS,
                                      .netns = &row,
                                      .netns_count = 1,
                                      .netns_names = &name,
                                      .netns_names_count = 1};
    struct inventory inv = {0};
    const char *latest;

    inventory_learn(&inv, &tables);
    inventory_sort(&inv);
    latest = inventory_latest_label(&inv, &netns);
    tap_ok(&tap, !inventory_label(&inv, &netns, 299 * S_NS), "without a name it is called nothing");
    tap_ok(&tap, latest && !strcmp(latest, "x"), "but asked for later it has the one that it had");
    inventory_free(&inv);
}

/* That took 30 s: the recorder does not look more often. */
static void test_seldom(void)
{
    struct inventory inv = {0}, other = {0};

    learn_host_and(&inv, 200 * S_NS, 210 * S_NS, 240 * S_NS, 0);
    learn_host_and(&inv, 300 * S_NS, 310 * S_NS, 312 * S_NS, 0);
    tap_ok(&tap, is_unknown(&inv, 240, 270), "where it is looked seldom, one is missed late");
    inventory_learn_from(&other, &inv);
    inventory_sort(&other);
    tap_ok(&tap, is_unknown(&other, 240, 270), "and so where that is learnt");
    inventory_free(&inv);
    inventory_free(&other);
}

/* A recorder that is told of the next says that the one before has died when that came. */
static void test_at_once(void)
{
    struct inventory inv = {0};

    learn_host_and(&inv, 200 * S_NS, 210 * S_NS, 212 * S_NS, NST_NETNS_GONE);
    learn_host_and(&inv, 210 * S_NS, 220 * S_NS, 222 * S_NS, NST_NETNS_GONE);
    tap_ok(&tap,
           is_life(&inv, 205 * S_NS, 200 * S_NS, 210 * S_NS) &&
               is_life(&inv, 210 * S_NS, 210 * S_NS, 220 * S_NS),
           "one that had the inum when the one before died is another");
    learn_life(&inv, 200 * S_NS, 210 * S_NS);
    inventory_sort(&inv);
    tap_ok(&tap,
           is_life(&inv, 205 * S_NS, 200 * S_NS, 210 * S_NS) &&
               is_life(&inv, 210 * S_NS, 210 * S_NS, 220 * S_NS),
           "also when it is said again");
    inventory_free(&inv);
}

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
    test_unseen();
    test_outlived();
    test_seldom();
    test_at_once();
    test_many_lives();
    return tap_done(&tap);
}
