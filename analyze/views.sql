-- SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
--
-- Views for people. They join netns alone, by which people select and group, and fetch the
-- rest by scalar subqueries: those are not run for a column that nobody asks for, whereas
-- joining every dimension made a GROUP BY ten times slower.

CREATE VIEW v_event AS
SELECT e.id,
    strftime('%Y-%m-%dT%H:%M:%S', e.ts_ns / 1000000000, 'unixepoch')
        || printf('.%09dZ', e.ts_ns % 1000000000) AS time,
    e.ts_ns,
    (SELECT c.hostname FROM file f JOIN capture c ON c.id = f.capture_id
        WHERE f.id = e.file_id) AS host,
    e.cpu,
    (SELECT symbol FROM probe WHERE id = e.probe_id) AS probe,
    n.label AS netns,
    CASE e.netns_source WHEN 1 THEN 'device' WHEN 2 THEN 'socket' WHEN 3 THEN 'parameter' END
        AS netns_source,
    (SELECT name FROM device WHERE id = e.device_id) AS dev,
    (SELECT ifindex FROM device WHERE id = e.device_id) AS ifindex,
    e.rx_ifindex,
    (SELECT '#' || ltrim(printf('%x%016x', first_mono_ns, first_head), '0') FROM journey
        WHERE id = e.journey_id) AS track,
    e.journey_id,
    (SELECT pid FROM task WHERE id = e.task_id) AS pid,
    (SELECT tgid FROM task WHERE id = e.task_id) AS tgid,
    (SELECT comm FROM task WHERE id = e.task_id) AS comm,
    (SELECT label FROM drop_reason WHERE id = e.drop_reason_id) AS drop_reason,
    e.len_bytes,
    e.caplen_bytes,
    (SELECT protocol FROM packet WHERE id = e.packet_id) AS protocol,
    (SELECT src FROM packet WHERE id = e.packet_id) AS src,
    (SELECT sport FROM packet WHERE id = e.packet_id) AS sport,
    (SELECT dst FROM packet WHERE id = e.packet_id) AS dst,
    (SELECT dport FROM packet WHERE id = e.packet_id) AS dport
FROM event e LEFT JOIN netns n ON n.id = e.netns_id;

CREATE VIEW v_drop AS
SELECT e.id,
    strftime('%Y-%m-%dT%H:%M:%S', e.ts_ns / 1000000000, 'unixepoch')
        || printf('.%09dZ', e.ts_ns % 1000000000) AS time,
    e.ts_ns,
    (SELECT c.hostname FROM file f JOIN capture c ON c.id = f.capture_id
        WHERE f.id = e.file_id) AS host,
    n.label AS netns,
    (SELECT name FROM device WHERE id = e.device_id) AS dev,
    (SELECT label FROM drop_reason WHERE id = e.drop_reason_id) AS drop_reason,
    (SELECT symbol FROM probe WHERE id = e.probe_id) AS probe,
    e.journey_id,
    (SELECT pid FROM task WHERE id = e.task_id) AS pid,
    (SELECT comm FROM task WHERE id = e.task_id) AS comm,
    e.len_bytes,
    (SELECT protocol_name FROM packet WHERE id = e.packet_id) AS protocol_name,
    (SELECT protocol FROM packet WHERE id = e.packet_id) AS protocol,
    (SELECT src FROM packet WHERE id = e.packet_id) AS src,
    (SELECT sport FROM packet WHERE id = e.packet_id) AS sport,
    (SELECT dst FROM packet WHERE id = e.packet_id) AS dst,
    (SELECT dport FROM packet WHERE id = e.packet_id) AS dport
FROM event e LEFT JOIN netns n ON n.id = e.netns_id
WHERE e.drop_reason_id IS NOT NULL;

-- Counted by ids, from an index alone; names are put to the few rows that result.
CREATE VIEW v_drop_summary AS
SELECT (SELECT hostname FROM capture WHERE id = n.capture_id) AS host,
    n.label AS netns,
    (SELECT label FROM drop_reason WHERE id = s.drop_reason_id) AS drop_reason,
    s.drops, s.first_ts_ns, s.last_ts_ns, s.netns_id, s.drop_reason_id
