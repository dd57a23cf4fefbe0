/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "capture/clock.h"
#include "capture/probe_spec.h"
#include "format/distance.h"
#include "format/duration.h"
#include "format/error.h"
#include "format/who.h"

struct option_spec {
    int letter;           /* 'w', or a number above 255 where there is only a long name */
    const char *name;     /* NULL: only the letter */
    const char *argument; /* NULL: none */
    const char *help;
};

enum {
    OPTION_DURATION = 256,
    OPTION_CMD,
    OPTION_LIVE,
    OPTION_MAX_DISK,
    OPTION_NO_PACKETS,
    OPTION_NETNS,
    OPTION_DROP_REASON,
    OPTION_PROFILE,
    OPTION_STACK,
    OPTION_SKB,
    OPTION_LIST_PROBES,
    OPTION_ATTACH,
    OPTION_TRACKING,
    OPTION_INVENTORY,
    OPTION_INVENTORY_PATH,
    OPTION_CMDLINE,
    OPTION_VERSION,
};

static const struct option_spec specs[] = {
    {'w', "write", "FILE", "record to FILE; - is standard output"},
    {'C', "file-size", "SIZE", "begin a new file at SIZE million bytes; or with k, M, G"},
    {'G', "file-seconds", "SECONDS", "begin a new file after so many seconds; or with s, m, h, d"},
    {'W', "files", "COUNT", "keep the newest COUNT files"},
    {OPTION_LIVE, "live", NULL, "show events while they are recorded; needs no -w"},
    {OPTION_MAX_DISK, "max-disk", "SIZE", "remove the oldest files beyond SIZE in all"},
    {'c', "count", "COUNT", "stop after COUNT events"},
    {OPTION_DURATION, "duration", "SECONDS", "stop after so many seconds; or with s, m, h, d"},
    {OPTION_CMD, "cmd", "COMMAND", "run COMMAND by the shell and stop when it ends"},
    {'i', "interface", "DEV", "packets at a device of that name, or 'veth*', in any namespace"},
    {OPTION_NETNS, "netns", "WHO",
     "packets in a namespace: inum, 0xCOOKIE, name, host, /path, pid:N, container:X, pod:NS/NAME; "
     "!WHO: none"},
    {OPTION_DROP_REASON, "drop-reason", "NAME", "of drops, only those for that reason"},
    {'p', "probe", "PROBE", "record here: [TYPE:]NAME[/stack]; TYPE tp, kprobe, kretprobe, fentry"},
    {OPTION_PROFILE, "profile", "NAME", "the probes of a profile: default, ifdump, drop, stack..."},
    {OPTION_STACK, "stack", NULL, "with each event the stack trace that led to it"},
    {OPTION_SKB, "skb", NULL, "with each event mark, hash, checksum state, GSO... of its skb"},
    {OPTION_LIST_PROBES, "list-probes", NULL, "list what there is to record at, also by a PATTERN"},
    {'s', "snaplen", "BYTES", "record up to so many bytes of a packet (128); 0 is 65535"},
    {OPTION_NO_PACKETS, "no-packets", NULL, "record no bytes of packets"},
    {'B', "buffer", "KIB", "memory of the rings, of all CPUs together"},
    {OPTION_ATTACH, "attach", "HOW", "auto, tp_btf or raw_tp"},
    {OPTION_TRACKING, "tracking", "HOW", "of packets: auto, exact (by kprobes) or heuristic"},
    {OPTION_INVENTORY, "inventory", "WHAT",
     "of who the namespaces are: full (the default), names or none"},
    {OPTION_INVENTORY_PATH, "inventory-path", "SOURCE=FOLDER[:FOLDER...]",
     "where a container runtime keeps what it knows"},
    {OPTION_CMDLINE, "cmdline", NULL, "record command lines of processes too"},
    {'Z', "user", "USER", "become USER once it records, who then owns the files"},
    {'n', NULL, NULL, "nothing: addresses are never looked up"},
    {'q', "quiet", NULL, "say nothing but errors and losses"},
    {'v', "verbose", NULL, "say what libbpf says"},
    {'h', "help", NULL, "say this"},
    {OPTION_VERSION, "version", NULL, "say the version"},
};

