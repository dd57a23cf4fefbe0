#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What import makes of an inventory: rows with their times, names everywhere, whose an address
# was; the same in whatever order and however often files are imported.

set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/lib/tap.sh
. "$here/../lib/tap.sh"
# shellcheck source=tests/lib/work.sh
. "$here/../lib/work.sh"

nstrail=$bin/nstrail
export LC_ALL=C TZ=UTC

"$bin/tests/golden/make_inventory" . || exit

ask()
{
    { "$nstrail" query --csv "$1" "$2" 2>&1 || printf '\nno answer: %d\n' $?; } | tail -n +2
}

ok 'both files are imported' "$nstrail" import -d both.db first.nst second.nst
"$nstrail" import -d turned.db second.nst && "$nstrail" import -d turned.db first.nst
"$nstrail" import -d turned.db first.nst 2>/dev/null
rows="SELECT 'name', n.inum, n.cookie, x.name, place, '', x.first_ts_ns, x.last_ts_ns
    FROM netns_name x JOIN netns n ON n.id = netns_id
    UNION ALL SELECT 'netns', inum, cookie, label, initial, gone, first_ts_ns, last_ts_ns FROM netns
    UNION ALL SELECT 'process', n.inum, n.cookie, pid, comm, exe, x.first_ts_ns, x.last_ts_ns
    FROM process x JOIN netns n ON n.id = netns_id
    UNION ALL SELECT 'container', n.inum, n.cookie, container_id, x.name, image, x.first_ts_ns,
        x.last_ts_ns FROM container x JOIN netns n ON n.id = netns_id
    UNION ALL SELECT 'device', n.inum, n.cookie, x.name, kind, mac, x.first_ts_ns, x.last_ts_ns
    FROM device x JOIN netns n ON n.id = netns_id
    UNION ALL SELECT 'device now', n.inum, n.cookie, x.name, mtu, flags, master_ifindex, ''
    FROM device x JOIN netns n ON n.id = netns_id
    UNION ALL SELECT 'device then', n.inum, n.cookie, d.name, s.mtu, s.flags, s.first_ts_ns,
        s.last_ts_ns FROM device_state s JOIN device d ON d.id = device_id
        JOIN netns n ON n.id = netns_id
    UNION ALL SELECT 'address', n.inum, n.cookie, address, prefix, ifindex, x.first_ts_ns,
        x.last_ts_ns FROM address x JOIN netns n ON n.id = netns_id ORDER BY 1, 2, 3, 4, 5, 6, 7"
is "$(ask turned.db "$rows")" "$(ask both.db "$rows")" 'in another order, and twice: the same'
is "$(ask both.db "SELECT kind, count(*) FROM (SELECT 'name' AS kind FROM netns_name
    UNION ALL SELECT 'process' FROM process UNION ALL SELECT 'container' FROM container
    UNION ALL SELECT 'address' FROM address) GROUP BY kind" | xargs)" \
    'address,9 container,4 name,5 process,8' 'each row once'

# Times are those of the files, by the second: the recording began at 1700001000.
s='1700001000000000000'
is "$(ask both.db "SELECT n.cookie, (x.first_ts_ns - $s) / 1000000, (x.last_ts_ns - $s) / 1000000
    FROM netns_name x JOIN netns n ON n.id = netns_id WHERE x.name = 'moved' ORDER BY 1" | xargs)" \
    '4101,0,2800 4104,3000,6000' 'a name that moved: two rows, each with its time'
is "$(ask both.db "SELECT name, (first_ts_ns - $s) / 1000000, (last_ts_ns - $s) / 1000000
    FROM device WHERE mac = '02:00:00:00:00:03' ORDER BY 2" | xargs)" \
    'eth0,0,2600 net0,2600,4000' 'a device that was renamed: two rows'
is "$(ask both.db "SELECT mtu, flags, master_ifindex FROM device WHERE name = 'veth2b'")" 1450,4419,4 \
    'a device that changed: one row, as it was last'
