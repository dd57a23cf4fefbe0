#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# query: its formats, what it says to mistakes, that it changes nothing; and what the views
# answer, against the tables.

set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/lib/tap.sh
. "$here/../lib/tap.sh"
# shellcheck source=tests/lib/work.sh
. "$here/../lib/work.sh"

"$bin/tests/sql/make_captures" . || exit
"$bin/nstrail" import alpha.?.nst beta.nst -d x.db || exit
cp x.db before.db

query()
{
    "$bin/nstrail" query "$@"
}

ask()
{
    { query x.db --csv "$1" || printf '\nno answer: %d\n' $?; } | tail -n +2
}

# The three formats.
values="SELECT 1 AS one, NULL AS nought, 'text' AS text, x'00FFab' AS blob, -1.5 AS real, '' AS empty
    UNION ALL SELECT 9223372036854775807, 'NULL', 'a,b\"c' || char(10), NULL, 1e300, 'ü'"
is "$(query x.db "$values")" \
    '                one  nought  text       blob        real  empty
-------------------  ------  ---------  ------  --------  -----
                  1  NULL    text       00ffab      -1.5  
9223372036854775807  NULL    a,b"c\x0a  NULL    1.0e+300  ü' 'table'
is "$(query --csv x.db "$values")" 'one,nought,text,blob,real,empty
1,,text,00ffab,-1.5,""
9223372036854775807,NULL,"a,b""c
",,1.0e+300,ü' 'CSV'
is "$(query --json x.db "$values")" '[
{"one":1,"nought":null,"text":"text","blob":"00ffab","real":-1.5,"empty":""},
{"one":9223372036854775807,"nought":"NULL","text":"a,b\"c\n","blob":null,"real":1.0e+300,"empty":"ü"}
]' 'JSON'
is "$(query x.db 'SELECT id, ts_ns FROM event WHERE id < 0')" 'id  ts_ns
--  -----' 'no rows: table'
is "$(query --csv x.db 'SELECT id, ts_ns FROM event WHERE id < 0')" 'id,ts_ns' 'no rows: CSV'
is "$(query --json x.db 'SELECT id FROM event WHERE id < 0')" '[]' 'no rows: JSON'
is "$(query --json x.db 'SELECT 1 AS a, 2 AS a, 9e999 AS b, 3 AS a')" '[
{"a":1,"a:1":2,"b":null,"a:2":3}
]' 'JSON: a name twice, infinity'
is "$(query --json x.db 'SELECT 1 AS a, 2 AS "a:1", 3 AS a, 4 AS "a:1", 5 AS a UNION ALL SELECT 6, 7, 8, 9, 0')" '[
{"a":1,"a:1":2,"a:2":3,"a:1:1":4,"a:3":5},
{"a":6,"a:1":7,"a:2":8,"a:1:1":9,"a:3":0}
]' 'JSON: no key twice'
is "$(query --json x.db "SELECT CAST(x'41ff42' AS TEXT) AS t")" '[
{"t":"A'$'\357\277\275''B"}
]' 'JSON: what is not UTF-8'
is "$(query x.db "SELECT char(27) || '[31m' || char(0x202e) AS \"a
b\"" | sed 1d)" '--------------------
\x1b[31m\xe2\x80\xae' 'table: nothing that a terminal obeys'
is "$(query x.db "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
    SELECT i, i * i AS square FROM n" | sed -n '1p;3p;10002p;$p')" \
    '   i    square
   1         1
10000  100000000
30000  900000000' 'table: widths by the first rows'

# A text ends where it ends, and not with a NUL, as in a packet's bytes.
nuls()
{
    query "$@" x.db "SELECT 'a' || char(0) || 'b' AS v UNION ALL SELECT char(0) || 'x,'" |
        tr '\n\0' '|\n'
}
is "$(nuls --csv)" $'v|a\nb|"\nx,"|' 'NULs: CSV'
is "$(nuls --json)" '[|{"v":"a\u0000b"},|{"v":"\u0000x,"}|]|' 'NULs: JSON'
is "$(nuls)" 'v|------|a\x00b|\x00x,|' 'NULs: a table'

# Several statements, and where they come from.
is "$(query --csv x.db 'SELECT 1 AS a; -- one
    ; SELECT 2 AS b;; ')" 'a
1

b
2' 'several statements'
is "$(query --json x.db 'SELECT 1 AS a; SELECT 2 AS b')" '[
{"a":1}
]
[
{"b":2}
]' 'several statements: JSON'
is "$(echo 'SELECT 42 AS a' | query --csv x.db -)" 'a
42' 'from standard input'
is "$(query x.db '/* nothing */')" '' 'no statement'
is "$(query --csv x.db "SELECT value FROM json_each('[7]') UNION ALL
    SELECT name FROM pragma_table_info('probe') WHERE cid = 1")" 'value
