#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What a kernel passes over, because a program or a kprobe would interrupt itself, is counted where
# the kernel can tell, and unknown where it cannot: recorded and lost are together what was sent.
# Two senders, each on a CPU of its own, interrupt each other by way of RPS, and are answered in
# these interrupts: nobody listens. Only for a machine of our own: the kernel's counts are not those
# of our namespaces alone.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/../netns/lib.sh"
begin

count=5000

# neighbours NS DEV ADDRESS OTHER-NS OTHER-DEV: ADDRESS is OTHER-DEV's, and nobody has to ask.
neighbours()
{
    ip -n "$prefix$1" neighbour replace "$3" dev "$2" nud permanent \
        lladdr "$(in_ns "$4" cat "/sys/class/net/$5/address")"
}

# rps NS DEV MASK
rps()
{
    # shellcheck disable=SC2016 # for the shell inside
    in_ns "$1" sh -c 'echo "$2" >"/sys/class/net/$1/queues/rx-0/rps_cpus"' sh "$2" "$3"
}

# sender NS CPUS ADDRESS
sender()
{
    in_ns "$1" taskset "$2" "$bin/tests/netns/traffic" udp-send "$3" 7001 $count 64 0 >/dev/null
}

both()
{
    sender client 1 10.9.1.2 &
    local other=$!
    sender server 2 10.9.1.1
    wait $other
}

# last CONDITION: losses at the end; "unknown" where the kernel does not tell.
last()
{
    ask "SELECT CASE WHEN count(*) > count(value) THEN 'unknown' ELSE coalesce(sum(value), 0) END
        FROM loss WHERE counter LIKE 'lost.%' AND $1 AND ts_ns = (SELECT max(ts_ns) FROM loss)"
}

# recorded PROBE
recorded()
{
    events "dev IN ('c0', 's0') AND probe = '$1'"
}

# passed FIELD: packets that the devices have counted: 2 sent, 3 received.
passed()
{
    { counters client; counters server; } | awk -F, -v field="$1" '/^[cs]0/ { n += $field } END { print n }'
}

# whole WHAT RECORDED LOST SENT
whole()
{
    diag "$1: $2 recorded, $3 lost"
    if [ "$3" = unknown ]; then
        ok "$1: what is recorded was sent" test "$2" -le "$4"
    else
        is "$(($2 + $3))" "$4" "$1: recorded and lost is sent"
    fi
}

network_pair
neighbours client c0 10.9.1.2 server s0
neighbours server s0 10.9.1.1 client c0
rps client c0 1
rps server s0 2
# Answer all: per peer, and the host's own limit.
sysctl_ns client net/ipv4/icmp_ratelimit=0
sysctl_ns server net/ipv4/icmp_ratelimit=0
for key in icmp_msgs_per_sec icmp_msgs_burst; do
    echo 1000000 >/proc/sys/net/ipv4/$key
    sysctl_ns client net/ipv4/$key=1000000 2>/dev/null
    sysctl_ns server net/ipv4/$key=1000000 2>/dev/null
done

record tracepoints "$work/tp.nst" --inventory=names || done_testing
sent=$(passed 2) received=$(passed 3)
both
sleep 0.5
sent=$(($(passed 2) - sent)) received=$(($(passed 3) - received))
stop
import tracepoints "$work/tp.nst" || done_testing
ok 'datagrams and answers passed' test "$sent" -gt $((3 * count))
probe=net:net_dev_start_xmit
whole $probe "$(recorded $probe)" "$(last "probe = '$probe'")" "$sent"
probe=net:netif_receive_skb
whole $probe "$(recorded $probe)" "$(last "probe = '$probe'")" "$received"
case $(uname -r) in
5.10.*) told=unknown ;;
*) told=known ;;
esac
is "$(ask "SELECT DISTINCT CASE WHEN value IS NULL THEN 'unknown' ELSE 'known' END FROM loss
    WHERE counter = 'lost.recursion'")" $told "recursion of tracepoints: $told"

if record kprobes "$work/kprobes.nst" --inventory=names -p kprobe:ip_rcv -p kprobe:ip_output; then
    sent=$(passed 2) received=$(passed 3)
    both
    sleep 0.5
    sent=$(($(passed 2) - sent)) received=$(($(passed 3) - received))
    stop
    import kprobes "$work/kprobes.nst" || done_testing
    # Where packets go out they have no device yet.
    whole kprobes "$(events "probe IN ('ip_rcv', 'ip_output')")" "$(last true)" \
        $((sent + received))
    case $(uname -r) in
    5.10.* | 6.1.*) told=unknown ;;
    *) told=known ;;
    esac
    is "$(ask "SELECT DISTINCT CASE WHEN value IS NULL THEN 'unknown' ELSE 'known' END FROM loss
        WHERE counter = 'lost.missed'")" $told "missed kprobes: $told"
    like "$(cat "$recorder_words")" 'events lost by missed kprobes' 'and it is said at the end'
fi

done_testing
