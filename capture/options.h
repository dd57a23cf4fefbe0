/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The command line; nstrail-capture(8) describes it. */
#ifndef NST_CAPTURE_OPTIONS_H
#define NST_CAPTURE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/attach.h"
#include "capture/inventory/runtime_paths.h"
#include "capture/words.h"
#include "format/nstrail.h"

#define SNAPLEN_DEFAULT 128
#define DEVICE_ANY      "any" /* of -i: all of them */

/* --inventory: what is recorded of who the namespaces are. */
enum inventory_mode {
    INVENTORY_FULL,
    INVENTORY_NAMES, /* nothing of what is in them */
    INVENTORY_NONE,
};

struct options {
    const char *output;   /* -w; NULL: none, --live alone */
    const char *command;  /* --cmd, or NULL */
    const char *user;     /* -Z, or NULL */
    uint64_t file_bytes;  /* -C; 0: no limit, as the next three */
    uint64_t period_ns;   /* -G */
    uint64_t keep;        /* -W: files */
    uint64_t disk_bytes;  /* --max-disk: of all files together */
    uint64_t count;       /* -c: events; 0: no limit */
    uint64_t duration_ns; /* --duration; 0: no limit */
    uint64_t ring_kib;    /* -B; 0: the default */
    uint32_t snaplen;     /* 0: no packets */
    bool snaplen_given;   /* -s */
    bool no_packets;      /* --no-packets */
    struct words probes;   /* -p */
    struct words profiles; /* --profile */
    bool list_probes;
    bool stack;
    bool skb; /* --skb */
    enum attach_mode attach;
    enum tracking tracking;
    struct words netns;        /* --netns, with their '!' */
    struct words devices;      /* -i */
    struct words drop_reasons; /* --drop-reason */
    struct words filter;       /* the pcap-filter */
    enum inventory_mode inventory;
    struct runtime_paths paths; /* --inventory-path */
    bool paths_given;
    bool cmdline; /* --cmdline: record command lines */
    bool live;  /* --live */
    bool quiet;
    bool verbose;
    bool help; /* print it and be done */
    bool version;
};

/* Strings are argv's. <0: misused. In either case options_free() is due. */
int options_parse(struct options *options, int argc, char **argv, struct nst_error *err);
void options_free(struct options *options);
void options_help(void);

#endif