7
kind' 'table-valued functions'

# says STATUS WORDS ARGUMENT...: query's status and all of what it says.
says()
{
    local status=$1 words=$2 output
    shift 2
    output=$(query "$@" 2>&1 </dev/null)
    is "$?: $output" "$status: $words" "says: ${*: -1}"
}

says 1 'nstrail: x.db: SQL: no such column: nought
    SELECT id, nought FROM event
               ^' x.db 'SELECT id, nought FROM event'
says 1 'a
-
1
nstrail: x.db: SQL: near "event": syntax error
     SELECT '\''ü'\'', 2 FORM event
                        ^' x.db 'SELECT 1 AS a; SELECT '\''ü'\'', 2 FORM event'
says 1 'nstrail: x.db: SQL: incomplete input' x.db 'SELECT ('
says 1 'a
-
1

b
-
nstrail: x.db: integer overflow' x.db 'SELECT 1 AS a; SELECT abs(-9223372036854775808) AS b'
output=$(printf 'SELECT 1;\0SELECT 2' | query x.db - 2>&1)
is "$?: $output" '1: nstrail: -: no SQL: byte 9 is a NUL' 'a NUL in what is asked'
output=$(query x.db - 2>&1 <.)
is "$?: $output" '1: nstrail: -: cannot be read: Is a directory' 'what is asked cannot be read'
says 1 'nstrail: query: --csv or --json, not both' --csv --json x.db 'SELECT 1'
says 1 'nstrail: none.db: No such file or directory' none.db 'SELECT 1'
is "$(ls none.db 2>&1 | wc -l)" 1 'makes no database'
says 1 'nstrail: alpha.0.nst: a capture, not a database: first make one of it with nstrail import -d DB alpha.0.nst' \
    alpha.0.nst 'SELECT 1'
head -c 5000 /dev/zero >zeros
says 1 'nstrail: zeros: not a database' zeros 'SELECT 1'
says 1 'nstrail: x.db: SQL: no such table: v_evnt
nstrail: x.db: did you mean v_event?' x.db 'SELECT * FROM v_evnt'
says 1 'nstrail: x.db: SQL: no such table: Journeys
nstrail: x.db: did you mean journey?' x.db 'SELECT * FROM Journeys'
says 1 'nstrail: x.db: SQL: no such table: nothing.of.the.kind' x.db 'SELECT * FROM "nothing.of.the.kind"'
for command in print info netns 'export -w x.pcapng' 'import -d y.db'; do
    # shellcheck disable=SC2086
    output=$("$bin/nstrail" $command x.db alpha.0.nst 2>&1 >/dev/null)
    case $command in
        netns) is "$?: $output" '1: nstrail: netns: a database is given alone' "$command: a database" ;;
        *) is "$?: $(head -n 1 <<<"$output")" '2: nstrail: x.db: a database, not a capture: ask it with nstrail query, or with nstrail netns, given alone' \
            "$command: a database" ;;
    esac
done
is "$("$bin/nstrail" netns alpha.0.nst x.db 2>&1 >/dev/null | head -n 1)" \
    'nstrail: x.db: a database, not a capture: ask it with nstrail query, or with nstrail netns, given alone' \
    'netns: a database behind a capture'
head -c 20000 x.db >cut.db
like "$(query cut.db 'SELECT count(*) FROM event' 2>&1)" '^nstrail: cut.db: ' 'a cut database'

# Nothing can be changed.
for sql in 'INSERT INTO probe VALUES(99, 1, 2)' 'UPDATE event SET cpu = 0' 'DELETE FROM event' \
    'DROP TABLE event' 'CREATE TABLE t(a)' 'CREATE TEMP TABLE t(a)' 'CREATE VIEW v AS SELECT 1' \
    "ATTACH 'other.db' AS o" "ATTACH ':memory:' AS o" "VACUUM INTO 'other.db'" VACUUM REINDEX ANALYZE \
    'PRAGMA user_version = 7' 'PRAGMA journal_mode = WAL' 'PRAGMA query_only = OFF' \
    'PRAGMA writable_schema = ON' 'PRAGMA trusted_schema = ON' "PRAGMA temp_store_directory = '.'" \
    'BEGIN IMMEDIATE' 'SAVEPOINT s' "SELECT load_extension('./other.db')"; do
    output=$(query x.db "$sql" 2>&1)
    is "$?" 1 "refused: $sql" || diag "$output"
done
ok 'and nothing is changed' cmp before.db x.db
is "$(ls -d other.db* x.db-* ./*-journal 2>/dev/null)" '' 'nor made'
like "$(query x.db 'DELETE FROM event' 2>&1)" '^nstrail: x.db: query only reads: not authorized$' 'and said'
chmod 400 x.db
is "$(ask 'SELECT count(*) FROM event')" 4200 'a database that is read-only'

