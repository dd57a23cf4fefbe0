-- SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
--
-- Few, because building them is most of an import's time. Into a new database they come after
-- the rows: sorting is several times faster than inserting each.

-- A namespace and a time window; packets and bytes of a namespace without touching the table.
CREATE INDEX event_netns ON event(netns_id, ts_ns, len_bytes);
-- One packet's events; in it they stand by id, so in the order of their import.
CREATE INDEX event_journey ON event(journey_id);
-- Drops are few among the events: this one is small, and answers from itself.
CREATE INDEX event_drop ON event(drop_reason_id, netns_id, ts_ns)
    WHERE drop_reason_id IS NOT NULL;
-- The transition matrix with its latencies, without touching the table.
CREATE INDEX hop_transition ON hop(prev_netns_id, netns_id, latency_ns)
    WHERE prev_netns_id IS NOT NULL;
-- How long packets stay in each namespace. A stay of one event has no length that is known.
CREATE INDEX hop_stay ON hop(netns_id, stay_ns) WHERE events > 1;
-- One packet's path.
CREATE INDEX hop_journey ON hop(journey_id);
-- Whose an address is.
CREATE INDEX address_address ON address(address);