/* A file has its header and a block at least. */
#define SIZE_LEAST (64ull << 10)
/* --max-disk keeps room for a block, which may take half of this. */
#define QUOTA_LEAST (1ull << 20)
/* Without -C, as many files share what --max-disk allows. */
#define FILES_OF_QUOTA 10
#define SIZE_LIMIT     (1ull << 62)
/* Over 30 years. */
#define SECONDS_LIMIT 1000000000ull

#define SPECS (sizeof(specs) / sizeof(specs[0]))

static bool is_short(const struct option_spec *spec)
{
    return spec->letter < 256;
}

void options_help(void)
{
    puts("Usage: nstrail-capture [OPTION]... -w FILE | --live [PCAP-FILTER]\n"
         "Records every packet of every network namespace of this host.\n\nOptions:");
    for (size_t i = 0; i < SPECS; i++) {
        const struct option_spec *spec = &specs[i];

        if (!spec->name)
            printf("  -%c", spec->letter);
        else if (is_short(spec))
            printf("  -%c, --%s", spec->letter, spec->name);
        else
            printf("      --%s", spec->name);
        printf("%s%s\n          %s\n", spec->argument ? "=" : "",
               spec->argument ? spec->argument : "", spec->help);
    }
    puts("\nnstrail-capture(8) tells more.");
}

/* getopt_long()'s own two tables, from ours. */
static void fill_getopt(struct option longs[SPECS + 1], char shorts[2 * SPECS + 2])
{
    size_t count = 0;

    /* Tell a missing argument from an unknown option. */
    *shorts++ = ':';
    for (size_t i = 0; i < SPECS; i++) {
        if (is_short(&specs[i])) {
            *shorts++ = specs[i].letter;
            if (specs[i].argument)
                *shorts++ = ':';
        }
        if (specs[i].name)
            longs[count++] =
                (struct option){.name = specs[i].name,
                                .has_arg = specs[i].argument ? required_argument : no_argument,
                                .val = specs[i].letter};
    }
    *shorts = '\0';
    longs[count] = (struct option){0};
}

static int parse_number(const char *text, uint64_t min, uint64_t max, const char *what,
                        uint64_t *number, struct nst_error *err)
{
    char *end;

    errno = 0;
    *number = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || *number < min || *number > max)
        return nst_fail(err, -EINVAL, "%s %s: must be a number from %llu to %llu", what, text,
                        (unsigned long long)min, (unsigned long long)max);
    return 0;
}

/* Seconds, in whatever way strtod(3) reads them, or with units. */
static int parse_seconds(const char *text, const char *what, uint64_t *ns, struct nst_error *err)
{
    char *end;
    double seconds = strtod(text, &end);
    uint64_t parsed = 0;

    if (end != text && !*end && isfinite(seconds) && seconds > 0 && seconds <= SECONDS_LIMIT)
        parsed = seconds * NS_PER_S;
    else if (nst_duration_parse(text, &parsed) || parsed > SECONDS_LIMIT * NS_PER_S)
        parsed = 0;
    if (!parsed)
        return nst_fail(err, -EINVAL,
                        "%s %s: must be more than 0: seconds, or as in 90s, 10m, 1h30m", what,
                        text);
    *ns = parsed;
    return 0;
}

