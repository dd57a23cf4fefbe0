/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Namespaces as people give them. */
#include "config.h"

#include <string.h>

#include "format/who.h"
#include "tests/unit/tap.h"

static struct tap tap;

static void good(const char *text, bool exclude, enum nst_who_form form, uint64_t number,
                 const char *rest)
{
    struct nst_who who = {0};
    const char *wrong = nst_who_parse(text, &who);

    if (!tap_ok(&tap,
                !wrong && who.exclude == exclude && who.form == form && who.number == number &&
                    !strcmp(who.text, rest),
                text))
        printf("# %s\n", wrong ? wrong : "taken for something else");
}

static void bad(const char *text)
{
    struct nst_who who;
    char name[128];

    snprintf(name, sizeof(name), "no WHO: '%s'", text);
    tap_ok(&tap, nst_who_parse(text, &who), name);
}

static void fits(const char *text, const char *name, bool expected)
{
    struct nst_who who = {0};
    char what[128];

    snprintf(what, sizeof(what), "%s %s %s", text, expected ? "means" : "does not mean", name);
    tap_ok(&tap, !nst_who_parse(text, &who) && nst_who_fits_name(&who, name) == expected, what);
}

int main(void)
{
    good("4026532177", false, NST_WHO_INUM, 4026532177, "4026532177");
    good("!4026532177", true, NST_WHO_INUM, 4026532177, "4026532177");
    good("0x1001", false, NST_WHO_COOKIE, 0x1001, "1001");
    good("0xffffffffffffffff", false, NST_WHO_COOKIE, UINT64_MAX, "ffffffffffffffff");
    good("web", false, NST_WHO_NAME, 0, "web");
    good("!web", true, NST_WHO_NAME, 0, "web");
    good("name:4026532177", false, NST_WHO_NAME, 0, "4026532177");
    good("name:!x", false, NST_WHO_NAME, 0, "!x");
    good("1web", false, NST_WHO_NAME, 0, "1web");
    good("/run/netns/web", false, NST_WHO_NAME, 0, "web");
    good("/var/run/netns/web", false, NST_WHO_NAME, 0, "web");
    good("/proc/1/ns/net", false, NST_WHO_PID, 1, "/proc/1/ns/net");
    good("/proc/1/ns/mnt", false, NST_WHO_PATH, 0, "/proc/1/ns/mnt");
    good("host", false, NST_WHO_HOST, 0, "host");
    good("!host", true, NST_WHO_HOST, 0, "host");
    good("hosts", false, NST_WHO_NAME, 0, "hosts");
    good("/run/netns/host", false, NST_WHO_NAME, 0, "host");
    good("name:host", false, NST_WHO_NAME, 0, "host");
    good("pid:12", false, NST_WHO_PID, 12, "12");
    good("container:web-1", false, NST_WHO_CONTAINER, 0, "web-1");
    good("pod:default/web-1", false, NST_WHO_POD, 0, "default/web-1");
    bad("");
    bad("!");
    bad("4294967296");
    bad("99999999999999999999999");
    bad("0");
    bad("0x");
    bad("0x0");
    bad("0x10000000000000000");
    bad("0xweb");
    bad("name:");
    bad("name:a/b");
    bad("a/b");
    bad("pod:x");
    bad("pod:x/");
    bad("pod:/x");
    bad("pid:");
    bad("pid:x");
    bad("pid:-1");
    bad("container:");
    bad("/run/netns/");
    fits("web", "web", true);
    fits("web", "web1", false);
    fits("!web*", "web1", true);
    fits("web[1]", "web1", true);
    fits("web[1]", "web[1]", true);
    fits("web[1]", "web2", false);
    fits("container:web", "web", false);
    fits("host", "host", false);
    return tap_done(&tap);
}