# A reader that goes away.
query x.db 'SELECT * FROM event, packet' 2>words | head -n 1 >/dev/null
is "${PIPESTATUS[0]}: $(cat words)" '0: ' 'a reader that goes away'
if [ -w /dev/full ]; then
    query x.db 'SELECT * FROM event' >/dev/full 2>words
    is "$?" 1 'a full disk behind standard output' || diag "$(cat words)"
else
    skip 'no /dev/full' 'a full disk behind standard output'
fi

# Without SQL: a shell, for reading only.
mkdir shell
printf '#!/bin/sh\nprintf "%%s\\n" "$@"\n' >shell/sqlite3
chmod +x shell/sqlite3
is "$(PATH=$work/shell:$PATH query x.db)" '-readonly
-header
-column
./x.db' 'shell'
cp x.db ./-x.db
is "$(PATH=$work/shell:$PATH query -- -x.db | tail -n 1)" ./-x.db 'shell: a name like an option'
is "$(PATH=/nonexistent query x.db 2>&1)" \
    'nstrail: query: no SQL was given, and for a shell sqlite3 must be installed' 'no shell'

# The views say what the tables say.
same()
{
    is "$(ask "$1" | sort | cksum)" "$(ask "$2" | sort | cksum)" "$3"
}

# These captures have no addresses.
for view in $(ask "SELECT name FROM sqlite_schema WHERE type = 'view' AND name <> 'v_address'"); do
    ok "$view answers" test "$(ask "SELECT count(*) FROM (SELECT * FROM $view)")" -gt 0
done
is "$(ask 'SELECT count(*) FROM v_event')" 4200 'v_event: every event'
same "SELECT id, ts_ns, netns, dev, probe, pid, comm, drop_reason, src, dport, host FROM v_event" \
    "SELECT e.id, e.ts_ns, coalesce(n.name, n.inum), d.name, p.symbol, t.pid, t.comm,
        coalesce(r.subsys || '/', '') || coalesce(r.name, r.number), k.src, k.dport, c.hostname
        FROM event e JOIN probe p ON p.id = e.probe_id JOIN packet k ON k.id = e.packet_id
        JOIN file f ON f.id = e.file_id JOIN capture c ON c.id = f.capture_id
        LEFT JOIN netns n ON n.id = e.netns_id LEFT JOIN device d ON d.id = e.device_id
        LEFT JOIN task t ON t.id = e.task_id LEFT JOIN drop_reason r ON r.id = e.drop_reason_id" \
    'v_event: the words for its ids'
same 'SELECT netns, drop_reason, drops, first_ts_ns, last_ts_ns, host FROM v_drop_summary WHERE netns_id' \
    'SELECT netns, drop_reason, count(*), min(ts_ns), max(ts_ns), host FROM v_drop
        WHERE netns IS NOT NULL GROUP BY host, netns, drop_reason' 'v_drop_summary'
same 'SELECT netns, events, bytes, drops, first_ts_ns, last_ts_ns, host FROM v_netns_summary' \
    'SELECT netns, count(*), sum(len_bytes), count(drop_reason), min(ts_ns), max(ts_ns), host
        FROM v_event WHERE netns IS NOT NULL GROUP BY host, netns' 'v_netns_summary'
same 'SELECT from_netns, to_netns, transitions, min_latency_ns, avg_latency_ns, p99_latency_ns,
        max_latency_ns, host FROM v_transition_summary' \
    'SELECT from_netns, to_netns, count(*), min(latency_ns), CAST(avg(latency_ns) AS INTEGER),
        min(latency_ns) FILTER (WHERE rank >= 0.99), max(latency_ns), host
        FROM (SELECT *, cume_dist() OVER (PARTITION BY host, from_netns, to_netns ORDER BY latency_ns)
            AS rank FROM v_transition) GROUP BY host, from_netns, to_netns' 'v_transition_summary'
# The same from the events, without hop.
same 'SELECT host, from_netns, to_netns, transitions, avg_latency_ns FROM v_transition_summary' \
    'SELECT host, before, netns, count(*), CAST(avg(ts_ns - left) AS INTEGER) FROM (
        SELECT host, netns, ts_ns, lag(netns) OVER w AS before, lag(ts_ns) OVER w AS left
        FROM v_event WHERE netns IS NOT NULL AND journey_id IS NOT NULL
        WINDOW w AS (PARTITION BY journey_id ORDER BY id))
        WHERE before <> netns GROUP BY 1, 2, 3' 'v_transition_summary, by LAG() over the events'
