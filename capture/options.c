/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/options.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "capture/option_values.h"
#include "capture/options_check.h"
#include "capture/probe_spec.h"
#include "format/distance.h"
#include "format/error.h"

struct option_spec;

/* An option as it was given. */
struct given {
    const struct option_spec *spec;
    const char *value; /* its argument; NULL: it takes none */
    char called[32];   /* "-w", "--cmd": for messages */
};

struct option_spec {
    int letter;           /* 'w'; 0: there is only the long name */
    const char *name;     /* "write"; NULL: there is only the letter */
    const char *argument; /* what --help calls it; NULL: it takes none */
    /* Puts the value where it belongs; NULL: the option means nothing here. */
    int (*take)(struct options *o, const struct given *given, struct nst_error *err);
    size_t member;     /* of struct options: where take() puts the value */
    uint64_t min, max; /* of a number or a size */
    const char *help;
};

/* Where the value goes. It has the type that take() needs: MEMBER() checks that, below. */
static void *member_of(struct options *o, const struct given *given)
{
    return (char *)o + given->spec->member;
}

static int take_flag(struct options *o, const struct given *given, struct nst_error *err)
{
    bool *flag = member_of(o, given);

    (void)err;
    *flag = true;
    return 0;
}

/* Of several the last one counts. */
static int take_text(struct options *o, const struct given *given, struct nst_error *err)
{
    const char **text = member_of(o, given);

    (void)err;
    *text = given->value;
    return 0;
}

static int add_word(struct words *words, const char *word, struct nst_error *err)
{
    return words_add(words, word) ? nst_fail(err, -ENOMEM, "no memory for the options") : 0;
}

/* All of them count. */
static int take_word(struct options *o, const struct given *given, struct nst_error *err)
{
    return add_word(member_of(o, given), given->value, err);
}

static int take_number(struct options *o, const struct given *given, struct nst_error *err)
{
    return option_number(given->called, given->value, given->spec->min, given->spec->max,
                         member_of(o, given), err);
}

static int take_seconds(struct options *o, const struct given *given, struct nst_error *err)
{
    return option_seconds(given->called, given->value, member_of(o, given), err);
}

static int take_size(struct options *o, const struct given *given, struct nst_error *err)
{
    return option_size(given->called, given->value, given->spec->min, member_of(o, given), err);
}

static int take_snaplen(struct options *o, const struct given *given, struct nst_error *err)
{
    uint64_t number;
    int error = option_number(given->called, given->value, 0, NST_MAX_SNAPLEN, &number, err);

    o->snaplen_given = true;
    if (!error)
        o->snaplen = number ? number : NST_MAX_SNAPLEN;
    return error;
}

/* Whether this kernel has it is seen later; whether it can be a probe at all, now. */
static int take_probe(struct options *o, const struct given *given, struct nst_error *err)
{
    struct probe_spec spec;
    int error = probe_spec_parse(&spec, given->value, err);

    return error ? error : add_word(&o->probes, given->value, err);
}

static int take_attach(struct options *o, const struct given *given, struct nst_error *err)
{
    static const char *const words[] = {
        [ATTACH_AUTO] = "auto", [ATTACH_TP_BTF] = "tp_btf", [ATTACH_RAW_TP] = "raw_tp"};
    int chosen = option_choice(given->called, given->value, words, err);

    if (chosen < 0)
        return chosen;
    o->attach = chosen;
    return 0;
}

static int take_tracking(struct options *o, const struct given *given, struct nst_error *err)
{
    static const char *const words[] = {
        [TRACKING_AUTO] = "auto", [TRACKING_EXACT] = "exact", [TRACKING_HEURISTIC] = "heuristic"};
    int chosen = option_choice(given->called, given->value, words, err);

    if (chosen < 0)
        return chosen;
    o->tracking = chosen;
    return 0;
}

static int take_inventory(struct options *o, const struct given *given, struct nst_error *err)
{
    static const char *const words[] = {
        [INVENTORY_FULL] = "full", [INVENTORY_NAMES] = "names", [INVENTORY_NONE] = "none"};
    int chosen = option_choice(given->called, given->value, words, err);

    if (chosen < 0)
        return chosen;
    o->inventory = chosen;
    return 0;
}

static int take_inventory_path(struct options *o, const struct given *given, struct nst_error *err)
{
    o->paths_given = true;
    return runtime_paths_set(&o->paths, given->value, err);
}

/* Where a member of struct options is. The comparison is never made: it has the compiler warn
 * when the member is of another type. */
#define MEMBER(type, name)                                                                         \
    (offsetof(struct options, name) + 0 * sizeof((type *)0 == &((struct options *)0)->name))

/* What an option does: take, member, min and max of its option_spec. */
#define NOTHING                NULL, 0, 0, 0
#define FLAG(name)             take_flag, MEMBER(bool, name), 0, 0
#define TEXT(name)             take_text, MEMBER(const char *, name), 0, 0
#define WORDS(name)            take_word, MEMBER(struct words, name), 0, 0
#define NUMBER(name, min, max) take_number, MEMBER(uint64_t, name), min, max
#define SECONDS(name)          take_seconds, MEMBER(uint64_t, name), 0, 0
#define SIZE(name, least)      take_size, MEMBER(uint64_t, name), least, 0
#define BY(take)               take, 0, 0, 0

