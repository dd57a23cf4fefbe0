#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Probes that the machine where this is developed cannot have: on functions, by kprobe, kretprobe
# and fentry; with stack traces; many at once.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/../netns/lib.sh"
begin
[ -e /sys/bus/event_source/devices/kprobe ] || skip_all 'this kernel has no kprobes'

datagrams=50

# send PORT: datagrams from client to server, where somebody listens.
send()
{
    sink server udp-sink 10.9.1.2 "$1" $datagrams
    traffic client udp-send 10.9.1.2 "$1" $datagrams 64 2000 >/dev/null
    end_sink
    is "$sunk" $datagrams 'the datagrams arrived'
}

# at PORT: the probes that saw those datagrams, in which namespace and how often.
at()
{
    ask "SELECT p.kind || ':' || p.symbol, v.netns, count(*)
        FROM v_event v JOIN event e ON e.id = v.id JOIN probe p ON p.id = e.probe_id
        WHERE v.protocol = 17 AND v.dport = $1 GROUP BY 1, 2 ORDER BY 1, 2"
}

network_pair
in_ns client ping -q -c 1 10.9.1.2 >/dev/null

# Of functions that have a packet as their first parameter, their second, their third.
if record functions "$work/functions.nst" -p kprobe:ip_rcv -p kprobe:ip_output \
    -p kprobe:udp_rcv/stack -p kretprobe:skb_scrub_packet -p fentry:ip_local_deliver \
    -p tp:net:netif_rx; then
    send 7001
    stop
    is "$recorder_status" 0 "recorder's status"
    diag "$(cat "$recorder_words")"
    import functions "$work/functions.nst"
    is "$(at 7001)" "$(printf '%s,%s,%d\n' \
        fentry:ip_local_deliver '{server}' $datagrams \
        kprobe:ip_output '{client}' $datagrams \
        kprobe:ip_rcv '{server}' $datagrams \
        kprobe:udp_rcv '{server}' $datagrams \
        kretprobe:skb_scrub_packet '{client}' $datagrams \
        raw_tracepoint:net:netif_rx '{server}' $datagrams)" \
        'each probe saw each datagram once, in its namespace'
    is "$(ask 'SELECT count(DISTINCT e.journey_id) FROM v_event v JOIN event e ON e.id = v.id
        WHERE v.protocol = 17 AND v.dport = 7001')" $datagrams 'and they are as many journeys'
    "$bin/nstrail" print --format single-line -f 'udp port 7001' "$work/functions.nst" \
        >"$work/printed"
    like "$(grep -m1 'udp_rcv #' "$work/printed")" \
        '\[udp_rcv\+0x[0-9a-f], ip_protocol_deliver_rcu\+0x[0-9a-f]+, ' \
        'a stack trace leads from the function outwards'
    is "$(grep -c ' \[k\] ip_rcv.*+0x' "$work/printed")" 0 'and the other probes have none'
fi

# Hundreds at once, and more than there may be files at first. Some functions are not for kprobes, and
# the recorder says so and goes on.
SECONDS=0
descriptors=$(ulimit -n)
ulimit -n 100
if record many "$work/many.nst" -v -p 'kprobe:tcp_*' -p 'kprobe:ip_*' -p 'kprobe:udp_*'; then
    diag "$("$bin/nstrail-capture" --list-probes 'kprobe:tcp_*' 2>/dev/null | wc -l) of TCP alone;" \
        "recording after $SECONDS s: $(grep -v libbpf "$recorder_words" | tr '\n' ' ')"
    send 7002
    kill -HUP "$recorder"
    ok 'many: a new file' until_true 20 test -s "$work/many.nst1"
    stop
    is "$recorder_status" 0 "recorder's status with many"
    is "$(grep -c 'files that this process may have open' "$recorder_words")" 0 \
        'many: there are descriptors for all'
    import many "$work/many.nst" "$work/many.nst1"
    is "$(ask "SELECT count(DISTINCT probe) FROM loss WHERE counter = 'probe.failed' AND value > 0")" \
        "$(grep -c 'cannot attach to' "$recorder_words")" 'those that failed are in the file'
    like "$(at 7002)" "kprobe:ip_rcv,\{server\},$datagrams" 'ip_rcv is among many'
    like "$(at 7002)" "kprobe:udp_rcv,\{server\},$datagrams" 'so is udp_rcv'
fi
ulimit -n "$descriptors"

# Where the limit cannot be raised, what is attached is recorded, and files can still be opened.
mkdir "$work/starved"
printf '#!/bin/bash\nulimit -l unlimited\nulimit -n 256\nexec setpriv --bounding-set -sys_resource %s "$@"\n' \
    "$bin/nstrail-capture" >"$work/starved/nstrail-capture"
chmod +x "$work/starved/nstrail-capture"
if bin=$work/starved record starved "$work/starved.nst" -p kprobe:ip_rcv -p 'kretprobe:tcp_*'; then
    like "$(cat "$recorder_words")" 'too many for the 256 files .*CAP_SYS_RESOURCE' \
        'starved: the limit is named'
    kill -HUP "$recorder"
    ok 'starved: a new file' until_true 20 test -s "$work/starved.nst1"
    send 7003
    stop
    is "$recorder_status" 0 "starved: recorder's status"
    import starved "$work/starved.nst" "$work/starved.nst1"
    is "$(at 7003)" "kprobe:ip_rcv,{server},$datagrams" 'starved: what there is room for is recorded'
fi

# What groups tracepoints are in, tracefs tells; what we know without it is the same.
"$bin/nstrail-capture" --list-probes 'tp:*' >"$work/told" 2>/dev/null
unshare --mount sh -c 'umount /sys/kernel/tracing; exec "$0" --list-probes "tp:*"' \
    "$bin/nstrail-capture" >"$work/known" 2>/dev/null
is "$(cat "$work/known")" "$(cat "$work/told")" 'groups with tracefs and without'
mount -t debugfs debug /sys/kernel/debug 2>/dev/null
is "$(wc -l </sys/kernel/debug/kprobes/list)" 0 'nothing is left'

done_testing
