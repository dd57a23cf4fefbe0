#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Who a namespace was when another has its inum after it: told apart by their cookies, and where
# the kernel has none, by when each had its name. Processes and devices are found either way.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/../netns/lib.sh"
begin

pings=3

# talk NS: it pings itself, and goes on for a while.
talk()
{
    in_ns "$1" ping -q -c $pings -i 0.2 127.0.0.1 >"$work/ping"
    in_ns "$1" sleep 2
}

# of WHO: how many events of pings it has.
of()
{
    printed "$work/who.nst" --netns "$prefix$1" -f icmp
}

record who "$work/who.nst" || done_testing
add_ns first
with_cookie=$(in_ns first "$bin/tests/kernels/cookie")
talk first
first=$(inum first)
ip netns delete "${prefix}first"
# The lowest free inum is the next: all are kept until one has it again.
for i in {1..100}; do
    second=second$i
    add_ns $second
    [ "$(inum $second)" != "$first" ] || break
    sleep 0.05
done
is "$(inum $second)" "$first" 'an inum was used again'
talk $second
stop
import who "$work/who.nst"

# Each ping is sent and received at lo, and so is its answer.
is "$(of first) $(of $second)" "$((4 * pings)) $((4 * pings))" 'the events of each, by its name'
is "$("$bin/nstrail" print --names --format single-line -f icmp "$work/who.nst" |
    sed -nE "s/.* netns $prefix([a-z0-9]+).*/\1/p" | sort | uniq -c | xargs)" \
    "$((4 * pings)) first $((4 * pings)) $second" 'and they are printed with it'
is "$(ask "SELECT name, count(*) FROM netns_name WHERE name IN ('{first}', '{$second}') AND
    place = 'netns' GROUP BY 1")" "{first},1
{$second},1" 'both names are in the database'
is "$(ask "SELECT count(*) FROM netns_name a JOIN netns_name b ON a.name = '{first}'
    AND b.name = '{$second}' AND a.last_ts_ns <= b.first_ts_ns")" 1 'the one before the other'
if [ "$with_cookie" = null ]; then
    is "$(ask "SELECT count(*), count(cookie) FROM netns WHERE inum = $first")" 1,0 \
        'without a cookie it is one inum'
else
    is "$(ask "SELECT name, count(DISTINCT cookie) FROM netns WHERE inum = $first
        AND name LIKE '{%' GROUP BY 1")" "{first},1
{$second},1" 'with cookies these are two'
fi
is "$(ask "SELECT count(*) > 0 FROM process p JOIN netns n ON n.id = p.netns_id
    WHERE n.inum = $first")" 1 'its processes'
is "$(ask "SELECT DISTINCT d.name FROM device d JOIN netns n ON n.id = d.netns_id
    WHERE n.inum = $first")" lo 'its devices'
is "$(ask "SELECT DISTINCT label FROM netns WHERE initial")" host 'and which is the host'
done_testing
