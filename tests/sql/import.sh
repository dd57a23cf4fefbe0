#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What import puts into the tables, compared row by row with what the captures were made of,
# whatever the order and the number of imports.

set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/lib/tap.sh
. "$here/../lib/tap.sh"
# shellcheck source=tests/lib/work.sh
. "$here/../lib/work.sh"

"$bin/tests/sql/make_captures" . || exit

nstrail()
{
    "$bin/nstrail" "$@"
}

# ask DB SQL: rows as CSV, in a fixed order, without their names.
ask()
{
    { nstrail query "$1" --csv "$2" || printf '\nno answer: %d\n' $?; } | tail -n +2
}

# A value, or "-"; of texts and bytes the hexadecimal form.
packet_columns="k.layer, coalesce(k.vlan_proto, '-'), coalesce(k.vlan_tci, '-'), k.cut,
    coalesce(k.ethertype, '-'), coalesce(k.family, '-'), coalesce(k.protocol, '-'),
    coalesce(k.src, '-'), coalesce(k.dst, '-'), coalesce(k.sport, '-'), coalesce(k.dport, '-'),
    iif(k.bytes IS NULL, '-', hex(k.bytes))"

events="SELECT c.hostname, f.sequence, e.ts_ns, e.cpu, p.kind, p.symbol, coalesce(n.cookie, '-'),
    coalesce(n.inum, '-'), e.netns_source, coalesce(dn.cookie, '-'), coalesce(dn.inum, '-'),
    coalesce(d.ifindex, '-'), iif(d.name IS NULL, '-', hex(d.name)), coalesce(e.rx_ifindex, '-'),
    coalesce(j.track, '-'), coalesce(t.pid, '-'), coalesce(t.tgid, '-'),
    iif(t.comm IS NULL, '-', hex(t.comm)), coalesce(r.number, '-'),
    iif(r.subsys IS NULL, '-', hex(r.subsys)), iif(r.name IS NULL, '-', hex(r.name)),
    e.len_bytes, e.caplen_bytes, $packet_columns
    FROM event e JOIN file f ON f.id = e.file_id JOIN capture c ON c.id = f.capture_id
    JOIN probe p ON p.id = e.probe_id JOIN packet k ON k.id = e.packet_id
    LEFT JOIN netns n ON n.id = e.netns_id LEFT JOIN device d ON d.id = e.device_id
    LEFT JOIN netns dn ON dn.id = d.netns_id LEFT JOIN journey j ON j.id = e.journey_id
    LEFT JOIN task t ON t.id = e.task_id LEFT JOIN drop_reason r ON r.id = e.drop_reason_id"

hops="SELECT c.hostname, j.track, h.ordinal, coalesce(n.cookie, '-'), n.inum, h.entered_ts_ns,
    h.left_ts_ns, h.events, coalesce(o.cookie, '-'), coalesce(o.inum, '-'),
    coalesce(h.latency_ns, '-'), coalesce(h.prev_left_ts_ns, '-')
    FROM hop h JOIN journey j ON j.id = h.journey_id JOIN capture c ON c.id = j.capture_id
    JOIN netns n ON n.id = h.netns_id LEFT JOIN netns o ON o.id = h.prev_netns_id"

journeys="SELECT c.hostname, j.track, j.first_mono_ns, j.first_head, j.first_skb, j.first_ts_ns,
    j.last_ts_ns, j.duration_ns, j.events, j.hops, j.drops, j.guessed, j.len_bytes, coalesce(n.cookie, '-'),
    coalesce(n.inum, '-'), coalesce(o.cookie, '-'), coalesce(o.inum, '-'), $packet_columns
    FROM journey j JOIN capture c ON c.id = j.capture_id JOIN packet k ON k.id = j.packet_id
    LEFT JOIN netns n ON n.id = j.from_netns_id LEFT JOIN netns o ON o.id = j.to_netns_id"

skbs="SELECT c.hostname, f.sequence, e.ts_ns, s.len_bytes, s.data_len_bytes, s.mark,
    coalesce(s.hash, '-'), s.priority, coalesce(s.protocol, '-'), s.ip_summed,
    coalesce(s.csum_level, '-'), coalesce(s.csum, '-'), coalesce(s.csum_start, '-'),
    coalesce(s.csum_offset, '-'), coalesce(s.gso_type, '-'), coalesce(s.gso_size_bytes, '-'),
    coalesce(s.gso_segs, '-'), s.shared_flags, s.frags, s.cloned, s.nohdr, s.fclone, s.users,
    s.dataref, s.payload_dataref
    FROM skb s JOIN event e ON e.id = s.event_id JOIN file f ON f.id = e.file_id
    JOIN capture c ON c.id = f.capture_id"

