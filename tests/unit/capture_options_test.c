/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The recorder's command line, and the small texts that it reads from the kernel. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "capture/cpus.h"
#include "capture/file_info.h"
#include "capture/options.h"
#include "tests/unit/tap.h"

#define WORDS_MAX 16

static struct tap tap;
static struct options options;
static struct nst_error err;

/* Parses the words of a line. */
static int parse(const char *line)
{
    static char copy[256];
    char *words[WORDS_MAX + 1] = {(char *)"nstrail-capture"};
    int count = 1;

    snprintf(copy, sizeof(copy), "%s", line);
    for (char *word = strtok(copy, " "); word && count < WORDS_MAX; word = strtok(NULL, " "))
        words[count++] = word;
    err.text[0] = '\0';
    options_free(&options);
    return options_parse(&options, count, words, &err);
}

static bool has(const struct words *words, const char *text)
{
    char *joined = words_join(words);
    bool same = joined && !strcmp(joined, text);

    free(joined);
    return same;
}

static void takes(const char *line, bool good)
{
    if (!tap_ok(&tap, good, line))
        printf("# said: %s\n", err.text);
}

static void refuses(const char *line, const char *words)
{
    if (!tap_ok(&tap, parse(line) < 0 && strstr(err.text, words), line))
        printf("# said: %s\n# wanted: %s\n", err.text, words);
}

static void test_probes(void)
{
    takes("-w x -p tp:net:netif_rx -p k:ip_rcv/stack --profile drop",
          !parse("-w x -p tp:net:netif_rx -p k:ip_rcv/stack --profile drop") &&
              options.probes.count == 2 && !strcmp(options.probes.list[1], "k:ip_rcv/stack") &&
              options.profiles.count == 1 && !options.stack);
    takes("-w x --stack", !parse("-w x --stack") && options.stack && !options.probes.count);
    takes("--list-probes", !parse("--list-probes") && options.list_probes);
    takes("--list-probes net:*", !parse("--list-probes net:*") && options.filter.count == 1);
    refuses("--list-probes a b", "one pattern");
    refuses("--list-probes -w x", "records nothing: it goes without -w");
    refuses("--live --list-probes net:*", "records nothing: it goes without --live");
    refuses("-w x -p tp:netif_rx", "a tracepoint is GROUP:NAME");
    refuses("-w x -p ip_rcv/stakc", "/stakc");
    refuses("-w x -p", "missing after -p");
}

static void test_good(void)
{
    takes("-w x", !parse("-w x") && !strcmp(options.output, "x") && options.snaplen == 128 &&
                      !options.count && !options.duration_ns && !options.ring_kib &&
                      options.attach == ATTACH_AUTO && options.tracking == TRACKING_AUTO &&
                      !options.quiet);
    takes("-w - -c 5", !parse("-w - -c 5") && !strcmp(options.output, "-") && options.count == 5);
    takes("-wx -s0", !parse("-wx -s0") && options.snaplen == 65535);
    takes("-w x -s 65535", !parse("-w x -s 65535") && options.snaplen == 65535);
    takes("-w x --no-packets", !parse("-w x --no-packets") && options.snaplen == 0);
    takes("-w x --duration 1.5",
          !parse("-w x --duration 1.5") && options.duration_ns == 1500000000);
    takes("-w x --duration .5e0", !parse("-w x --duration .5e0") && options.duration_ns == 500000000);
    takes("-w x --duration 5s", !parse("-w x --duration 5s") && options.duration_ns == 5000000000);
    takes("-w x --duration=1h30m",
          !parse("-w x --duration=1h30m") && options.duration_ns == 5400000000000);
    takes("-w x -G 1m", !parse("-w x -G 1m") && options.period_ns == 60000000000);
    takes("-w x --attach raw_tp",
          !parse("-w x --attach raw_tp") && options.attach == ATTACH_RAW_TP);
    takes("-w x --tracking heuristic",
          !parse("-w x --tracking heuristic") && options.tracking == TRACKING_HEURISTIC);
    takes("-w x -B 4096 -q", !parse("-w x -B 4096 -q") && options.ring_kib == 4096 &&
                                 options.quiet);
    takes("-nn --live -n", !parse("-nn --live -n") && options.live && !options.quiet);
    takes("--live", !parse("--live") && options.live && !options.output);
    takes("-w x -C 5", !parse("-w x -C 5") && options.file_bytes == 5000000);
    takes("-w x -C 64k -G 0.5 -W 9",
          !parse("-w x -C 64k -G 0.5 -W 9") && options.file_bytes == 65536 &&
              options.period_ns == 500000000 && options.keep == 9);
    takes("-w x --max-disk 1G", !parse("-w x --max-disk 1G") && options.disk_bytes == 1 << 30 &&
                                     options.file_bytes == (1 << 30) / 10);
    takes("-w x --inventory names --quiet",
          !parse("-w x --inventory names --quiet") && options.inventory == INVENTORY_NAMES);
    takes("-w x --inventory=none",
          !parse("-w x --inventory=none") && options.inventory == INVENTORY_NONE);
    takes("-w x --inventory=full --cmdline", !parse("-w x --inventory=full --cmdline") &&
                                                 options.inventory == INVENTORY_FULL &&
                                                 options.cmdline);
    takes("-w x --inventory-path=docker=/srv/docker --inventory-path runc=",
          !parse("-w x --inventory-path=docker=/srv/docker --inventory-path runc=") &&
              !strcmp(options.paths.folders[SOURCE_DOCKER], "/srv/docker") &&
              !*options.paths.folders[SOURCE_RUNC]);
    takes("--write=x --cmd=true",
          !parse("--write=x --cmd=true") && !strcmp(options.command, "true"));
    takes("-w x -i a -i b --netns !c --drop-reason D udp port 53",
          !parse("-w x -i a -i b --netns !c --drop-reason D udp port 53") &&
              has(&options.devices, "a b") && has(&options.netns, "!c") &&
              has(&options.drop_reasons, "D") && has(&options.filter, "udp port 53"));
    takes("udp -w x port 53", !parse("udp -w x port 53") && has(&options.filter, "udp port 53"));
    takes("-w x -c 1 -w y -c 2 -s 9 -s 8 --inventory=none --inventory=full",
          !parse("-w x -c 1 -w y -c 2 -s 9 -s 8 --inventory=none --inventory=full") &&
              !strcmp(options.output, "y") && options.count == 2 && options.snaplen == 8 &&
              options.inventory == INVENTORY_FULL);
    takes("--help needs nothing else", !parse("--help") && options.help);
    takes("--version needs nothing else", !parse("--version") && options.version);
}

