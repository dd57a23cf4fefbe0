-- SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
-- From which namespace to which packets went, and how long that took: the shortest, the median,
-- the slowest hundredth, the longest.
--   nstrail query x.db - <transitions.sql
WITH ranked AS (
    SELECT prev_netns_id, netns_id, latency_ns,
        cume_dist() OVER (PARTITION BY prev_netns_id, netns_id ORDER BY latency_ns) AS rank
    FROM hop WHERE prev_netns_id IS NOT NULL)
SELECT f.label AS from_netns, t.label AS to_netns, count(*) AS packets,
    min(latency_ns) / 1000.0 AS min_us,
    min(latency_ns) FILTER (WHERE rank >= 0.5) / 1000.0 AS median_us,
    min(latency_ns) FILTER (WHERE rank >= 0.99) / 1000.0 AS p99_us,
    max(latency_ns) / 1000.0 AS max_us
FROM ranked r JOIN netns f ON f.id = r.prev_netns_id JOIN netns t ON t.id = r.netns_id
GROUP BY r.prev_netns_id, r.netns_id
ORDER BY packets DESC;
