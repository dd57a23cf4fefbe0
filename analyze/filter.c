/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/criteria.h"
#include "analyze/frame.h"
#include "analyze/message.h"
#include "analyze/options.h"

enum {
    OPTION_NETNS = FILTER_OPTION_FIRST,
    OPTION_DEV,
    OPTION_PROBE,
    OPTION_DROP,
    OPTION_SINCE,
    OPTION_UNTIL,
    OPTION_TRACK,
    OPTION_FOLLOW,
};

const struct option_spec filter_options[] = {
    {OPTION_NETNS, "netns", "WHO",
     "in a namespace: inum, 0xCOOKIE, name, 'web*', host, /path, pid:N, container:X, pod:NS/NAME;\n"
     "          !WHO: not in it"},
    {OPTION_DEV, "dev", "NAME", "at a device of that name, in any namespace"},
    {OPTION_PROBE, "probe", "NAME", "at a probe: net:netif_receive_skb, netif_receive_skb, net:*"},
    {OPTION_DROP, "drop", "[REASON]", "drops, of one reason or of any: NO_SOCKET, openvswitch/*"},
    {OPTION_SINCE, "since", "TIME",
     "at TIME or later: RFC 3339, HH:MM[:SS[.FRACTION]] on the day of the first event, seconds "
     "since\n          1970, +5 or +1h30m from the first event, -10m before the last one, start, "
     "end, or as\n          print shows it"},
    {OPTION_UNTIL, "until", "TIME", "before TIME"},
    {OPTION_TRACK, "track", "ID",
     "of one packet's journey: its id, or what print shows after its #, with it"},
    {'f', "filter", "EXPR", "whose packet matches a pcap-filter(7) expression"},
    {OPTION_FOLLOW, "follow", NULL,
     "and all other events of their packets, wherever they are; times hold for these, too"},
    {0},
};

struct filter *filter_new(void)
{
    struct filter *f = calloc(1, sizeof(*f));

    if (!f)
        message_error(NULL, "no memory for a filter");
    return f;
}

void filter_free(struct filter *f)
{
    if (!f)
        return;
    if (f->has_program)
        pcap_freecode(&f->program);
    if (f->has_program_l3)
        pcap_freecode(&f->program_l3);
    free(f->whos);
    free(f->tracks);
    free(f->devices.list);
    free(f->probes.list);
    free(f->drop_reasons.list);
    free(f);
}

bool filter_is_set(const struct filter *f)
{
    return f->whos_count || f->devices.count || f->probes.count || f->drops || f->since.given ||
           f->until.given || f->tracks_count || f->has_program;
}

bool filter_asks_events(const struct filter *f)
{
    return f->devices.count || f->probes.count || f->drops || f->since.given || f->until.given ||
           f->tracks_count || f->has_program || f->follow;
}

bool filter_asks_end(const struct filter *f)
{
    return f && (f->since.from_end || f->until.from_end);
}

const struct nst_who *filter_who(const struct filter *f, size_t i)
{
    return i < f->whos_count ? &f->whos[i] : NULL;
}

bool filter_any_drop(const struct filter *f)
{
    return f->any_drop;
}

bool filter_needs_packets(const struct filter *f)
{
    return f && f->has_program;
}

bool filter_follows(const struct filter *f)
{
    return f && f->follow &&
           (f->whos_count || f->devices.count || f->probes.count || f->drops || f->tracks_count ||
            f->has_program);
}

static int no_memory(void)
{
    return message_error(NULL, "no memory for a filter");
}

static int add_pattern(struct patterns *patterns, const char *text)
{
    const char **list = reallocarray(patterns->list, patterns->count + 1, sizeof(*list));

    if (!list)
        return no_memory();
    list[patterns->count++] = text;
    patterns->list = list;
    return STATUS_OK;
}

static int add_who(struct filter *f, const char *text)
{
    struct nst_who *whos = reallocarray(f->whos, f->whos_count + 1, sizeof(*whos));
    const char *wrong;

    if (!whos)
        return no_memory();
    f->whos = whos;
    wrong = nst_who_parse(text, &whos[f->whos_count]);
    if (wrong)
        return message_error(NULL, "--netns %s: %s", text, wrong);
    f->whos_count++;
    return STATUS_OK;
}

