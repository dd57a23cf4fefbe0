-- SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
-- Packets and bytes on the wire of each namespace, second by second; what the recorder lost then.
--   nstrail query x.db - <seconds.sql
SELECT strftime('%H:%M:%S', h.entered_ts_ns / 1000000000, 'unixepoch') AS utc, n.label AS netns,
    count(*) AS packets, sum(e.len_bytes) AS bytes,
    (SELECT sum(l.lost) FROM v_loss l
        WHERE l.ts_ns / 1000000000 = h.entered_ts_ns / 1000000000) AS lost
FROM hop h JOIN netns n ON n.id = h.netns_id JOIN event e ON e.id = h.first_event_id
GROUP BY h.entered_ts_ns / 1000000000, h.netns_id ORDER BY 1, 2;