/* A file has its header and a block at least. */
#define FILE_BYTES_LEAST (64ull << 10)
/* --max-disk keeps room for a block, which may take half of this. */
#define QUOTA_BYTES_LEAST (1ull << 20)
#define FILES_MOST        1000000
#define RING_KIB_MOST     (1ull << 40)

static const struct option_spec specs[] = {
    {'w', "write", "FILE", TEXT(output), "record to FILE; - is standard output"},
    {'C', "file-size", "SIZE", SIZE(file_bytes, FILE_BYTES_LEAST),
     "begin a new file at SIZE million bytes; or with k, M, G"},
    {'G', "file-seconds", "SECONDS", SECONDS(period_ns),
     "begin a new file after so many seconds; or with s, m, h, d"},
    {'W', "files", "COUNT", NUMBER(keep, 1, FILES_MOST), "keep the newest COUNT files"},
    {0, "live", NULL, FLAG(live), "show events while they are recorded; needs no -w"},
    {0, "max-disk", "SIZE", SIZE(disk_bytes, QUOTA_BYTES_LEAST),
     "remove the oldest files beyond SIZE in all"},
    {'c', "count", "COUNT", NUMBER(count, 1, UINT64_MAX), "stop after COUNT events"},
    {0, "duration", "SECONDS", SECONDS(duration_ns),
     "stop after so many seconds; or with s, m, h, d"},
    {0, "cmd", "COMMAND", TEXT(command), "run COMMAND by the shell and stop when it ends"},
    {'i', "interface", "DEV", WORDS(devices),
     "packets at a device of that name, or 'veth*', in any namespace"},
    {0, "netns", "WHO", WORDS(netns),
     "packets in a namespace: inum, 0xCOOKIE, name, host, /path, pid:N, container:X, pod:NS/NAME; "
     "!WHO: none"},
    {0, "drop-reason", "NAME", WORDS(drop_reasons), "of drops, only those for that reason"},
    {'p', "probe", "PROBE", BY(take_probe),
     "record here: [TYPE:]NAME[/stack]; TYPE tp, kprobe, kretprobe, fentry"},
    {0, "profile", "NAME", WORDS(profiles),
     "the probes of a profile: default, ifdump, drop, stack..."},
    {0, "stack", NULL, FLAG(stack), "with each event the stack trace that led to it"},
    {0, "skb", NULL, FLAG(skb), "with each event mark, hash, checksum state, GSO... of its skb"},
    {0, "list-probes", NULL, FLAG(list_probes),
     "list what there is to record at, also by a PATTERN"},
    {'s', "snaplen", "BYTES", BY(take_snaplen),
     "record up to so many bytes of a packet (128); 0 is 65535"},
    {0, "no-packets", NULL, FLAG(no_packets), "record no bytes of packets"},
    {'B', "buffer", "KIB", NUMBER(ring_kib, 1, RING_KIB_MOST),
     "memory of the rings, of all CPUs together"},
    {0, "attach", "HOW", BY(take_attach), "auto, tp_btf or raw_tp"},
    {0, "tracking", "HOW", BY(take_tracking), "of packets: auto, exact (by kprobes) or heuristic"},
    {0, "inventory", "WHAT", BY(take_inventory),
     "of who the namespaces are: full (the default), names or none"},
    {0, "inventory-path", "SOURCE=FOLDER[:FOLDER...]", BY(take_inventory_path),
     "where a container runtime keeps what it knows"},
    {0, "cmdline", NULL, FLAG(cmdline), "record command lines of processes too"},
    {'Z', "user", "USER", TEXT(user), "become USER once it records, who then owns the files"},
    {'n', NULL, NULL, NOTHING, "nothing: addresses are never looked up"},
    {'q', "quiet", NULL, FLAG(quiet), "say nothing but errors and losses"},
    {'v', "verbose", NULL, FLAG(verbose), "say what libbpf says"},
    {'h', "help", NULL, FLAG(help), "say this"},
    {0, "version", NULL, FLAG(version), "say the version"},
};

#define SPECS (sizeof(specs) / sizeof(specs[0]))

/* getopt_long()'s number for the first of specs, where that has only a long name. */
#define LONG_FIRST 256

static bool is_short(const struct option_spec *spec)
{
    return spec->letter != 0;
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
                                .val = is_short(&specs[i]) ? specs[i].letter : LONG_FIRST + (int)i};
    }
    *shorts = '\0';
    longs[count] = (struct option){0};
}

/* The option that getopt_long() answered that number for; NULL: it is none of ours. */
static const struct option_spec *find_spec(int answer)
{
    if (answer >= LONG_FIRST)
        return answer < LONG_FIRST + (int)SPECS ? &specs[answer - LONG_FIRST] : NULL;
    for (size_t i = 0; i < SPECS; i++)
        if (specs[i].letter == answer)
            return &specs[i];
    return NULL;
}

static int take_option(struct options *o, int answer, const char *value, struct nst_error *err)
{
    struct given given = {.spec = find_spec(answer), .value = value};

    if (!given.spec)
        return -EINVAL;
    if (is_short(given.spec))
        snprintf(given.called, sizeof(given.called), "-%c", given.spec->letter);
    else
        snprintf(given.called, sizeof(given.called), "--%s", given.spec->name);
    return given.spec->take ? given.spec->take(o, &given, err) : 0;
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

/* What follows the options is the filter. */
static int take_rest(struct options *o, int argc, char **argv, struct nst_error *err)
{
    for (int i = optind; i < argc; i++) {
        int error = add_word(&o->filter, argv[i], err);

        if (error)
            return error;
    }
    return options_check(o, err);
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