FROM (SELECT drop_reason_id, netns_id, count(*) AS drops, min(ts_ns) AS first_ts_ns,
          max(ts_ns) AS last_ts_ns
      FROM event WHERE drop_reason_id IS NOT NULL GROUP BY drop_reason_id, netns_id) s
LEFT JOIN netns n ON n.id = s.netns_id;

-- Counted by ids first: a trace is put together once for each of the few that there are.
CREATE VIEW v_stack AS
SELECT s.probe_id, (SELECT symbol FROM probe WHERE id = s.probe_id) AS probe, s.stack_id,
    (WITH RECURSIVE frame(id, caller_id, function, depth) AS (
         SELECT id, caller_id, function, 0 FROM stack WHERE id = s.stack_id
         UNION ALL
         SELECT c.id, c.caller_id, c.function, f.depth + 1
         FROM frame f JOIN stack c ON c.id = f.caller_id)
     SELECT group_concat(function, ', ') FROM (SELECT function FROM frame ORDER BY depth)) AS trace,
    s.events, s.drops, s.first_ts_ns, s.last_ts_ns
FROM (SELECT stack_id, probe_id, count(*) AS events, count(drop_reason_id) AS drops,
          min(ts_ns) AS first_ts_ns, max(ts_ns) AS last_ts_ns
      FROM event WHERE stack_id IS NOT NULL GROUP BY stack_id, probe_id) s;

-- The first and the last time come from the ends of the index: min() and max() would look at all
-- rows for them, which takes as long again as the rest.
CREATE VIEW v_netns_summary AS
SELECT (SELECT hostname FROM capture WHERE id = n.capture_id) AS host,
    n.label AS netns, n.inum, n.cookie, s.events, s.bytes, coalesce(d.drops, 0) AS drops,
    (SELECT ts_ns FROM event WHERE netns_id = n.id ORDER BY ts_ns LIMIT 1) AS first_ts_ns,
    (SELECT ts_ns FROM event WHERE netns_id = n.id ORDER BY ts_ns DESC LIMIT 1) AS last_ts_ns,
    n.id AS netns_id
FROM (SELECT netns_id, count(*) AS events, sum(len_bytes) AS bytes
      FROM event WHERE netns_id IS NOT NULL GROUP BY netns_id) s
JOIN netns n ON n.id = s.netns_id
LEFT JOIN (SELECT netns_id, count(*) AS drops FROM event
           WHERE drop_reason_id IS NOT NULL GROUP BY netns_id) d ON d.netns_id = n.id;

CREATE VIEW v_transition AS
SELECT h.id,
    strftime('%Y-%m-%dT%H:%M:%S', h.entered_ts_ns / 1000000000, 'unixepoch')
        || printf('.%09dZ', h.entered_ts_ns % 1000000000) AS time,
    (SELECT hostname FROM capture WHERE id = t.capture_id) AS host,
    h.journey_id,
    f.label AS from_netns,
    t.label AS to_netns,
    h.prev_left_ts_ns,
    h.entered_ts_ns,
    h.latency_ns,
    (SELECT p.protocol FROM event e JOIN packet p ON p.id = e.packet_id
        WHERE e.id = h.first_event_id) AS protocol,
    (SELECT p.src FROM event e JOIN packet p ON p.id = e.packet_id
        WHERE e.id = h.first_event_id) AS src,
    (SELECT p.sport FROM event e JOIN packet p ON p.id = e.packet_id
        WHERE e.id = h.first_event_id) AS sport,
    (SELECT p.dst FROM event e JOIN packet p ON p.id = e.packet_id
        WHERE e.id = h.first_event_id) AS dst,
    (SELECT p.dport FROM event e JOIN packet p ON p.id = e.packet_id
        WHERE e.id = h.first_event_id) AS dport
