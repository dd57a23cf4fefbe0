#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A disk that gets full while recording and while importing: what was whole is read, what was
# lost is counted, and the status says that it was done in part.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin
need sqlite3

count=50000

network_pair
ok 'the neighbour is known' in_ns client ping -q -c 1 10.9.1.2
mkdir "$work/disk"
mount -t tmpfs -o size=256k tmpfs "$work/disk" 2>/dev/null || skip_all 'may not mount a tmpfs'

flood()
{
    sink server udp-sink 10.9.1.2 7001 $count
    traffic client udp-send 10.9.1.2 7001 $count 100 50000 >/dev/null
    end_sink
}

# said WORDS: the number before them in what the recorder said at its end.
said()
{
    sed -n "s/^\([0-9]*\) $1.*/\1/p" "$recorder_words"
}

record disk "$work/disk/full.nst" || exit
flood
stop
is "$recorder_status" 2 'recording: status'
like "$(cat "$recorder_words")" 'No space left on device' 'recording: says why'

# After it was cut back to its last whole block the disk may have room again for END.
"$bin/nstrail" info "$work/disk/full.nst" >/dev/null 2>"$work/words"
is $? 0 'the file is whole as far as it goes'
import disk "$work/disk/full.nst"
recorded=$(said 'events recorded') lost=$(said 'events lost by the disk')
is "$(ask 'SELECT count(*) FROM event')" "$recorded" 'as many events are read as were said to be there'
ok 'some were written, some lost' test "$recorded" -gt 0 -a "$lost" -gt 0
ok 'none is unaccounted for' test $((recorded + lost)) -ge $((2 * count))
is "$(ask "SELECT sum(value) FROM loss WHERE counter = 'lost.disk' AND ts_ns =
        (SELECT max(ts_ns) FROM loss)")" "$lost" 'the file itself says how many are missing'
for probe in net_dev_start_xmit netif_receive_skb; do
    is "$(ask "SELECT sum(value) FROM loss WHERE ts_ns = (SELECT max(ts_ns) FROM loss)
            AND counter = 'events' AND probe = 'net:$probe'")" \
        "$(ask "SELECT (SELECT count(*) FROM event e JOIN probe p ON p.id = e.probe_id
                WHERE p.symbol = 'net:$probe') + sum(value) FROM loss
            WHERE ts_ns = (SELECT max(ts_ns) FROM loss) AND counter = 'lost.disk' AND
                probe = 'net:$probe' AND cpu IS NOT NULL")" \
        "$probe: what is in the file and what the disk lost is what was seen"
done

# Room again: the same recorder goes on with the same file.
rm -f "$work/disk/"*
truncate -s 200k "$work/disk/ballast"
head -c 200k /dev/zero >"$work/disk/ballast"
record disk "$work/disk/again.nst" || exit
flood
# Nothing at all can be written while the namespace comes.
cat /dev/zero >"$work/disk/more" 2>/dev/null
add_ns late
sleep 3
rm "$work/disk/"{ballast,more}
in_ns client ping -q -c 20 -i 0.002 10.9.1.2 >/dev/null
sleep 4
stop
is "$recorder_status" 2 'room again: status'
is "$(printed "$work/disk/again.nst" --netns "${prefix}client" -f icmp)" 40 \
    'room again: what came later is recorded'

say "$work/disk/again.nst"
is "$(told "SELECT count(*) FROM n, json_each(o, '$.names') v
    WHERE v.value ->> 'name' IN ('{}client', '{}late')")" 2 \
    'room again: and what the inventory had said meanwhile'

# A file that may not grow, which SIGXFSZ tells as well.
ulimit -S -f 256
record limit "$work/limit.nst" || exit
ulimit -S -f unlimited
flood
stop
is "$recorder_status" 2 'a limit of the file: status'
like "$(cat "$recorder_words")" 'File too large' 'a limit of the file: says why'
ok 'a limit of the file: what is lost is counted' test "$(said 'events lost by the disk')" -gt 0
"$bin/nstrail" info "$work/limit.nst" >/dev/null 2>&1
is $? 0 'a limit of the file: it is whole as far as it goes'
import limit "$work/limit.nst"
is "$(ask 'SELECT count(*) FROM event')" "$(said 'events recorded')" \
    'a limit of the file: as many events are read as were said to be there'

rm -f "$work/disk/"*
record disk "$work/large.nst" || exit
flood
stop
"$bin/nstrail" import "$work/large.nst" -d "$work/disk/x.db" >/dev/null 2>"$work/words"
is $? 1 'importing: status'
is "$(ls -A "$work/disk")" '' 'importing: leaves no half database'
like "$(cat "$work/words")" 'full|No space' 'importing: says why'

done_testing