/* As tcpdump's -C: millions of bytes, or with a suffix KiB, MiB, GiB. */
static int parse_size(const char *text, const char *what, uint64_t least, uint64_t *bytes,
                      struct nst_error *err)
{
    static const struct {
        const char *suffix;
        uint64_t unit;
    } units[] = {{"", 1000000}, {"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30}};
    char *end = NULL;
    uint64_t number;

    errno = 0;
    number = strtoull(text, &end, 10);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (!strcasecmp(end, units[i].suffix) && *text >= '0' && *text <= '9' && !errno &&
            number <= SIZE_LIMIT / units[i].unit && number * units[i].unit >= least) {
            *bytes = number * units[i].unit;
            return 0;
        }
    return nst_fail(err, -EINVAL,
                    "%s %s: must be millions of bytes, or a number with k, M or G; %lluk at least",
                    what, text, (unsigned long long)(least >> 10));
}

static int parse_snaplen(const char *text, uint32_t *snaplen, struct nst_error *err)
{
    uint64_t number;
    int error = parse_number(text, 0, NST_MAX_SNAPLEN, "-s", &number, err);

    if (!error)
        *snaplen = number ? number : NST_MAX_SNAPLEN;
    return error;
}

/* One of three words: which; <0: it is none of them. */
static int find_word(const char *text, const char *const words[3])
{
    for (int i = 0; i < 3; i++)
        if (!strcmp(text, words[i]))
            return i;
    return -EINVAL;
}

static int parse_attach(const char *text, enum attach_mode *mode, struct nst_error *err)
{
    static const char *const names[] = {
        [ATTACH_AUTO] = "auto", [ATTACH_TP_BTF] = "tp_btf", [ATTACH_RAW_TP] = "raw_tp"};
    int found = find_word(text, names);

    if (found < 0)
        return nst_fail(err, -EINVAL, "--attach %s: must be auto, tp_btf or raw_tp", text);
    *mode = found;
    return 0;
}

static int parse_tracking(const char *text, enum tracking *tracking, struct nst_error *err)
{
    static const char *const names[] = {[TRACKING_AUTO] = "auto",
                                        [TRACKING_EXACT] = "exact",
                                        [TRACKING_HEURISTIC] = "heuristic"};
    int found = find_word(text, names);

    if (found < 0)
        return nst_fail(err, -EINVAL, "--tracking %s: must be auto, exact or heuristic", text);
    *tracking = found;
    return 0;
}

static int parse_inventory(const char *text, struct options *o, struct nst_error *err)
{
    o->inventory_names = !strcmp(text, "names");
    o->inventory_none = !strcmp(text, "none");
    if (o->inventory_names || o->inventory_none || !strcmp(text, "full"))
        return 0;
    return nst_fail(err, -EINVAL, "--inventory %s: must be full, names or none", text);
}

static int add(struct words *words, const char *word, struct nst_error *err)
{
    return words_add(words, word) ? nst_fail(err, -ENOMEM, "no memory for the options") : 0;
}

/* Whether this kernel has it is seen later; whether it can be a probe at all, now. */
static int take_probe(struct options *o, const char *text, struct nst_error *err)
{
    struct probe_spec spec;
    int error = probe_spec_parse(&spec, text, err);

    return error ? error : add(&o->probes, text, err);
}

static int take_option(struct options *o, int letter, const char *value, struct nst_error *err)
{
    switch (letter) {
    case 'w':
        o->output = value;
        return 0;
    case 'C':
        return parse_size(value, "-C", SIZE_LEAST, &o->file_bytes, err);
    case 'G':
        return parse_seconds(value, "-G", &o->period_ns, err);
    case 'W':
        return parse_number(value, 1, 1000000, "-W", &o->keep, err);
    case OPTION_LIVE:
        o->live = true;
        return 0;
    case OPTION_MAX_DISK:
        return parse_size(value, "--max-disk", QUOTA_LEAST, &o->disk_bytes, err);
    case 'c':
        return parse_number(value, 1, UINT64_MAX, "-c", &o->count, err);
    case 's':
        o->snaplen_given = true;
        return parse_snaplen(value, &o->snaplen, err);
    case 'B':
        return parse_number(value, 1, 1ull << 40, "-B", &o->ring_kib, err);
    case 'Z':
        o->user = value;
        return 0;
    case 'n':
        return 0;
    case 'q':
        o->quiet = true;
        return 0;
    case 'v':
        o->verbose = true;
        return 0;
    case OPTION_DURATION:
        return parse_seconds(value, "--duration", &o->duration_ns, err);
    case OPTION_CMD:
        o->command = value;
        return 0;
    case OPTION_NO_PACKETS:
        o->no_packets = true;
        return 0;
    case 'i':
        return add(&o->devices, value, err);
    case OPTION_NETNS:
        return add(&o->netns, value, err);
    case OPTION_DROP_REASON:
        return add(&o->drop_reasons, value, err);
    case 'p':
        return take_probe(o, value, err);
    case OPTION_PROFILE:
        return add(&o->profiles, value, err);
    case OPTION_STACK:
        o->stack = true;
        return 0;
    case OPTION_SKB:
        o->skb = true;
        return 0;
    case OPTION_LIST_PROBES:
        o->list_probes = true;
        return 0;
    case OPTION_ATTACH:
        return parse_attach(value, &o->attach, err);
    case OPTION_TRACKING:
        return parse_tracking(value, &o->tracking, err);
    case OPTION_INVENTORY:
        return parse_inventory(value, o, err);
    case OPTION_INVENTORY_PATH:
        o->paths_given = true;
        return runtime_paths_set(&o->paths, value, err);
    case OPTION_CMDLINE:
        o->cmdline = true;
        return 0;
    case 'h':
        o->help = true;
        return 0;
    case OPTION_VERSION:
        o->version = true;
        return 0;
    }
    return -EINVAL;
}

/* What "--nams=x" was to be: of the long options, or NULL. */
static const char *nearest_option(const char *word)
{
    struct nst_nearest nearest;

    nst_nearest_begin(&nearest, word + 2, strcspn(word + 2, "="));
    for (size_t i = 0; i < SPECS; i++)
        if (specs[i].name)
            nst_nearest_see(&nearest, specs[i].name);
    return nearest.name;
}

/* What getopt_long() answered '?' or ':' for. */
static int bad_option(int answer, const char *word, struct nst_error *err)
{
    bool is_long = !strncmp(word, "--", 2);
    char letter[] = {'-', (char)optopt, '\0'};
    const char *nearest = is_long ? nearest_option(word) : NULL;

    if (answer == ':')
        return nst_fail(err, -EINVAL, "an argument is missing after %s", is_long ? word : letter);
    if (is_long && optopt)
        return nst_fail(err, -EINVAL, "no argument belongs to %s", word);
    return nst_fail(err, -EINVAL, "unknown option %s%s%s%s", is_long ? word : letter,
                    nearest ? "; did you mean --" : "", nearest ? nearest : "", nearest ? "?" : "");
}

/* What rotation asks of the other options. */
static int check_files(struct options *o, struct nst_error *err)
{
    bool rotates = o->file_bytes || o->period_ns || o->keep || o->disk_bytes;

    if (o->output && !*o->output)
        return nst_fail(err, -EINVAL, "-w: the name is empty");
    if (rotates && !o->output)
        return nst_fail(err, -EINVAL, "-C, -G, -W and --max-disk need files: say -w FILE");
    if (rotates && !strcmp(o->output, "-"))
        return nst_fail(err, -EINVAL,
                        "-w -: standard output is one stream; -C, -G, -W and --max-disk need files");
    if (!o->disk_bytes)
        return 0;
    if (!o->file_bytes)
        o->file_bytes = o->disk_bytes / FILES_OF_QUOTA;
    if (o->file_bytes > o->disk_bytes / 2)
        return nst_fail(err, -EINVAL, "-C: must be half of --max-disk at most, %llu bytes",
                        (unsigned long long)(o->disk_bytes / 2));
    return 0;
}

/* The same namespace cannot be both. What was said in two ways is seen later. */
static int check_netns(const struct options *o, struct nst_error *err)
{
    for (size_t i = 0; i < o->netns.count; i++)
        for (size_t j = 0; o->netns.list[i][0] == '!' && j < o->netns.count; j++)
            if (!strcmp(o->netns.list[i] + 1, o->netns.list[j]))
                return nst_fail(err, -EINVAL, "--netns %s and %s exclude each other",
                                o->netns.list[j], o->netns.list[i]);
    return 0;
}

/* What only a full inventory has. */
static int check_inventory(const struct options *o, struct nst_error *err)
{
    const char *word = o->inventory_none ? "none" : "names";
    struct nst_who who;

    if (!o->inventory_none && !o->inventory_names)
        return 0;
    if (o->cmdline)
        return nst_fail(err, -EINVAL, "--cmdline: --inventory=%s records no processes", word);
    if (o->paths_given)
        return nst_fail(err, -EINVAL, "--inventory-path: --inventory=%s looks for no containers",
                        word);
    for (size_t i = 0; i < o->netns.count; i++)
        if (!nst_who_parse(o->netns.list[i], &who) && nst_who_is_container(&who))
            return nst_fail(err, -EINVAL, "--netns %s: --inventory=%s knows no containers",
                            o->netns.list[i], word);
    return 0;
}

static int check_list(const struct options *o, struct nst_error *err)
{
    if (o->filter.count > 1)
        return nst_fail(err, -EINVAL, "%s: --list-probes takes one pattern", o->filter.list[1]);
    if (o->output || o->live)
        return nst_fail(err, -EINVAL, "--list-probes records nothing: it goes without %s",
                        o->output ? "-w" : "--live");
    return 0;
}

static int check(struct options *o, struct nst_error *err)
{
    if (o->help || o->version)
        return 0;
    if (o->list_probes)
        return check_list(o, err);
    if (!o->output && !o->live)
        return nst_fail(err, -EINVAL,
                        "no output: say where to record to with -w FILE, or --live to see events");
    if (o->live && o->output && !strcmp(o->output, "-"))
        return nst_fail(err, -EINVAL, "--live: -w - takes the standard output");
    if (o->no_packets && o->snaplen_given)
        return nst_fail(err, -EINVAL, "-s and --no-packets exclude each other");
    if (o->no_packets)
        o->snaplen = 0;
    if (check_netns(o, err) || check_inventory(o, err))
        return -EINVAL;
    return check_files(o, err);
}

/* What follows the options is the filter. */
static int take_rest(struct options *o, int argc, char **argv, struct nst_error *err)
{
    for (int i = optind; i < argc; i++) {
        int error = add(&o->filter, argv[i], err);

        if (error)
            return error;
    }
    return check(o, err);
}

void options_free(struct options *o)
{
    words_free(&o->netns);
    words_free(&o->devices);
    words_free(&o->drop_reasons);
    words_free(&o->filter);
    words_free(&o->probes);
    words_free(&o->profiles);
}

int options_parse(struct options *o, int argc, char **argv, struct nst_error *err)
{
    struct option longs[SPECS + 1];
    char shorts[2 * SPECS + 2];

    *o = (struct options){.snaplen = SNAPLEN_DEFAULT, .attach = ATTACH_AUTO};
    runtime_paths_default(&o->paths);
    fill_getopt(longs, shorts);
    /* 0 has glibc's getopt begin anew, with its hidden state too. */
    optind = 0;
    opterr = 0;
    for (;;) {
        int letter = getopt_long(argc, argv, shorts, longs, NULL);
        int error;

        if (letter == -1)
            return take_rest(o, argc, argv, err);
        if (letter == '?' || letter == ':')
            return bad_option(letter, argv[optind - 1], err);
        error = take_option(o, letter, optarg, err);
        if (error)
            return error;
    }
}