FROM hop h JOIN netns f ON f.id = h.prev_netns_id JOIN netns t ON t.id = h.netns_id
WHERE h.prev_netns_id IS NOT NULL;

-- The 99th percentile is counted off from the slow end of the index: a hundredth of its rows.
CREATE VIEW v_transition_summary AS
SELECT (SELECT hostname FROM capture WHERE id = t.capture_id) AS host,
    f.label AS from_netns,
    t.label AS to_netns,
    s.transitions,
    (SELECT latency_ns FROM hop WHERE prev_netns_id = f.id AND netns_id = t.id
        ORDER BY latency_ns LIMIT 1) AS min_latency_ns,
    CAST(s.avg_latency_ns AS INTEGER) AS avg_latency_ns,
    (SELECT latency_ns FROM (SELECT latency_ns, row_number() OVER (ORDER BY latency_ns DESC) AS place
        FROM hop WHERE prev_netns_id = f.id AND netns_id = t.id)
        WHERE place = s.transitions / 100 + 1) AS p99_latency_ns,
    (SELECT latency_ns FROM hop WHERE prev_netns_id = f.id AND netns_id = t.id
        ORDER BY latency_ns DESC LIMIT 1) AS max_latency_ns,
    s.prev_netns_id, s.netns_id
FROM (SELECT prev_netns_id, netns_id, count(*) AS transitions, avg(latency_ns) AS avg_latency_ns
      FROM hop WHERE prev_netns_id IS NOT NULL GROUP BY prev_netns_id, netns_id) s
JOIN netns f ON f.id = s.prev_netns_id JOIN netns t ON t.id = s.netns_id;

CREATE VIEW v_stay_summary AS
SELECT (SELECT hostname FROM capture WHERE id = n.capture_id) AS host,
    n.label AS netns,
    s.stays,
    (SELECT stay_ns FROM hop WHERE netns_id = n.id AND events > 1
        ORDER BY stay_ns LIMIT 1) AS min_stay_ns,
    CAST(s.avg_stay_ns AS INTEGER) AS avg_stay_ns,
    (SELECT stay_ns FROM (SELECT stay_ns, row_number() OVER (ORDER BY stay_ns DESC) AS place
        FROM hop WHERE netns_id = n.id AND events > 1)
        WHERE place = s.stays / 100 + 1) AS p99_stay_ns,
    (SELECT stay_ns FROM hop WHERE netns_id = n.id AND events > 1
        ORDER BY stay_ns DESC LIMIT 1) AS max_stay_ns,
    s.netns_id
FROM (SELECT netns_id, count(*) AS stays, avg(stay_ns) AS avg_stay_ns
      FROM hop WHERE events > 1 GROUP BY netns_id) s
JOIN netns n ON n.id = s.netns_id;

CREATE VIEW v_journey AS
SELECT j.id,
    '#' || ltrim(printf('%x%016x', j.first_mono_ns, j.first_head), '0') AS track,
    strftime('%Y-%m-%dT%H:%M:%S', j.first_ts_ns / 1000000000, 'unixepoch')
        || printf('.%09dZ', j.first_ts_ns % 1000000000) AS time,
    j.first_ts_ns,
    j.duration_ns,
    (SELECT hostname FROM capture WHERE id = j.capture_id) AS host,
    (SELECT group_concat(label, ' > ') FROM (SELECT n.label FROM hop h JOIN netns n
        ON n.id = h.netns_id WHERE h.journey_id = j.id ORDER BY h.ordinal)) AS path,
    j.events, j.hops, j.drops,
    (SELECT label FROM drop_reason WHERE id = (SELECT e.drop_reason_id
        FROM event e JOIN file f ON f.id = e.file_id
        WHERE e.journey_id = j.id AND e.drop_reason_id IS NOT NULL
        ORDER BY f.sequence DESC, e.id DESC LIMIT 1)) AS drop_reason,
    j.len_bytes,
    (SELECT protocol_name FROM packet WHERE id = j.packet_id) AS protocol_name,
    (SELECT protocol FROM packet WHERE id = j.packet_id) AS protocol,
    (SELECT src FROM packet WHERE id = j.packet_id) AS src,
    (SELECT sport FROM packet WHERE id = j.packet_id) AS sport,
    (SELECT dst FROM packet WHERE id = j.packet_id) AS dst,
    (SELECT dport FROM packet WHERE id = j.packet_id) AS dport
