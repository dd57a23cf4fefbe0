/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which probes of this kernel a user means. */
#ifndef NST_CAPTURE_PROBE_SELECT_H
#define NST_CAPTURE_PROBE_SELECT_H

#include "capture/probe_spec.h"
#include "capture/probes.h"
#include "capture/targets.h"

/* Records what the spec names, in addition to what was chosen before. -ENOENT: this kernel has
 * no such, and the words say why and what is near; else another error. */
int probe_select(struct probes *probes, const struct probe_spec *spec,
                 const struct targets *targets, struct nst_error *err);

/* Whether a tracepoint's packet is still there when it tells of it. */
bool probe_select_has_packet(const struct target *target);
/* Whether a probe of that kind (enum nst_probe_kind) sees the parameter that the packet is. */
bool probe_select_sees_packet(uint32_t kind, const struct target *target);

#endif