is "$(ask both.db "SELECT s.mtu, s.flags, s.master_ifindex, (s.first_ts_ns - $s) / 1000000,
    (s.last_ts_ns - $s) / 1000000 FROM device_state s JOIN device d ON d.id = s.device_id
    WHERE d.name = 'veth2b' ORDER BY s.first_ts_ns" | xargs)" \
    '1500,4163,,0,2550 1450,4419,4,2550,4000' 'and each way that it was'
is "$(ask turned.db "SELECT mtu FROM device d JOIN netns n ON n.id = d.netns_id
    WHERE n.initial AND d.name = 'eth0'")" 9000 'as it was last, in whatever order files are imported'
is "$(ask both.db 'SELECT label FROM netns ORDER BY cookie' | head -5 | xargs)" \
    'host web shop/cart-7 brief moved' 'labels: host, whatever pod shares it; container, pod, names'
is "$(ask turned.db 'SELECT cookie, gone FROM netns ORDER BY cookie' | xargs)" \
    '1,0 4101, 4102, 4103,1 4104,0 4105,' 'gone, there at the end, or nobody knows'
is "$(ask both.db "SELECT hex(label) FROM netns WHERE cookie = 4105")" '611B5B33316D22620A5CFF' \
    'a hostile name arrives whole'
is "$(ask both.db "SELECT DISTINCT pid, comm, n.label FROM process JOIN netns n ON n.id = netns_id
    WHERE pid = 4712 ORDER BY process.first_ts_ns" | xargs)" '4712,nginx,web 4712,nc,moved' \
    'a pid that came back'

is "$(ask both.db "SELECT DISTINCT netns, src_netns, dst_netns FROM v_peer WHERE ts_ns < $s + 2000000000
    ORDER BY netns" | xargs)" 'host,web,shop/cart-7 shop/cart-7,web,shop/cart-7 web,web,shop/cart-7' \
    'v_peer: whose addresses they were'
is "$(ask both.db "SELECT src_netns, dst_netns FROM v_peer WHERE ts_ns > $s + 5050000000")" ',' \
    'v_peer: nobody knows once they are gone'
is "$(ask both.db "SELECT DISTINCT src_netns FROM v_peer WHERE netns = 'brief'
    UNION ALL SELECT DISTINCT src_netns FROM v_peer
    WHERE ts_ns BETWEEN $s + 2600000000 AND $s + 3500000000" | xargs)" 'brief web' \
    'v_peer: an address that another had for a while'
is "$(ask both.db "SELECT netns, address, (since_ts_ns - $s) / 1000000,
    (until_ts_ns - $s) / 1000000 FROM v_address WHERE address = '10.88.0.2' ORDER BY 3" | xargs)" \
    'web,10.88.0.2,-1000,5000 brief,10.88.0.2,2010,2500' 'v_address: when it was whose'
"$nstrail" import -d taken.db taken.nst
is "$(ask taken.db 'SELECT netns, src_netns, dst_netns FROM v_peer ORDER BY ts_ns' | xargs)" \
    'host,former,lost former,former,lost lost,,lost host,,lost heir,heir,heir host,heir,heir' \
    'v_peer: an address is of the next only once that was seen'
is "$(ask taken.db "SELECT netns, address, (since_ts_ns - $s) / 1000000, CASE WHEN
    until_ts_ns < $s + 9000000000 THEN (until_ts_ns - $s) / 1000000 END AS until FROM v_address
    ORDER BY since_ts_ns, netns" | xargs)" \
    'former,10.88.0.2,-1000,2000 lost,10.88.0.3,-1000,2409 heir,10.88.0.2,2410, heir,10.88.0.3,2410,' \
    'v_address: and so it is listed'
"$nstrail" import -d tenants.db tenants.nst
is "$(ask tenants.db 'SELECT netns, src_netns, dst_netns FROM v_peer ORDER BY ts_ns' | xargs)" \
    'red-a,red-a,red-b host,red-a,red-b red-b,red-a,red-b blue-a,blue-a,blue-b host,blue-a,blue-b blue-b,blue-a,blue-b host,, blue-a,blue-a, host,blue-a,' \
    'v_peer: of addresses that several have, the one where the packet began, and where it ended'