FROM journey j;

-- Grouped by where packets began and ended, too, because tenants may have the same addresses.
CREATE VIEW v_flow AS
SELECT (SELECT hostname FROM capture WHERE id = j.capture_id) AS host,
    p.protocol_name, p.protocol, p.src, p.sport, p.dst, p.dport,
    (SELECT label FROM netns WHERE id = j.from_netns_id) AS from_netns,
    (SELECT label FROM netns WHERE id = j.to_netns_id) AS to_netns,
    count(*) AS packets, sum(j.len_bytes) AS bytes, sum(j.drops > 0) AS dropped,
    min(j.first_ts_ns) AS first_ts_ns, max(j.last_ts_ns) AS last_ts_ns
FROM journey j JOIN packet p ON p.id = j.packet_id
WHERE p.src IS NOT NULL
GROUP BY j.capture_id, j.from_netns_id, j.to_netns_id, p.protocol, p.src, p.sport, p.dst, p.dport;

CREATE VIEW v_process_netns AS
SELECT (SELECT hostname FROM capture WHERE id = t.capture_id) AS host,
    t.tgid, t.pid, t.comm, n.label AS netns, s.events, s.first_ts_ns, s.last_ts_ns, s.netns_id
FROM (SELECT task_id, netns_id, count(*) AS events, min(ts_ns) AS first_ts_ns,
          max(ts_ns) AS last_ts_ns
      FROM event WHERE task_id IS NOT NULL AND netns_id IS NOT NULL GROUP BY task_id, netns_id) s
JOIN task t ON t.id = s.task_id JOIN netns n ON n.id = s.netns_id;

-- The counters run from the start of their capture: its first row has all that was lost before.
CREATE VIEW v_loss AS
SELECT host, since_ts_ns, ts_ns, counter, probe, cpu, lost, total
FROM (SELECT (SELECT hostname FROM capture WHERE id = f.capture_id) AS host,
          lag(l.ts_ns) OVER w AS since_ts_ns, l.ts_ns, l.counter, l.probe, l.cpu,
          l.value - coalesce(lag(l.value) OVER w, 0) AS lost,
          l.value AS total
      FROM loss l JOIN file f ON f.id = l.file_id
      WHERE l.counter LIKE 'lost.%'
      WINDOW w AS (PARTITION BY f.capture_id, l.counter, l.probe, l.cpu
          ORDER BY f.sequence, l.id))
WHERE lost IS NULL OR lost > 0;

-- As `nstrail netns` lists them.
CREATE VIEW v_netns AS
SELECT (SELECT hostname FROM capture WHERE id = n.capture_id) AS host,
    n.label AS netns, n.cookie, n.inum,
    (SELECT group_concat(name, ',') FROM (SELECT DISTINCT name FROM netns_name
        WHERE netns_id = n.id AND place = 'netns' ORDER BY name)) AS names,
    (SELECT group_concat(label, ',') FROM (SELECT DISTINCT CASE WHEN pod_name IS NULL
            THEN coalesce(name, container_id)
            ELSE coalesce(pod_namespace || '/', '') || pod_name END AS label
        FROM container WHERE netns_id = n.id ORDER BY 1)) AS containers,
    (SELECT count(*) FROM (SELECT DISTINCT pid, start_ts_ns FROM process
        WHERE netns_id = n.id)) AS processes,
    (SELECT group_concat(name, ',') FROM (SELECT name FROM device
        WHERE netns_id = n.id ORDER BY ifindex)) AS devices,
    (SELECT group_concat(address, ',') FROM (SELECT DISTINCT address || '/' || prefix AS address
        FROM address WHERE netns_id = n.id ORDER BY ifindex, family)) AS addresses,
    n.first_ts_ns, n.last_ts_ns,
    coalesce(s.events, 0) AS events, coalesce(s.bytes, 0) AS bytes, coalesce(d.drops, 0) AS drops,
    n.id AS netns_id