# Likewise: a stay begins where the namespace is another than before. In a journey events ascend.
same 'SELECT host, netns, stays, min_stay_ns, avg_stay_ns, p99_stay_ns, max_stay_ns
        FROM v_stay_summary' \
    'WITH seen AS (SELECT id, host, journey_id, netns, ts_ns, netns IS NOT lag(netns) OVER w AS came
            FROM v_event WHERE netns IS NOT NULL AND journey_id IS NOT NULL
            WINDOW w AS (PARTITION BY journey_id ORDER BY id)),
        numbered AS (SELECT *, sum(came) OVER (PARTITION BY journey_id ORDER BY id) AS n FROM seen),
        stay AS (SELECT host, netns, max(ts_ns) - min(ts_ns) AS ns FROM numbered
            GROUP BY journey_id, n HAVING count(*) > 1),
        ranked AS (SELECT *, cume_dist() OVER (PARTITION BY host, netns ORDER BY ns) AS rank FROM stay)
        SELECT host, netns, count(*), min(ns), CAST(avg(ns) AS INTEGER),
            min(ns) FILTER (WHERE rank >= 0.99), max(ns) FROM ranked GROUP BY host, netns' \
    'v_stay_summary, by LAG() over the events'
same 'SELECT id, path, drops, events FROM v_journey' \
    "SELECT j.id, (SELECT group_concat(label, ' > ') FROM (SELECT label FROM hop
        JOIN netns n ON n.id = netns_id WHERE journey_id = j.id ORDER BY ordinal)) AS path,
        (SELECT count(drop_reason_id) FROM event WHERE journey_id = j.id) AS d,
        (SELECT count(*) FROM event WHERE journey_id = j.id) AS e FROM journey j" 'v_journey'
same 'SELECT host, protocol_name, src, dst, from_netns, to_netns, sum(packets), sum(bytes) FROM v_flow
        GROUP BY 1, 2, 3, 4, 5, 6' \
    "SELECT host, protocol_name, src, dst, (SELECT label FROM hop JOIN netns n ON n.id = netns_id
            WHERE journey_id = v.id ORDER BY ordinal LIMIT 1) AS begun,
        (SELECT label FROM hop JOIN netns n ON n.id = netns_id WHERE journey_id = v.id
            ORDER BY ordinal DESC LIMIT 1) AS ended, count(*), sum(len_bytes)
        FROM v_journey v WHERE src IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6" 'v_flow'
for view in v_drop v_journey v_flow; do
    is "$(ask "SELECT DISTINCT protocol, protocol_name FROM $view WHERE protocol ORDER BY 1" | xargs)" \
        '6,tcp 17,udp 58,icmpv6' "$view: protocols by name"
done
same 'SELECT host, pid, netns, sum(events) FROM v_process_netns GROUP BY 1, 2, 3' \
    'SELECT host, pid, netns, count(*) FROM v_event WHERE pid IS NOT NULL AND netns IS NOT NULL
        GROUP BY 1, 2, 3' 'v_process_netns'
is "$(ask "SELECT track FROM v_event WHERE id = 1")" \
    "$("$bin/nstrail" print --format single-line alpha.0.nst | grep -o '#[0-9a-f]*' | head -n 1)" \
    'v_event: track as print has it'

# The questions in samples/ are answered.
for sample in "$here"/../../samples/sql/*.sql; do
    output=$(query x.db --csv - <"$sample" 2>&1)
    like "$?: $(wc -l <<<"$output") lines" '^0: ([2-9]|[1-9][0-9])' "${sample##*/} answers" ||
        diag "$output"
done

# They begin where the index is.
plan()
{
    query x.db "EXPLAIN QUERY PLAN $1" --csv
}
like "$(plan "SELECT * FROM v_event WHERE netns = 'client' AND ts_ns > 5")" \
    'SEARCH e USING INDEX event_netns \(netns_id=\? AND ts_ns>\?' 'v_event by netns and time: by its index'
like "$(plan 'SELECT * FROM v_event WHERE journey_id = 5')" 'USING INDEX event_journey' \
    'v_event by journey: by its index'
like "$(plan 'SELECT * FROM v_drop_summary')" 'USING COVERING INDEX event_drop' 'v_drop_summary: an index alone'
like "$(plan 'SELECT * FROM v_transition_summary')" 'USING COVERING INDEX hop_transition' \
    'v_transition_summary: an index alone'
like "$(plan 'SELECT * FROM v_stay_summary')" 'SCAN hop USING (COVERING )?INDEX hop_stay' \
    'v_stay_summary: by its index'
is "$(plan 'SELECT * FROM v_stay_summary' | grep -cE 'SCAN hop$|B-TREE')" 0 'v_stay_summary: sorts nothing'
like "$(plan 'SELECT * FROM v_journey WHERE id = 5')" 'USING INDEX hop_journey' 'v_journey: by its index'

done_testing
