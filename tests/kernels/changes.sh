#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What changes under a recorder: somebody sets the clock, a CPU goes and comes back, or comes only
# after the start; the recorder is killed. Only for a machine of our own.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/../netns/lib.sh"
begin

count=200 cpu1=/sys/devices/system/cpu/cpu1/online

# send PORT [COMMAND...]: datagrams; the command goes before the sender's.
send()
{
    local port=$1
    shift
    sink server udp-sink 10.9.1.2 "$port" $count
    in_ns client "$@" "$bin/tests/netns/traffic" udp-send 10.9.1.2 "$port" $count 64 2000 >/dev/null
    end_sink
    is "$sunk" $count "port $port: the datagrams arrived"
}

# seen PORT: events of its datagrams.
seen()
{
    events "dport = $1 AND probe LIKE 'net:%'"
}

# from PORT SECONDS: whether its events are of the minute that began then.
from()
{
    is "$(ask "SELECT count(*) FROM v_event WHERE dport = $1 AND probe LIKE 'net:%'
        AND ts_ns BETWEEN ($2 - 1) * 1000000000 AND ($2 + 60) * 1000000000")" $((2 * count)) \
        "port $1: at that time"
}

network_pair

# -- the clock

record clock "$work/clock.nst" || done_testing
now=$(date +%s) later=$(($(date +%s) + 86400)) earlier=$(($(date +%s) - 86400))
send 7001
sleep 0.3
date -s "@$later" >/dev/null
sleep 0.3
send 7002
sleep 0.3
date -s "@$earlier" >/dev/null
sleep 0.3
send 7003
stop
date -s "@$now" >/dev/null
is "$recorder_status" 0 'clock: status'
import clock "$work/clock.nst"
from 7001 "$now"
from 7002 "$later"
from 7003 "$earlier"
is "$("$bin/nstrail" print --format single-line --probe netif_receive_skb \
    -f 'udp and dst portrange 7001-7003' "$work/clock.nst" |
    grep -o '10\.9\.1\.2\.700[0-9]' | uniq | tr '\n' ' ')" '10.9.1.2.7001 10.9.1.2.7002 10.9.1.2.7003 ' \
    'clock: the order stays'

# -- a CPU

if [ -w $cpu1 ]; then
    record cpu "$work/cpu.nst" || done_testing
    send 7011 taskset 2
    echo 0 >$cpu1
    send 7012
    echo 1 >$cpu1
    send 7013 taskset 2
    stop
    is "$recorder_status" 0 'a CPU goes: status'
    import cpu "$work/cpu.nst"
    is "$(seen 7011) $(seen 7012) $(seen 7013)" "$((2 * count)) $((2 * count)) $((2 * count))" \
        'a CPU goes, and comes back: all is recorded'
    lost_nothing 'a CPU goes'

    echo 0 >$cpu1
    record late "$work/late.nst" || done_testing
    echo 1 >$cpu1
    sink server udp-sink 10.9.1.2 7021 $count
    ip netns exec "${prefix}client" taskset 2 "$bin/tests/netns/traffic" udp-send 10.9.1.2 7022 \
        $count 64 2000 >/dev/null &
    other=$!
    in_ns client taskset 1 "$bin/tests/netns/traffic" udp-send 10.9.1.2 7021 $count 64 2000 \
        >/dev/null
    wait $other
    end_sink
    stop
    is "$recorder_status" 0 'a CPU comes late: status'
    import late "$work/late.nst"
    is "$(seen 7021) $(seen 7022)" "$((2 * count)) $((2 * count))" \
        'a CPU comes late: what both send at a time is recorded'
    is "$(ask 'SELECT count(DISTINCT cpu) FROM v_event')" 2 'a CPU comes late: under its own number'
    lost_nothing 'a CPU comes late'
else
    skip 'CPU 1 cannot be taken away' 'a CPU goes'
fi

# -- killed

if grep -q ' register_kprobe$' /proc/kallsyms; then
    record killed "$work/killed.nst" -p kprobe:ip_rcv -p kretprobe:ip_output || done_testing
    mount -t debugfs debug /sys/kernel/debug 2>/dev/null
    ok 'kprobes are there' test "$(wc -l </sys/kernel/debug/kprobes/list)" -gt 0
    kill -KILL "$recorder"
    ended 2>/dev/null
    ok 'SIGKILL: no kprobe stays behind' \
        until_true 10 bash -c '! grep -q . /sys/kernel/debug/kprobes/list'
else
    skip 'this kernel has no kprobes' 'SIGKILL: no kprobe stays behind'
fi

done_testing
