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
    # One, or two where the recorder has looked in between and found neither.
    is "$(ask "SELECT count(*) > 0, count(cookie) FROM netns WHERE inum = $first")" 1,0 \
        'without a cookie it is told by its inum'
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

# ------------------------------------------------------------------ without names

# Of processes alone, the first of them in a container; each one's pings have a length of their own.
id=$(printf %s "$prefix" | sha256sum | cut -c 1-64)
cgroup=/sys/fs/cgroup/$prefix/docker/$id

# live NUMBER [CGROUP]: its inum.
live()
{
    # shellcheck disable=SC2016 # for the shell inside
    sh -c '[ -z "$2" ] || echo $$ >"$2/cgroup.procs"
        exec unshare -n sh -c "ip link set lo up && stat -L -c %i /proc/self/ns/net &&
            ping -q -c $0 -i 0.2 -s $1 127.0.0.1 >/dev/null"' $pings $((100 + $1)) "${2-}"
    # The kernel takes it apart when it is no longer in use, and then the inum is free.
    sleep 0.5
}

# its NUMBER OPTION...: of those pings, how many events.
its()
{
    local number=$1
    shift
    printed "$work/lives.nst" -f "icmp and ip[2:2] = $((128 + number))" "$@"
}

if mkdir -p "$cgroup" 2>/dev/null && record lives "$work/lives.nst"; then
    inums=("$(live 0 "$cgroup")")
    for i in {1..40}; do
        inums+=("$(live "$i")")
        again=0
        for inum in "${inums[@]}"; do
            [ "$inum" != "${inums[0]}" ] || again=$((again + 1))
        done
        [ $again -lt 3 ] || break
    done
    stop
    rmdir "$cgroup" "${cgroup%/*}" "${cgroup%/*/*}"
    is "$again" 3 'three without names, with one inum one after the other'
    all=$(its 0)
    ok 'events of the first' test "$all" -ge $((4 * pings))
    is "$(its 0 --netns "container:$id")" "$all" 'all of them in a container'
    named=0 all=0
    for ((number = 1; number <= i; number++)); do
        named=$((named + $(its $number --netns "container:$id")))
        all=$((all + $(its $number)))
    done
    ok 'events of the others' test "$all" -ge $((i * 4 * pings))
    is "$named" 0 'none of them in that container'
    # Each of the three is a row, whose events are of one ping, and are where its process was.
    import lives "$work/lives.nst"
    pinged="FROM event e JOIN netns n ON n.id = e.netns_id JOIN task t ON t.id = e.task_id
        JOIN probe b ON b.id = e.probe_id
        WHERE n.inum = ${inums[0]} AND t.comm = 'ping' AND b.symbol LIKE 'net:%'"
    is "$(ask "SELECT group_concat(pings) FROM (SELECT count(DISTINCT e.len_bytes) AS pings
        $pinged GROUP BY e.netns_id)")" '"1,1,1"' 'each has a row and its own events'
    is "$(ask "SELECT count(*) FROM (SELECT DISTINCT t.tgid, e.netns_id $pinged) x
        WHERE NOT EXISTS (SELECT 1 FROM process p WHERE p.pid = tgid AND p.netns_id = x.netns_id)")" 0 \
        'and the process that sent them'
else
    skip 'no cgroups here' 'three without names, with one inum one after the other'
fi
done_testing