# What must hold of any database.
sound="SELECT 'integrity: ' || integrity_check FROM pragma_integrity_check
        WHERE integrity_check <> 'ok'
    UNION ALL SELECT 'foreign key of ' || \"table\" FROM pragma_foreign_key_check
    UNION ALL SELECT 'ids do not ascend' FROM (SELECT file_id, mono_ns < lag(mono_ns) OVER
            (PARTITION BY file_id ORDER BY id) AS wrong FROM (SELECT e.id, e.file_id,
            e.ts_ns - (SELECT offset_ns FROM event_clock c WHERE c.file_id = e.file_id
                AND c.event_id <= e.id ORDER BY event_id DESC LIMIT 1) AS mono_ns FROM event e))
        WHERE wrong
    UNION ALL SELECT 'hops of another journey' FROM hop h JOIN event e
        ON e.id = h.first_event_id WHERE e.journey_id <> h.journey_id
        OR e.netns_id <> h.netns_id OR e.ts_ns <> h.entered_ts_ns
    UNION ALL SELECT 'file.events' FROM file f
        WHERE f.events <> (SELECT count(*) FROM event WHERE file_id = f.id)
    UNION ALL SELECT 'two rows for a ' || what FROM (
        SELECT 'netns' AS what FROM netns GROUP BY capture_id, cookie, inum HAVING count(*) > 1
        UNION ALL SELECT 'device' FROM device
            GROUP BY capture_id, netns_id, ifindex, name HAVING count(*) > 1
        UNION ALL SELECT 'task' FROM task GROUP BY capture_id, pid, tgid, comm HAVING count(*) > 1
        UNION ALL SELECT 'probe' FROM probe GROUP BY kind, symbol HAVING count(*) > 1
        UNION ALL SELECT 'reason' FROM drop_reason GROUP BY number, subsys, name HAVING count(*) > 1)"

# differences DB TABLE SQL: from what must come of the captures.
differences()
{
    diff <(sort "$2.csv") <(ask "$1" "$3" | sort) | cut -c 1-150 | head -n 6
}

# holds_all DB DESCRIPTION
holds_all()
{
    is "$(differences "$1" events "$events")" '' "$2: events"
    is "$(differences "$1" hops "$hops")" '' "$2: hops"
    is "$(differences "$1" journeys "$journeys")" '' "$2: journeys"
    is "$(differences "$1" skbs "$skbs")" '' "$2: skbs"
    is "$(ask "$1" "$sound" 2>&1)" '' "$2: what must hold"
}

alpha=(alpha.0.nst alpha.1.nst alpha.2.nst)
others=(beta.nst gamma.nst)

ok 'import of all at once' nstrail import "${alpha[@]}" "${others[@]}" -d at-once.db
holds_all at-once.db 'all at once'
is "$(ls)" "$(printf '%s\n' alpha.0-cut.nst "${alpha[@]}" at-once.db beta.nst events.csv \
    gamma.nst hops.csv journeys.csv set skbs.csv)" 'leaves nothing but the database'
is "$(stat -c %a at-once.db)" 600 'which is for its owner alone'

