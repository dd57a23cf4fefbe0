#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What kernels differ in, and what the file says of it: a namespace's cookie, why packets are
# dropped, and by what, bytes outside of the linear part, programs that the kernel skipped. The
# recorder asks each kernel what it has; here stands what those of the matrix are known to have.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/../netns/lib.sh"
begin

refused=5 stream_bytes=200000

# Drop reasons came with 5.17, a program's recursion_misses with 5.12, bpf_dynptr_from_skb() for
# tracing programs with 6.12. (A cookie is told by 5.14, see cookie.c; recorded since 5.12.)
case $(uname -r) in
5.10.*) reason=unknown recursion=unknown reach=linear ;;
6.1.*) reason=NO_SOCKET recursion=0 reach=linear ;;
*) reason=NO_SOCKET recursion=0 reach=whole ;;
esac

exchange()
{
    traffic client udp-send 10.9.1.2 9 $refused 64 0 >/dev/null
    sink server tcp-sink 10.9.1.2 7003
    traffic client tcp-send 10.9.1.2 7003 $stream_bytes >/dev/null
    end_sink
    is "$sunk" $stream_bytes 'TCP arrived'
}

# last COUNTER: its value at the end, "unknown" where the kernel does not tell.
last()
{
    ask "SELECT coalesce(CAST(sum(value) AS TEXT), 'unknown') FROM loss
        WHERE counter = '$1' AND ts_ns = (SELECT max(ts_ns) FROM loss)"
}

identity()
{
    printf '{%s},%s,%s\n' "$1" "$(inum "$1")" "$(in_ns "$1" "$bin/tests/kernels/cookie")"
}

network_pair
record differences "$work/differences.nst" -s 0 --stack --profile default -p net:net_dev_queue ||
    done_testing
exchange
quiet client server
stop
is "$recorder_status" 0 "recorder's status"
import differences "$work/differences.nst" || done_testing

is "$(ask "SELECT name, inum, coalesce(CAST(cookie AS TEXT), 'null') FROM netns
    WHERE name IN ('{client}', '{server}') ORDER BY 1")" "$(identity client; identity server)" \
    'inum and cookie of each namespace, no cookie where the kernel tells none'
is "$(ask "SELECT e.netns, count(*), coalesce(r.name, 'null')
    FROM v_event AS e LEFT JOIN event AS w ON w.id = e.id
        LEFT JOIN drop_reason AS r ON r.id = w.drop_reason_id
    WHERE e.netns = '{server}' AND e.probe LIKE '%kfree_skb' AND e.dport = 9 GROUP BY 1, 3")" \
    "{server},$refused,$reason" "each datagram to a closed port is a drop, its reason $reason"
# By a copy of a program, made for this kernel.
is "$(ask "SELECT netns, count(*) FROM v_event WHERE probe = 'net:net_dev_queue' AND dport = 9
    GROUP BY 1")" "{client},$refused" 'a probe of our choice sees each of them'
# Programs have places near those of modules.
is "$(ask "SELECT count(*) FROM v_stack AS s JOIN event AS e ON e.stack_id = s.stack_id
        JOIN v_event AS v ON v.id = e.id
    WHERE v.netns = '{server}' AND v.dport = 9 AND v.probe LIKE '%kfree_skb'
        AND substr(s.trace, 1, instr(s.trace, '+')) LIKE '%skb%'")" \
    $refused 'and has a stack trace, which begins with the function that drops'
cut=$(ask 'SELECT count(*) FROM event WHERE caplen_bytes < len_bytes')
if [ $reach = whole ]; then
    is "$cut" 0 'every packet has all of its bytes'
else
    ok 'some packets have their linear part only' [ "$cut" -gt 0 ]
fi
is "$(last cut.nonlinear)" "$cut" 'what was cut is counted'
is "$(last lost.recursion)" $recursion "skipped programs: $recursion"
is "$(last lost.ring)" 0 'lost by the rings: 0'

done_testing
