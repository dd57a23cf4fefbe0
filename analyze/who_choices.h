/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What could have been asked for where a --netns is in none of the files: said on stderr. */
#ifndef NST_ANALYZE_WHO_CHOICES_H
#define NST_ANALYZE_WHO_CHOICES_H

#include "analyze/inventory.h"
#include "analyze/names.h"
#include "format/who.h"

/* Adds the namespaces that an inventory has. */
void who_choices_known(const struct inventory *inv, struct netns_list *seen);
/* Who is asked for in that form is chosen from namespaces, not from processes or containers. */
bool who_choices_are_netns(enum nst_who_form form);
/* Says what was meant, where something is called almost so, and lists those of a file, or whatever
 * path is; seen: its namespaces. */
void who_choices_list(const char *path, const struct inventory *inv, const struct netns_list *seen,
                      const struct nst_who *who);
/* The containers whose id begins so. */
void who_choices_ambiguous(const char *path, const struct inventory *inv, const char *prefix);

#endif