is "$(ask tenants.db 'SELECT protocol_name, src, dport, from_netns, to_netns, packets FROM v_flow
    ORDER BY first_ts_ns' | xargs)" \
    'udp,10.88.0.2,53,red-a,red-b,1 udp,10.88.0.2,53,blue-a,blue-b,1 udp,10.88.0.2,53,host,host,1 udp,10.88.0.2,53,blue-a,host,1' \
    'v_flow: two pairs that have the same addresses'
"$nstrail" import -d killed.db killed.nst
is "$(ask killed.db 'SELECT src_netns, dst_netns FROM v_peer')" moved,shop/cart-7 \
    'v_peer: what still was at the last tables, was so after'
is "$(ask both.db "SELECT dev, master, to_netns, to_dev FROM v_wire
    WHERE netns = 'host' AND to_netns IS NOT NULL ORDER BY dev" | xargs)" \
    'eth0.7,,host,eth0 veth1a,br0,web,eth0 veth2b,br0,shop/cart-7,net0' 'v_wire: who is wired to whom'
is "$(ask both.db "SELECT netns, names, containers, processes, devices, events FROM v_netns
    WHERE cookie IN (4101, 4102) ORDER BY cookie")" $'web,moved,web,3,"lo,eth0",3
shop/cart-7,,shop/cart-7,2,"eth0,net0",1' 'v_netns'
is "$(ask both.db "SELECT DISTINCT netns FROM v_event WHERE netns NOT LIKE 'a%' ORDER BY 1" | xargs)" \
    'brief host moved shop/cart-7 web' 'v_event has the names'

# What a file still had at its end was over before that, as the next one says.
ends="SELECT kind, mono / 1000000 - 1000000, (ts - $s) / 1000000, ended FROM (
    SELECT 'name' AS kind, last_mono_ns AS mono, last_ts_ns AS ts, ended FROM netns_name
    WHERE name = 'passing'
    UNION ALL SELECT 'netns', last_mono_ns, last_ts_ns, ended FROM netns WHERE NOT initial
    UNION ALL SELECT 'process', last_mono_ns, last_ts_ns, ended FROM process
    UNION ALL SELECT 'container', last_mono_ns, last_ts_ns, ended FROM container
    UNION ALL SELECT 'device', NULL, last_ts_ns, NULL FROM device WHERE name = 'eth0'
    UNION ALL SELECT 'device_state', last_mono_ns, last_ts_ns, ended FROM device_state
    UNION ALL SELECT 'address', last_mono_ns, last_ts_ns, ended FROM address) ORDER BY 1, 2"
"$nstrail" import -d over.db rotated.nst rotated-next.nst
"$nstrail" import -d over-turned.db rotated-next.nst
"$nstrail" import -d over-turned.db rotated.nst
for db in over.db over-turned.db; do
    is "$(ask $db "$ends" | xargs)" "address,2500,2500,1 container,2500,2500,1 device,,2500, \
device_state,2500,2500,1 name,2500,2500,1 netns,2500,2500,1 netns,4000,4000,0 \
process,2500,2500,1" "$db: what ended before a file did, and what was there then"
done

# Where somebody sets the clock, all is dated as the events are that were next to it.
"$nstrail" import -d set.db set.nst set-next.nst
is "$(ask set.db "SELECT x.name, (x.first_ts_ns - $s) / 1000000, count(*)
    FROM netns_name x JOIN event e ON e.netns_id = x.netns_id
    AND e.ts_ns BETWEEN x.first_ts_ns AND x.last_ts_ns GROUP BY 1 ORDER BY 2" | xargs)" \
    'before,-3592000,1 after,8910,2' 'a clock was set: names are found by the times of events'
is "$(ask set.db "SELECT (n.last_ts_ns - n.first_ts_ns) / 1000000 FROM netns n
    WHERE cookie IS NOT NULL ORDER BY cookie" | xargs)" '3604200 300 3300' \
    'a clock was set: how long who lived'