FROM netns n
LEFT JOIN (SELECT netns_id, count(*) AS events, sum(len_bytes) AS bytes
           FROM event WHERE netns_id IS NOT NULL GROUP BY netns_id) s ON s.netns_id = n.id
LEFT JOIN (SELECT netns_id, count(*) AS drops FROM event
           WHERE drop_reason_id IS NOT NULL GROUP BY netns_id) d ON d.netns_id = n.id;

CREATE VIEW v_skb AS
SELECT e.id,
    strftime('%Y-%m-%dT%H:%M:%S', e.ts_ns / 1000000000, 'unixepoch')
        || printf('.%09dZ', e.ts_ns % 1000000000) AS time,
    e.ts_ns,
    (SELECT c.hostname FROM file f JOIN capture c ON c.id = f.capture_id
        WHERE f.id = e.file_id) AS host,
    n.label AS netns,
    (SELECT name FROM device WHERE id = e.device_id) AS dev,
    (SELECT symbol FROM probe WHERE id = e.probe_id) AS probe,
    e.journey_id,
    e.len_bytes,
    s.mark, s.hash, s.priority, s.protocol,
    CASE s.ip_summed WHEN 0 THEN 'none' WHEN 1 THEN 'unnecessary' WHEN 2 THEN 'complete'
        WHEN 3 THEN 'partial' ELSE CAST(s.ip_summed AS TEXT) END AS checksum,
    s.gso_type, s.gso_size_bytes, s.gso_segs,
    s.data_len_bytes, s.frags, s.cloned, s.users, s.dataref
FROM skb s JOIN event e ON e.id = s.event_id LEFT JOIN netns n ON n.id = e.netns_id;

-- A device and the one that it leads to: a veth's other end, or the device below.
CREATE VIEW v_wire AS
SELECT (SELECT hostname FROM capture WHERE id = d.capture_id) AS host,
    n.label AS netns, d.name AS dev, d.kind,
    (SELECT m.name FROM device m WHERE m.netns_id = d.netns_id AND m.ifindex = d.master_ifindex
        ORDER BY m.last_ts_ns DESC LIMIT 1) AS master,
    l.label AS to_netns,
    (SELECT o.name FROM device o WHERE o.netns_id = coalesce(d.link_netns_id, d.netns_id)
        AND o.ifindex = d.link_ifindex ORDER BY o.last_ts_ns DESC LIMIT 1) AS to_dev,
    d.first_ts_ns, d.last_ts_ns, d.netns_id, d.id AS device_id
FROM device d JOIN netns n ON n.id = d.netns_id
LEFT JOIN netns l ON l.id = CASE WHEN d.link_ifindex IS NOT NULL
    THEN coalesce(d.link_netns_id, d.netns_id) END;