static int add_drop(struct filter *f, const char *reason)
{
    f->drops = true;
    if (reason)
        return add_pattern(&f->drop_reasons, reason);
    f->any_drop = true;
    return STATUS_OK;
}

static int set_time(struct when *when, const char *option, const char *text)
{
    const char *wrong;

    if (when->given)
        return message_error(NULL, "--%s was given before", option);
    wrong = when_parse(text, when);
    return wrong ? message_error(NULL, "--%s %s: %s", option, text, wrong) : STATUS_OK;
}

static bool parse_hex(const char *text, size_t digits, uint64_t *number)
{
    static const char hex[] = "0123456789abcdefABCDEF";
    char copy[17] = "";

    if (digits < 1 || digits >= sizeof(copy) || strspn(text, hex) < digits)
        return false;
    memcpy(copy, text, digits);
    *number = strtoull(copy, NULL, 16);
    return true;
}

/* Retis joins the time of the packet's first event and its first head, both in hex, without
 * leading zeros. The head is a kernel address, and those fill all of their 16 digits. */
static bool parse_track_pair(const char *text, struct track *track)
{
    size_t length = strlen(text);

    if (length <= 16)
        return false;
    track->is_pair = true;
    return parse_hex(text, length - 16, &track->ts_ns) &&
           parse_hex(text + length - 16, 16, &track->head);
}

static bool parse_track_id(const char *text, struct track *track)
{
    char *end;

    track->is_pair = false;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        return parse_hex(text + 2, strlen(text + 2), &track->id);
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    track->id = strtoull(text, &end, 10);
    return !errno && !*end;
}

static int add_track(struct filter *f, const char *text)
{
    struct track *tracks = reallocarray(f->tracks, f->tracks_count + 1, sizeof(*tracks));
    struct track *track;

    if (!tracks)
        return no_memory();
    f->tracks = tracks;
    track = &tracks[f->tracks_count];
    track->given = text;
    if (*text == '#' ? !parse_track_pair(text + 1, track) : !parse_track_id(text, track))
        return message_error(NULL, "--track %s: no journey's id (a number) and no #... of print",
                             text);
    f->tracks_count++;
    return STATUS_OK;
}

/* False: libpcap cannot, and *error says why. */
static bool compile(const char *text, int linktype, struct bpf_program *program, char *error,
                    size_t error_size)
{
    pcap_t *pcap = pcap_open_dead(linktype, FRAME_MAX);
    bool compiled;

    if (!pcap) {
        snprintf(error, error_size, "no memory for the filter");
        return false;
    }
    compiled = !pcap_compile(pcap, program, text, 1, PCAP_NETMASK_UNKNOWN);
    if (!compiled)
        snprintf(error, error_size, "%s", pcap_geterr(pcap));
    pcap_close(pcap);
    return compiled;
}

static int set_expression(struct filter *f, const char *text)
{
    char error[PCAP_ERRBUF_SIZE];

    if (f->has_program)
        return message_error(NULL, "-f was given before: join the expressions with 'or' or 'and'");
    if (!compile(text, DLT_EN10MB, &f->program, error, sizeof(error)))
        return message_error(NULL, "-f '%s': %s", text, error);
    f->has_program = true;
    f->has_program_l3 = compile(text, DLT_RAW, &f->program_l3, error, sizeof(error));
    return STATUS_OK;
}

int filter_option(struct filter *f, int letter, const char *value)
{
    switch (letter) {
    case OPTION_NETNS:
        return add_who(f, value);
    case OPTION_DEV:
        return add_pattern(&f->devices, value);
    case OPTION_PROBE:
        return add_pattern(&f->probes, value);
    case OPTION_DROP:
        return add_drop(f, value);
    case OPTION_SINCE:
        return set_time(&f->since, "since", value);
    case OPTION_UNTIL:
        return set_time(&f->until, "until", value);
    case OPTION_TRACK:
        return add_track(f, value);
    case OPTION_FOLLOW:
        f->follow = true;
        return STATUS_OK;
    case 'f':
        return set_expression(f, value);
    }
    return message_error(NULL, "option %d is none of the filter's", letter);
}