for order in '0 1 2' '2 1 0' '1 2 0'; do
    db=order-${order// /}.db
    for i in $order; do
        nstrail import "alpha.$i.nst" -d "$db" || diag "status $?"
        [ "$i" != 1 ] || nstrail import -d "$db" "${others[@]}" || diag "status $?"
    done
    holds_all "$db" "one after another, $order"
done

# A clock that is set in the middle of journeys, between two files and within one.
cd set || exit
ok 'a clock was set: import of all at once' nstrail import delta.[012].nst -d at-once.db
holds_all at-once.db 'a clock was set, all at once'
for order in '0 1 2' '2 1 0' '1 2 0'; do
    db=order-${order// /}.db
    for i in $order; do
        nstrail import "delta.$i.nst" -d "$db" || diag "status $?"
    done
    holds_all "$db" "a clock was set, one after another, $order"
done
nstrail import delta.0-cut.nst -d grown.db 2>/dev/null
ok 'a clock was set: a file has grown' nstrail import delta.[012].nst -d grown.db
holds_all grown.db 'a clock was set, grown'
is "$(ask at-once.db 'SELECT min(duration_ns) >= 0, max(duration_ns) < 35000 FROM v_journey')" 1,1 \
    'a clock was set: v_journey has durations that nobody set'
reasons='SELECT id, drop_reason FROM v_journey WHERE drops > 1 ORDER BY 1'
is "$(ask at-once.db "$reasons")" "$(ask at-once.db "SELECT j.id, (SELECT label FROM event e
    JOIN drop_reason r ON r.id = e.drop_reason_id WHERE e.journey_id = j.id ORDER BY e.id DESC
    LIMIT 1) AS reason FROM journey j WHERE drops > 1 ORDER BY 1")" 'a clock was set: v_journey has the last drop'
is "$(ask order-210.db "$reasons")" "$(ask at-once.db "$reasons")" 'a clock was set: and in another order'
cd .. || exit

# Packet bytes are stored once a journey while they stay the same.
is "$(ask at-once.db "SELECT count(*) FROM (SELECT 1 FROM event e JOIN packet k ON k.id = e.packet_id
    JOIN journey j ON j.id = e.journey_id JOIN capture c ON c.id = j.capture_id
    WHERE c.hostname = 'alpha' AND k.bytes IS NOT NULL GROUP BY e.journey_id, k.layer,
    k.vlan_tci, k.cut, k.bytes HAVING count(DISTINCT k.id) > 1)")" 0 'a row of packet once a journey'

# The same files again: by the same names, others, copies.
cp alpha.1.nst copy
cp at-once.db before.db
words=$(nstrail import copy beta.nst -d at-once.db 2>&1)
is $? 0 'twice: status'
is "$words" 'nstrail: copy: is in the database already: skipped
nstrail: beta.nst: is in the database already: skipped' 'twice: said'
ok 'twice: nothing changed' cmp before.db at-once.db
words=$(nstrail import copy alpha.1.nst alpha.0.nst alpha.2.nst "${others[@]}" -d both.db 2>&1)
is "$words" 'nstrail: alpha.1.nst: is the same capture file as copy: skipped' 'given twice: said'
holds_all both.db 'given twice'
nstrail import alpha.0-cut.nst alpha.1.nst alpha.0.nst alpha.2.nst "${others[@]}" -d longer.db 2>words
is "$?: $(tail -n 1 words)" '0: nstrail: alpha.0-cut.nst: is the same capture file as alpha.0.nst: skipped' \
    'behind a part of it: said'
holds_all longer.db 'given behind a part of it'
nstrail import "${alpha[@]}" "${others[@]}" - -d piped.db <copy 2>words
is "$?: $(cat words)" '0: nstrail: -: is the same capture file as alpha.1.nst: skipped' \
    'and from standard input: said'
holds_all piped.db 'and from standard input'
cat alpha.2.nst alpha.0.nst alpha.1.nst "${others[@]}" >joined
ok 'captures joined to one file' nstrail import -d joined.db alpha.1.nst joined
holds_all joined.db 'joined'
ok 'the same again' nstrail import -d joined.db joined
holds_all joined.db 'joined, twice'
ok 'twice by a pipe' nstrail import - -d both.db <alpha.1.nst
holds_all both.db 'twice by a pipe'
ok 'by a pipe' nstrail import - "${others[@]}" alpha.2.nst alpha.0.nst -d pipe.db <alpha.1.nst
holds_all pipe.db 'by a pipe'

# A file that was imported while it was still being written.
nstrail import alpha.0-cut.nst -d grown.db 2>/dev/null
is "$(ask grown.db 'SELECT count(*), (SELECT ended FROM file) FROM event')" 300,0 \
    'still being written: what was there'
nstrail import "${others[@]}" alpha.0-cut.nst alpha.2.nst -d grown.db 2>words
like "$(cat words)" 'alpha.0-cut.nst: is in the database already' 'still being written: twice'
nstrail import "${alpha[@]}" -d grown.db 2>words
is $? 0 'grown: status'
holds_all grown.db 'grown'
is "$(ask grown.db 'SELECT count(*), sum(ended) FROM file')" 5,5 'grown: one row a file'
nstrail import alpha.0-cut.nst "${alpha[@]}" "${others[@]}" -d cut.db 2>words
holds_all cut.db 'a file and its own beginning'

# Journeys' numbers that two captures have.
is "$(ask at-once.db 'SELECT count(*) - count(DISTINCT track) FROM journey')" "$(ask at-once.db 'SELECT count(*) FROM journey WHERE id <> track')" \
    'a number that is taken gives another'
is "$(ask order-012.db 'SELECT count(*) FROM journey j JOIN capture c ON c.id = capture_id
    WHERE j.id <> track AND j.id <> track + (capture_id << 48)')" 0 'by the rule in doc'

# What the files say beside their events, of which the last are after the clock was set back: then
# the earliest time is not the first, nor the latest the last.
is "$(ask at-once.db "SELECT c.hostname, cookie, inum, hex(name), first_ts_ns, last_ts_ns FROM
    (SELECT n.capture_id, n.cookie, n.inum, m.name, m.first_ts_ns, m.last_ts_ns FROM netns_name m
    JOIN netns n ON n.id = m.netns_id) JOIN capture c ON c.id = capture_id
    WHERE c.hostname = 'alpha' ORDER BY inum, first_ts_ns")" \
    "alpha,,99,69646C65,1699999997001399500,1700000000006399499
alpha,1,4026531833,636C69656E74,1699999997001399500,1700000000006399499
alpha,1,4026531833,6F6C64206E616D65,1699999999999999995,1700000000000000000
alpha,4101,4026532177,61276222632C0A1B5B33316DFF,1699999997001399500,1700000000006399499" \
    'names of namespaces'
is "$(ask at-once.db "SELECT hex(name), hex(label) FROM netns n JOIN capture c ON c.id = capture_id
    WHERE hostname = 'alpha' ORDER BY inum, cookie")" \
    '69646C65,69646C65
636C69656E74,636C69656E74
"",34303236353332313737
61276222632C0A1B5B33316DFF,61276222632C0A1B5B33316DFF
"",34323934393637323935' 'the latest name, else the inum, is the label'
is "$(ask at-once.db "SELECT (ts_ns - 1700000000000000000) / 1000, counter, probe, cpu, value FROM loss
    JOIN file f ON f.id = file_id JOIN capture c ON c.id = capture_id
    WHERE hostname = 'alpha' AND sequence = 0 ORDER BY loss.id")" \
    "0,events,,,0
0,lost.ring,net:netif_receive_skb,0,0
0,lost.ring,net:netif_receive_skb,1,0
0,lost.recursion,,,
300,events,,,300
300,lost.ring,net:netif_receive_skb,0,3
600,events,,,600
600,lost.ring,net:netif_receive_skb,0,6
600,lost.ring,net:netif_receive_skb,1,0
600,lost.recursion,,," 'loss: counters when they changed, unknown as NULL'
is "$(ask order-210.db "SELECT sum(lost), max(total) FROM v_loss WHERE host = 'alpha' AND lost > 0")" \
    "$(ask at-once.db "SELECT 18, 18")" 'v_loss: what came between'
is "$(ask grown.db 'SELECT count(*) FROM loss')" "$(ask at-once.db 'SELECT count(*) FROM loss')" \
    'loss: once a file, however often it was imported'
is "$(ask at-once.db "SELECT hex(uuid), hostname, hex(boot_id), kernel_release, kernel_version, machine,
    cpus, tracking_exact FROM capture WHERE hostname <> 'gamma' ORDER BY hostname")" \
    '01020301000000000000000000000000,alpha,09090100000000000000000000000000,6.1,,x86_64,300,1
01020302000000000000000000000000,beta,09090200000000000000000000000000,6.1,,x86_64,300,0' 'capture'
is "$(ask at-once.db "SELECT hostname, sequence, length(salt), path, snaplen, f.monotonic_ns,
    f.boottime_ns, f.realtime_ns, writer, command_line, capture_filter, drop_reasons, ended,
    bad_header + bad_blocks + lost_blocks + duplicate_blocks + skipped_bytes + torn_bytes
    FROM file f JOIN capture c ON c.id = capture_id WHERE hostname <> 'gamma' ORDER BY path")" \
    "alpha,0,8,alpha.0.nst,128,1000000000000,1000000000007,1700000000000000000,make_captures,make 'captures',udp,,1,0
alpha,1,8,alpha.1.nst,128,1000000000000,1000000000007,1700000000000000000,make_captures,make 'captures',,,1,0
alpha,2,8,alpha.2.nst,128,1000000000000,1000000000007,1700000000000000000,make_captures,make 'captures',,,1,0
beta,0,8,beta.nst,0,5000000000,5000000007,1700000000000000000,make_captures,make 'captures',udp,,1,0" \
    'file'
is "$(ask at-once.db 'SELECT sum(size_bytes) FROM file')" \
    "$(cat "${alpha[@]}" "${others[@]}" | wc -c)" 'file: sizes'

# The database explains itself, all of it.
things="SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'
    UNION SELECT m.name || '.' || p.name FROM sqlite_schema m, pragma_table_xinfo(m.name) p
        WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite_%'"
is "$(ask at-once.db "SELECT * FROM ($things) EXCEPT SELECT name FROM doc")" '' 'doc leaves nothing out'
is "$(ask at-once.db "SELECT name FROM doc WHERE kind <> 'note'
    EXCEPT SELECT * FROM ($things)")" '' \
    'doc invents nothing'
is "$(ask at-once.db "SELECT name FROM doc WHERE length(description) < 4 OR kind = 'column' AND
    (unit IS NULL AND (name LIKE '%\_ns' ESCAPE '\' OR name LIKE '%\_bytes' ESCAPE '\'))")" '' 'doc knows the units'

# Filters, and what damage leaves.
ok 'import --netns' nstrail import --netns client "${alpha[@]}" -d filtered.db
is "$(ask filtered.db 'SELECT DISTINCT netns FROM v_event')" client 'import --netns: that one alone'
is "$(ask filtered.db 'SELECT count(*) FROM event')" \
    "$(ask at-once.db "SELECT count(*) FROM v_event WHERE netns = 'client' AND host = 'alpha'")" \
    'import --netns: all of it'
{
    head -c "$(($(wc -c <alpha.1.nst) / 2))" alpha.1.nst
    printf 'damage'
    tail -c +"$(($(wc -c <alpha.1.nst) / 2 + 7))" alpha.1.nst
} >damaged.nst
nstrail import damaged.nst -d damaged.db 2>words
is $? 2 'a damaged file: status'
like "$(cat words)" 'damaged.nst' 'a damaged file: said'
is "$(ask damaged.db 'SELECT bad_blocks + lost_blocks > 0, events < 700, events > 0 FROM file')" 1,1,1 \
    'a damaged file: what was whole is there'
is "$(ask damaged.db "$sound" 2>&1)" '' 'a damaged file: what must hold'

# Its whole copy comes too late, which is said, also where that has newer blocks; and what was lost
# stays known.
nstrail import alpha.1.nst -d damaged.db 2>words
is "$?: $(cat words)" "0: nstrail: alpha.1.nst: is in the database already, as it was when it was \
damaged: skipped; to have what was missing, import it into a new database" 'its whole copy: said'
head -c "$(($(wc -c <damaged.nst) * 3 / 4))" damaged.nst >damaged-cut.nst
nstrail import damaged-cut.nst -d late.db 2>/dev/null
nstrail import alpha.1.nst -d late.db 2>words
is "$?: $(cat words)" "0: nstrail: alpha.1.nst: was damaged when it was imported before; to have \
what was missing, import it into a new database" 'its whole copy with newer blocks: said'
is "$(ask late.db "SELECT bad_blocks + lost_blocks > 0, ended,
    events = (SELECT count(*) FROM event), (SELECT max(ts_ns) FROM event) FROM file")" \
    "1,1,1,$(ask at-once.db "SELECT max(ts_ns) FROM event e JOIN file f ON f.id = file_id
        WHERE path = 'alpha.1.nst'")" 'its whole copy: the newer blocks are there'
is "$(ask late.db "$sound" 2>&1)" '' 'its whole copy: what must hold'
ok 'into a new database' nstrail import "${alpha[@]}" "${others[@]}" -d whole.db
holds_all whole.db 'into a new database'

# An empty file, as a loss of power leaves it, is a damaged one too.
: >empty
nstrail import "${alpha[@]}" empty "${others[@]}" -d empty.db 2>words
is "$?: $(cat words)" '2: nstrail: empty: the file is empty' 'an empty file'
holds_all empty.db 'an empty file among others'
nstrail import empty -d none.db 2>words
is "$?: $(ls none.db 2>&1)" "1: ls: cannot access 'none.db': No such file or directory" \
    'an empty file alone'

# Without its header a file is still known, but not which capture it is of.
{
    head -c 30 alpha.1.nst
    printf 'damage'
    tail -c +37 alpha.1.nst
} >headless.nst
nstrail import headless.nst -d headless.db 2>words
is $? 2 'a damaged header: status'
nstrail import headless.nst beta.nst -d headless.db 2>words
is "$?: $(cat words)" '0: nstrail: headless.nst: is in the database already: skipped' \
    'a damaged header: twice'
is "$(ask headless.db "SELECT count(*), uuid IS NULL, hostname, bad_header, snaplen, realtime_ns
    FROM event JOIN file f ON f.id = file_id JOIN capture c ON c.id = capture_id GROUP BY c.id
    ORDER BY c.id")" "$(wc -l < <(grep '^alpha,1,' events.csv)),1,,1,,
2100,0,beta,0,0,1700000000000000000" 'a damaged header: all events, nothing of the header'
is "$(ask headless.db "SELECT min(first_ts_ns) FROM netns_name")" \
    "$(ask at-once.db "SELECT min(m.first_ts_ns) FROM netns_name m JOIN netns n ON n.id = netns_id
        WHERE capture_id = 1")" 'a damaged header: times by the blocks'

done_testing
