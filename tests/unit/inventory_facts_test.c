/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the inventory remembers, what of it is news, and how it is sent to the recorder. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "capture/inventory/channel.h"
#include "capture/inventory/facts.h"
#include "tests/unit/tap.h"

static struct tap tap;

/* The news of a scan, as they are sent. */
struct news {
    unsigned begun, over;
    struct buffer message;
};

static void take(void *context, const struct fact *fact)
{
    struct news *news = context;

    news->begun += !fact->over;
    news->over += fact->over;
    channel_put_row(&news->message, fact);
}

static bool news_are(struct news *news, unsigned begun, unsigned over)
{
    bool right = news->begun == begun && news->over == over;

    news->begun = news->over = 0;
    news->message.len = 0;
    return right;
}

static struct row device_row(uint64_t cookie, uint32_t ifindex, const char *name)
{
    return (struct row){.kind = ROW_DEVICE,
                        .device = {.netns = {.cookie = cookie, .inum = 5},
                                   .ifindex = ifindex,
                                   .name = name,
                                   .kind = "veth",
                                   .link_netns = {.cookie = 9, .inum = 6},
                                   .link_ifindex = 3,
                                   .mtu = 1500,
                                   .mac = {.len = 6, .data = {2, 0, 0, 0, 0, 1}}}};
}

static void test_changes(void)
{
    struct news news = {0};
    struct facts *facts = facts_new(take, &news);
    struct row a = device_row(1, 2, "eth0"), b = device_row(2, 2, "eth0");

    facts_begin(facts, 100);
    facts_see(facts, &a, 0);
    facts_see(facts, &b, 50);
    facts_end(facts, 1u << ROW_DEVICE);
    tap_ok(&tap, news_are(&news, 2, 0), "what is seen first is news");
    facts_begin(facts, 200);
    facts_see(facts, &a, 0);
    facts_see(facts, &b, 0);
    facts_end(facts, 1u << ROW_DEVICE);
    tap_ok(&tap, news_are(&news, 0, 0), "what stays is none");
    facts_begin(facts, 300);
    a.device.name = "eth1";
    facts_see(facts, &a, 0);
    facts_end_in(facts, 1u << ROW_DEVICE, &(uint64_t){1}, 1);
    tap_ok(&tap, news_are(&news, 1, 1), "another name: the one is over, the other begins");
    facts_end(facts, 1u << ROW_PROCESS);
    tap_ok(&tap, news_are(&news, 0, 0), "of kinds that were not looked for nothing is over");
    facts_end(facts, 1u << ROW_DEVICE);
    tap_ok(&tap, news_are(&news, 0, 1), "what is not seen any more is over");
    facts_tell_all(facts);
    tap_ok(&tap, news_are(&news, 1, 2), "all of it once more");
    facts_forget(facts, 1000);
    facts_tell_all(facts);
    tap_ok(&tap, news_are(&news, 1, 0), "what is over is forgotten");
    facts_begin(facts, 350);
    facts_keep(facts, 1u << ROW_DEVICE, 1);
    facts_end(facts, 1u << ROW_DEVICE);
    tap_ok(&tap, news_are(&news, 0, 0), "what could not be looked at goes on");
    facts_begin(facts, 400);
    facts_see(facts, &a, 0);
    tap_ok(&tap, news_are(&news, 0, 0), "and nothing else");
    facts_free(facts);
    nst_buffer_free(&news.message);
}

static void test_again(void)
{
    struct news news = {0};
    struct facts *facts = facts_new(take, &news);
    struct row row = {.kind = ROW_NETNS, .netns = {.netns = {.cookie = 7, .inum = 5}}}, seen;
    struct cursor c;

    facts_begin(facts, 100);
    facts_see(facts, &row, 40);
    facts_begin(facts, 200);
    facts_end(facts, 1u << ROW_NETNS);
    c = cursor_of(news.message.data, news.message.len);
    tap_ok(&tap,
           channel_take_row(&c, &seen) && seen.netns.first_ts_ns == 40 &&
               seen.netns.last_ts_ns == NST_STILL && !(seen.netns.flags & NST_NETNS_GONE),
           "a namespace since an event that showed it");
    tap_ok(&tap,
           channel_take_row(&c, &seen) && seen.netns.last_ts_ns == 100 &&
               !(seen.netns.flags & NST_NETNS_GONE) && !cursor_left(&c),
           "that was lost sight of, and was seen last before");
    news.message.len = 0;
    row.netns.netns.cookie = 8;
    facts_begin(facts, 300);
    facts_see(facts, &row, 0);
    tap_ok(&tap, news_are(&news, 2, 1), "its inum with another cookie is another namespace");
    facts_free(facts);
    nst_buffer_free(&news.message);
}

/* Two without cookies that have one inum one after the other: that the first has died is heard, and
 * what the second is found by began before that. */
static void test_died(void)
{
    struct news news = {0};
    struct facts *facts = facts_new(take, &news);
    struct row row = {.kind = ROW_NETNS, .netns = {.netns = {.inum = 5}}}, seen;
    uint64_t netns = facts_netns(&row.netns.netns);
    struct cursor c;

    facts_begin(facts, 100);
    facts_see(facts, &row, 0);
    facts_died(facts, netns, 150);
    facts_begin(facts, 200);
    facts_see(facts, &row, facts_died(facts, netns, 120));
    c = cursor_of(news.message.data, news.message.len);
    tap_ok(&tap,
           channel_take_row(&c, &seen) && channel_take_row(&c, &seen) &&
               seen.netns.last_ts_ns == 150 && (seen.netns.flags & NST_NETNS_GONE),
           "one that died is gone since then");
    tap_ok(&tap,
           channel_take_row(&c, &seen) && seen.netns.first_ts_ns == 151 &&
               seen.netns.last_ts_ns == NST_STILL && !cursor_left(&c),
           "and the next with its inum comes after that");
    facts_free(facts);
    nst_buffer_free(&news.message);
}

