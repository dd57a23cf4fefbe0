-- SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
-- What was dropped where and why, with the flow that suffered most.
--   nstrail query x.db - <drops.sql
WITH flows AS (
    SELECT netns, drop_reason, count(*) AS drops,
        src || iif(sport IS NULL, '', '.' || sport) || ' > '
            || dst || iif(dport IS NULL, '', '.' || dport) AS flow
    FROM v_drop GROUP BY netns, drop_reason, src, sport, dst, dport)
SELECT netns, drop_reason, sum(drops) AS drops, count(*) AS flows, flow AS worst_flow,
    max(drops) AS of_that_flow
FROM flows GROUP BY netns, drop_reason ORDER BY 3 DESC;
