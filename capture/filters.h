/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is to be recorded and what not, as the command line says, made ready for the BPF programs.
 */
#ifndef NST_CAPTURE_FILTERS_H
#define NST_CAPTURE_FILTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/drop_reasons.h"
#include "capture/inventory/row.h"
#include "capture/options.h"
#include "format/nstrail.h"
#include "format/who.h"

struct filters;

/* The options' strings outlive it. <0: one of them is wrong, or means nothing that there is. */
int filters_new(struct filters **filters, const struct options *options,
                const struct drop_reasons *reasons, struct nst_error *err);
void filters_free(struct filters *filters);

/* What they leave out, in words; NULL: nothing. */
const char *filters_words(const struct filters *filters);
/* What they cannot do on packets that begin at L3, in words; NULL: nothing. */
const char *filters_l3_limit(const struct filters *filters);

/* For struct ev_config. */
uint32_t filters_flags(const struct filters *filters);
uint32_t filters_window_bytes(const struct filters *filters);

/* The BPF object, with the pcap-filter in its place. */
const void *filters_object(const struct filters *filters, size_t *length);

/* The maps of the object when it is loaded: fds. */
struct filters_maps {
    int netns, devices, reasons;
};
int filters_begin(struct filters *filters, const struct filters_maps *maps, struct nst_error *err);

/* Of --netns alone, as in capture/netns_filter.h; nothing to do where it was not given. */
int filters_fd(const struct filters *filters);
int filters_rescan(struct filters *filters, struct nst_error *err);
bool filters_have_containers(const struct filters *filters);
void filters_note_row(struct filters *filters, const struct row *row);
int filters_apply_rows(struct filters *filters, struct nst_error *err);
int filters_check(const struct filters *filters, struct nst_error *err);
const struct nst_who *filters_by_inum(const struct filters *filters);
const struct nst_who *filters_unmatched(const struct filters *filters, const struct nst_who *after);

#endif
