-- SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
-- Where packets spend their time, the slowest first: within a namespace, as in a router's queue, or
-- on the way from one to the next.
--   nstrail query x.db - <delays.sql
SELECT host, netns AS place, stays AS packets, min_stay_ns / 1000.0 AS min_us,
    avg_stay_ns / 1000.0 AS mean_us, p99_stay_ns / 1000.0 AS p99_us, max_stay_ns / 1000.0 AS max_us
FROM v_stay_summary
UNION ALL
SELECT host, from_netns || ' > ' || to_netns, transitions, min_latency_ns / 1000.0,
    avg_latency_ns / 1000.0, p99_latency_ns / 1000.0, max_latency_ns / 1000.0
FROM v_transition_summary
ORDER BY mean_us DESC;
