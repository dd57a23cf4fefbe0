-- SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
-- Packets of each namespace: how many passed, how many were dropped there.
--   nstrail query x.db - <namespaces.sql
SELECT n.host, n.netns, p.packets, n.events, n.drops
FROM v_netns_summary n
JOIN (SELECT netns_id, count(DISTINCT journey_id) AS packets FROM hop GROUP BY netns_id) p
    ON p.netns_id = n.netns_id
ORDER BY p.packets DESC;