-- From when until when a namespace had an address. An address that it had within a second of when
-- it was first seen, it had before, too: for a second, as long as it may have existed unseen.
-- Likewise at its end; and what was so when the recording ended is taken to be so afterwards. But
-- where another namespace had the address shortly before, it was that one's until it was seen here.
CREATE VIEW v_address AS
SELECT (SELECT hostname FROM capture WHERE id = n.capture_id) AS host,
    n.label AS netns, (SELECT name FROM device WHERE id = a.device_id) AS dev,
    a.address, a.prefix,
    CASE WHEN a.first_ts_ns - n.first_ts_ns > 1000000000 OR EXISTS (SELECT 1
            FROM address b JOIN netns m ON m.id = b.netns_id
            WHERE b.address = a.address AND m.capture_id = n.capture_id AND m.id <> n.id
            AND b.first_ts_ns < a.first_ts_ns
            AND CASE WHEN m.last_ts_ns - b.last_ts_ns > 1000000000 THEN b.last_ts_ns
                ELSE m.last_ts_ns END >= n.first_ts_ns - 1000000000) THEN a.first_ts_ns
        ELSE n.first_ts_ns - 1000000000 END AS since_ts_ns,
    CASE WHEN n.gone = 0 AND a.last_ts_ns >= n.last_ts_ns THEN 9223372036854775807
        WHEN n.gone = 0 OR n.last_ts_ns - a.last_ts_ns > 1000000000 THEN a.last_ts_ns
        WHEN n.gone THEN n.last_ts_ns
        ELSE min(n.last_ts_ns + 1000000000, coalesce((SELECT min(b.first_ts_ns) - 1
            FROM address b JOIN netns m ON m.id = b.netns_id
            WHERE b.address = a.address AND m.capture_id = n.capture_id AND m.id <> n.id
            AND b.first_ts_ns > n.last_ts_ns), 9223372036854775807)) END AS until_ts_ns,
    a.netns_id, a.device_id
FROM address a JOIN netns n ON n.id = a.netns_id;

-- Which namespaces had the addresses of an event. Several of a host may have the same address: the
-- event's own namespace goes before others, and the event itself shows that it existed; of several
-- others it is the one where the journey begins (source) or ends (destination), else none.
-- Written out for source and destination: a view for either of them would fetch the event and its
-- namespace again, which takes half as long again.
CREATE VIEW v_peer AS
SELECT e.id, e.ts_ns,
    (SELECT hostname FROM capture WHERE id = n.capture_id) AS host,
    n.label AS netns,
    (SELECT name FROM device WHERE id = e.device_id) AS dev,
    p.protocol, p.src, p.sport,
    CASE WHEN EXISTS (SELECT 1 FROM address a WHERE a.address = p.src AND a.netns_id = n.id
            AND (e.ts_ns >= a.first_ts_ns OR a.first_ts_ns - n.first_ts_ns <= 1000000000)
            AND (e.ts_ns <= a.last_ts_ns OR n.last_ts_ns - a.last_ts_ns <= 1000000000))
        THEN n.label
        ELSE (SELECT CASE WHEN count(DISTINCT o.id) = 1 THEN max(o.label)
                ELSE max(o.label) FILTER (WHERE o.id = (SELECT from_netns_id FROM journey
                    WHERE id = e.journey_id)) END
            FROM v_address a JOIN netns o ON o.id = a.netns_id
            WHERE a.address = p.src AND o.capture_id = n.capture_id
            AND e.ts_ns BETWEEN a.since_ts_ns AND a.until_ts_ns) END AS src_netns,
    p.dst, p.dport,
    CASE WHEN EXISTS (SELECT 1 FROM address a WHERE a.address = p.dst AND a.netns_id = n.id
            AND (e.ts_ns >= a.first_ts_ns OR a.first_ts_ns - n.first_ts_ns <= 1000000000)
            AND (e.ts_ns <= a.last_ts_ns OR n.last_ts_ns - a.last_ts_ns <= 1000000000))
        THEN n.label
        ELSE (SELECT CASE WHEN count(DISTINCT o.id) = 1 THEN max(o.label)
                ELSE max(o.label) FILTER (WHERE o.id = (SELECT to_netns_id FROM journey
                    WHERE id = e.journey_id)) END
            FROM v_address a JOIN netns o ON o.id = a.netns_id
            WHERE a.address = p.dst AND o.capture_id = n.capture_id
            AND e.ts_ns BETWEEN a.since_ts_ns AND a.until_ts_ns) END AS dst_netns,
    e.len_bytes, e.journey_id,
    (SELECT label FROM drop_reason WHERE id = e.drop_reason_id) AS drop_reason
FROM event e JOIN netns n ON n.id = e.netns_id JOIN packet p ON p.id = e.packet_id
WHERE p.src IS NOT NULL;