static struct row process_row(uint64_t start_ns)
{
    return (struct row){.kind = ROW_PROCESS,
                        .process = {.netns = {.cookie = 1, .inum = 5},
                                    .pid = 4711,
                                    .start_ns = start_ns,
                                    .comm = "x"}};
}

/* A scan, at 300, notices that the one has gone which a look at 200 saw another in the place of. */
static void test_pid(void)
{
    struct news news = {0};
    struct facts *facts = facts_new(take, &news);
    struct row first = process_row(1), second = process_row(2), seen;
    struct cursor c;

    facts_begin(facts, 100);
    facts_see(facts, &first, 0);
    facts_begin(facts, 200);
    facts_see(facts, &second, 0);
    facts_begin(facts, 300);
    facts_see(facts, &second, 0);
    news.message.len = 0;
    facts_end(facts, 1u << ROW_PROCESS);
    c = cursor_of(news.message.data, news.message.len);
    tap_ok(&tap,
           channel_take_row(&c, &seen) && seen.process.start_ns == 1 &&
               seen.process.last_ts_ns == 100 && !cursor_left(&c),
           "two processes with one pid are never at the same time");
    facts_free(facts);
    nst_buffer_free(&news.message);
}

static void test_full(void)
{
    struct news news = {0};
    struct facts *facts = facts_new(take, &news);

    facts_begin(facts, 100);
    for (uint64_t i = 1; i <= FACTS_MAX + 2; i++) {
        struct row row = process_row(i);

        facts_see(facts, &row, 0);
    }
    tap_ok(&tap, news_are(&news, FACTS_MAX, 0) && facts_left_out(facts) == 2,
           "more than can be remembered are counted");
    facts_free(facts);
    nst_buffer_free(&news.message);
}

static void fill_long(char *text, size_t len)
{
    memset(text, 'x', len);
    text[len] = '\0';
}

static void test_long(void)
{
    static char text[2 * NST_MAX_TEXT];
    struct buffer b = {0};
    struct row row = {.kind = ROW_PROCESS}, seen;
    struct cursor c;

    fill_long(text, sizeof(text) - 1);
    row.process.comm = row.process.exe = row.process.cgroup = row.process.cmdline = text;
    row_encode(&b, &row);
    c = cursor_of(b.data, b.len);
    tap_ok(&tap,
           b.len < ROW_BYTES_MAX && row_decode(&c, ROW_PROCESS, &seen) && !cursor_left(&c) &&
               strlen(seen.process.comm) == NST_MAX_NAME &&
               strlen(seen.process.cmdline) == NST_MAX_TEXT,
           "strings that are too long are cut");
    nst_buffer_free(&b);
}

/* Every kind, with bytes missing, changed, and at random: never read beyond the end (the
 * sanitizers tell), and answered with rows that are whole or with no. */
static void test_hostile(void)
{
    struct buffer b = {0};
    struct row row = device_row(1, 2, "eth0"), seen;
    bool good = true;

    row_encode(&b, &row);
    for (size_t len = 0; len < b.len; len++) {
        uint8_t *copy = malloc(len + 1);
        struct cursor c;

        memcpy(copy, b.data, len);
        c = cursor_of(copy, len);
        good = good && !row_decode(&c, ROW_DEVICE, &seen);
        free(copy);
    }
    tap_ok(&tap, good, "a row that is cut anywhere is none");
    srand(1);
    for (int i = 0; i < 200000; i++) {
        uint8_t bytes[64];
        struct cursor c = cursor_of(bytes, sizeof(bytes));

        for (size_t k = 0; k < sizeof(bytes); k++)
            bytes[k] = (uint8_t)(rand() % 7 ? rand() % 12 : rand());
        while (cursor_left(&c) && channel_take_row(&c, &seen))
            ;
    }
    tap_ok(&tap, true, "random bytes do no harm");
    nst_buffer_free(&b);
}

static void test_messages(void)
{
    struct buffer b = {0};
    struct scanner_sight sight = {
        .netns = {.cookie = 3, .inum = 4}, .ts_ns = 5, .ifindex = 6, .name = "eth0"};
    struct scanner_sight seen = {0};
    struct cursor c;

    channel_put_sight(&b, &sight);
    c = cursor_of(b.data + 1, b.len - 1);
    tap_ok(&tap,
           channel_take_sight(&c, &seen) && seen.netns.cookie == 3 && seen.ifindex == 6 &&
               !strcmp(seen.name, "eth0") && !cursor_left(&c),
           "a sight arrives");
    b.data[b.len - 1] = 'x';
    c = cursor_of(b.data + 1, b.len - 1);
    tap_ok(&tap, !channel_take_sight(&c, &seen), "a name without an end does not");
    nst_buffer_free(&b);
}

int main(void)
{
    test_changes();
    test_again();
    test_died();
    test_pid();
    test_full();
    test_long();
    test_hostile();
    test_messages();
    return tap_done(&tap);
}