is "$(ask set.db "SELECT (start_ts_ns - $s) / 1000000 FROM process")" 8905 \
    'a clock was set: when a process was started'
is "$(ask set.db "SELECT (ts_ns - $s) / 1000000, value FROM loss WHERE ts_ns < $s + 10000000000
    ORDER BY 1" | xargs)" '-3591600,0 9200,3' 'a clock was set: when events were lost'
is "$(ask set.db "SELECT mono_ns / 1000000 - 1000000, offset_ns - 1700000000000000000 FROM clock
    ORDER BY 1" | xargs)" '8100,-3600000000000 8700,0 9150,7 12100,5' 'clock: what tells that'
"$nstrail" import -d set-turned.db set-next.nst && "$nstrail" import -d set-turned.db set.nst
is "$(ask set-turned.db "$rows")" "$(ask set.db "$rows")" \
    'a clock was set: what was imported before is dated by the file that knows better'
is "$(ask set.db 'SELECT (SELECT min(ts_ns) FROM event WHERE file_id = f.id) - first_ts_ns FROM file f' |
    xargs)" '0 0' 'file.first_ts_ns'

# Where it is set back, what was so all the time was so at each of them.
"$nstrail" import -d back.db back.nst back-next.nst
"$nstrail" import -d back-turned.db back-next.nst && "$nstrail" import -d back-turned.db back.nst
is "$(ask back-turned.db "$rows")" "$(ask back.db "$rows")" \
    'a clock was set back: the same in another order'
for table in netns netns_name device device_state; do
    is "$(ask back.db "SELECT count(*) FROM $table WHERE last_ts_ns < first_ts_ns")" 0 \
        "a clock was set back: nothing ends before it begins: $table"
done
is "$(ask back.db "SELECT x.name, count(*) FROM netns_name x JOIN event e ON e.netns_id = x.netns_id
    AND e.ts_ns BETWEEN x.first_ts_ns AND x.last_ts_ns GROUP BY 1 ORDER BY 1" | xargs)" \
    'across,3 after,1 before,1' 'a clock was set back: names are found by the times of events'
for db in back.db back-turned.db; do
    is "$(ask $db 'SELECT duration_ns FROM v_journey WHERE events = 2')" 1500000000 \
        "a clock was set back: how long a journey took: $db"
done

# Without cookies there is a row for each that had an inum.
lives="SELECT n.label, (n.first_ts_ns - $s) / 1000000, (n.last_ts_ns - $s) / 1000000, count(e.id)
    FROM netns n LEFT JOIN event e ON e.netns_id = n.id WHERE n.inum = 4026532300
    GROUP BY n.id ORDER BY 2"
"$nstrail" import -d old.db old.nst older.nst
is "$(ask old.db "$lives" | xargs)" \
    '4026532300,,,1 01d,0,2000,2 4026532300,3000,5500,4 third,6000,7000,2 fourth,60000,70000,2' \
    'no cookies: who had one inum after the other, and one that was not seen'
is "$(ask old.db "SELECT n.label, (e.ts_ns - $s) / 1000000 FROM event e JOIN netns n ON n.id = e.netns_id
    WHERE n.inum = 4026532310 ORDER BY 2" | xargs)" '4026532310,50100 late,61100' \
    'no cookies: and one before the first that was seen'
is "$(ask old.db "SELECT count(*) FROM event e JOIN device d ON d.id = e.device_id
    WHERE d.netns_id <> e.netns_id")" 0 'no cookies: devices are of the same'
"$nstrail" import -d old-turned.db older.nst && "$nstrail" import -d old-turned.db old.nst
is "$(ask old-turned.db "$lives")" "$(ask old.db "$lives")" 'no cookies: the same in another order'
"$nstrail" import -d old-pipe.db - < <(cat old.nst) && "$nstrail" import -d old-pipe.db older.nst
is "$(ask old-pipe.db "SELECT count(*) FROM netns WHERE inum = 4026532300")" 5 \
    'no cookies: no more of them by a pipe'
done_testing