static void test_bad(void)
{
    refuses("-w x -C 1k", "64k at least");
    refuses("-w x -C -1", "millions");
    refuses("-w x -C 99999999999999999999", "millions");
    refuses("-w x -C 9999999999999999G", "millions");
    refuses("-w x -W 0", "from 1");
    refuses("-w - -W 3", "one stream");
    refuses("-w x -C 6M --max-disk 10M", "half of --max-disk");
    refuses("-w x --max-disk 1023k", "1024k at least");
    refuses("-w x -C 63k", "64k at least");
    refuses("--live -w -", "standard output");
    refuses("--live -G 1", "need files");
    refuses("", "-w FILE");
    refuses("-w", "missing after -w");
    refuses("-w x --inventory-path=rocket=/run", "must be docker, containerd");
    refuses("-w x --inventory-path=docker", "must be docker, containerd");
    refuses("-w x --inventory=some", "full, names or none");
    refuses("-w x --inventory=names --cmdline", "records no processes");
    refuses("-w x --inventory=none --inventory-path=docker=/srv/docker", "looks for no containers");
    refuses("-w x --inventory-path=runc= --inventory=names", "--inventory=names looks for no");
    refuses("-w x --cmd", "missing after --cmd");
    refuses("-w x -s 65536", "from 0 to 65535");
    refuses("-w x -s -1", "from 0 to 65535");
    refuses("-w x -s 1x", "-s 1x");
    refuses("-w x -s 99999999999999999999", "from 0 to 65535");
    refuses("-w x -c 0", "from 1 to");
    refuses("-w x --duration 0", "more than 0");
    refuses("-w x --duration nan", "more than 0");
    refuses("-w x --duration 0m", "more than 0");
    refuses("-w x --duration -5m", "more than 0");
    refuses("-w x --duration 5x", "more than 0");
    refuses("-w x --duration 1e10", "more than 0");
    refuses("-w x --duration 1000000d", "more than 0");
    refuses("-w x --attach kprobe", "tp_btf or raw_tp");
    refuses("-w x --tracking none", "exact or heuristic");
    refuses("-w x -B 0", "from 1 to");
    refuses("-w x -s 64 --no-packets", "exclude each other");
    refuses("-w x --no-packets -s 0", "exclude each other");
    refuses("-w x --netns !a --netns b --netns a", "--netns a and !a exclude each other");
    refuses("-w x --netns a --netns !container:b --inventory=none",
            "--netns !container:b: --inventory=none knows no containers");
    refuses("-w x --inventory=names --netns pod:a/b", "--inventory=names knows no containers");
    refuses("-w x -y", "unknown option -y");
    refuses("-w x --nothing", "unknown option --nothing");
    refuses("-w x --nets=1", "unknown option --nets=1; did you mean --netns?");
    refuses("-w x --quiet=1", "no argument belongs to");
    refuses("-w x -i", "missing after -i");
    refuses("-w x --netns", "missing after --netns");
}

static void test_cpus(void)
{
    uint8_t online[8];

    tap_ok(&tap, cpus_parse_list("0-3,6\n", online, 8) == 5 &&
                     !memcmp(online, "\1\1\1\1\0\0\1\0", 8),
           "a list of CPUs");
    tap_ok(&tap, cpus_parse_list("0\n", online, 8) == 1 && online[0] && !online[1], "one CPU");
    tap_ok(&tap, cpus_parse_list("6-4000000000\n", online, 8) == 2 && online[7],
           "no more than there are");
    tap_ok(&tap, cpus_parse_list("", online, 8) == 8 && online[7], "no list: all of them");
}

static void test_uuid(void)
{
    uint8_t uuid[16] = {0};

    tap_ok(&tap,
           file_info_parse_uuid("01234567-89ab-cdef-0123-456789abcdef\n", uuid) &&
               !memcmp(uuid, "\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef", 16),
           "a boot id");
    tap_ok(&tap, !file_info_parse_uuid("01234567-89ab", uuid) && uuid[15] == 0xef,
           "half of one is none");
}

int main(void)
{
    test_good();
    test_probes();
    test_bad();
    test_cpus();
    test_uuid();
    options_free(&options);
    return tap_done(&tap);
}
