-- SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
-- The ways that packets took through the namespaces, most used first.
--   nstrail query x.db - <paths.sql
SELECT path, count(*) AS packets, sum(drops > 0) AS dropped,
    CAST(avg(duration_ns) / 1000 AS INTEGER) AS mean_us
FROM v_journey WHERE path IS NOT NULL GROUP BY path ORDER BY packets DESC LIMIT 20;
