#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What was recorded and what was lost are together what was sent: by probe, by CPU and by time, in
# the file, in `info`, in SQL and in the pcapng. The recorder is stopped for a while, so that its
# rings overflow.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin

before=100 flood=$(scaled 30000) after=50
count=$((before + flood + after))

# send COUNT RATE
send()
{
    traffic client udp-send 10.9.1.2 7001 "$1" 64 "$2" >/dev/null
}

# arp_never: what the neighbours are, so that nobody asks.
arp_never()
{
    local mac
    mac=$(in_ns server cat /sys/class/net/s0/address)
    ip -n "${prefix}client" neighbour replace 10.9.1.2 lladdr "$mac" dev c0 nud permanent
}

# at PROBE: datagrams that were recorded there.
at()
{
    events "dport = 7001 AND probe = 'net:$1'"
}

# lost CONDITION: events, by the table of counters at its end.
lost()
{
    ask "SELECT coalesce(sum(value), 0) FROM loss WHERE counter LIKE 'lost.%' AND $1
        AND ts_ns = (SELECT max(ts_ns) FROM loss)"
}

# told: the file has a loss.
# shellcheck disable=SC2317 # called by until_true
told()
{
    "$bin/nstrail" info "$work/losses.nst" 2>/dev/null | grep -q '^Losses .*lost.ring'
}

network_pair
arp_never
record losses "$work/losses.nst" -B 256 --netns "${prefix}client" --netns "${prefix}server" || exit
sink server udp-sink 10.9.1.2 7001 $count
send $before 1000
sleep 1.5
began=$(date +%s%N)
kill -STOP "$recorder"
send "$flood" 0
kill -CONT "$recorder"
ok 'the file has it while it is written' until_true 3 told
over=$(date +%s%N)
sleep 1.5
send $after 1000
stop
is "$recorder_status" 0 "recorder's status"
import losses "$work/losses.nst" || done_testing

total=$(lost true)
ok 'something was lost' test "$total" -gt 0
for probe in net_dev_start_xmit netif_receive_skb; do
    is "$(($(at $probe) + $(lost "probe = 'net:$probe'")))" $count "$probe: recorded and lost is sent"
    ok "$probe: some were lost" test "$(lost "probe = 'net:$probe'")" -gt 0
done
is "$(lost 'cpu IS NOT NULL AND probe IS NOT NULL')" "$total" 'all of it by CPU and probe'
is "$(sed -n 's/ events lost by the rings$//p' "$recorder_words")" "$total" 'as the recorder said'

# Between two looks at the counters, of which there are ten a second.
is "$(ask "SELECT sum(lost) FROM v_loss")" "$total" 'v_loss has all'
is "$(ask "SELECT count(*) FROM v_loss WHERE lost > 0 AND (since_ts_ns IS NULL OR
    since_ts_ns NOT BETWEEN $began - 1000000000 AND $over OR ts_ns NOT BETWEEN $began AND $over)")" 0 'v_loss: when it was'

"$bin/nstrail" info "$work/losses.nst" >"$work/info"
is "$(sed -n 's/.* lost.ring \([0-9]*\) at .* on CPU .*/\1/p' "$work/info" |
    awk '{ n += $1 } END { print n }')" "$total" 'info: by probe and CPU'
is "$("$bin/nstrail" info --json "$work/losses.nst" | grep -o '"until_ts_ns":[0-9]*,"events":[0-9]*' |
    awk -F: '{ n += $3 } END { print n }')" "$total" 'info --json: by time, too'

"$bin/nstrail" export --all-events -w "$work/losses.pcapng" "$work/losses.nst"
if [ -x "$bin/tests/unit/pcapng_dump" ]; then
    "$bin/tests/unit/pcapng_dump" "$work/losses.pcapng" >"$work/dump"
    # The field behind a packet's id; packets say it of those before them.
    is "$(awk '$1 == "packet" { n += $9 } END { print n }' "$work/dump")" "$total" \
        'pcapng: dropped before packets'
    is "$(awk '$1 == "statistics" { n += $NF } END { print n }' "$work/dump")" "$total" \
        'pcapng: dropped in the statistics'
else
    skip 'tests/unit/pcapng_dump was not built' 'pcapng'
fi

done_testing
