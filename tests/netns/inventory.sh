#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Who the namespaces were, as the file says it: found at the start and while recording, by names,
# mounts, processes and sockets; what changes, and what takes another's number.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin
need sqlite3 setpriv

of()
{
    stat -L -c %i "/proc/$1/ns/net"
}

mountpoint_of()
{
    : >"$work/pinned"
    unshare --net="$work/pinned" true
}

add_ns a b
link a a0 b b0
address a a0 10.9.1.1/24
address b b0 10.9.1.2/24
ip -n "${prefix}b" link add b7 type veth peer name b8
mountpoint_of
ip netns exec "${prefix}b" sleep 66 &
populates=$!
# Words that only a command line and an environment hold.
SECRET=environment-$prefix unshare -n sleep 61.25 &
shell=$!
setpriv --reuid 65534 --clear-groups unshare -Un sleep 62 &
nested=$!
# Twice: the one that has the namespace belongs to who made it, in the one of another.
setpriv --reuid 65533 --clear-groups unshare -Ur unshare -Un sleep 64 &
twice=$!
# A name that would do things to a terminal, and to who parses /proc without care.
odd=$'x) S 1\033[31m\n1'
cp "$(command -v sleep)" "$work/$odd"
unshare -n "$work/$odd" 63 &
strange=$!
coproc KEEPER { "$bin/tests/netns/keeper"; }
read -r kept <&"${KEEPER[0]}"
slept()
{
    grep -qs "$2" "/proc/$1/cmdline"
}
until_true 5 slept "$shell" 61.25
until_true 5 slept "$nested" 62
until_true 5 slept "$twice" 64
until_true 5 slept "$strange" 63

record inventory "$work/one.nst" || exit
echo >&"${KEEPER[1]}"
in_ns a ping -q -c 3 -i 0.01 10.9.1.2 >"$work/ping"
# One of a namespace that has another for long, gone before a scan comes by.
in_ns b setpriv --clear-groups "$(command -v timeout)" 0.3 sleep 67
# A device that comes and goes.
link a a7 b b9
address a a7 10.9.7.1/24
address b b9 10.9.7.2/24
in_ns a ping -q -c 5 -i 0.2 10.9.7.2 >"$work/ping"
ip -n "${prefix}a" link delete a7
# Gone before a scan comes by, its inum free for the next.
ip netns add "${prefix}first"
first=$(inum first)
ip netns exec "${prefix}first" sleep 0.1
ip netns delete "${prefix}first"
# The lowest free inum is the next: all are kept until one has it again.
for i in {1..200}; do
    second=second$i
    ip netns add "$prefix$second"
    again=$(inum $second)
    [ "$again" != "$first" ] || break
    sleep 0.02
done
ip -n "${prefix}a" link set a0 down
ip -n "${prefix}a" link set a0 name a1
ip -n "${prefix}b" link set b7 netns "$prefix$second" name c7
sleep 0.2
cp "$(command -v sleep)" "$work/nap" # another test's processes are no naps
unshare -n "$work/nap" 0.4
stop
say "$work/one.nst"

is "$(told "SELECT v.value ->> 'name', inum FROM n, json_each(o, '$.names') v
    WHERE inum IN ($(inum a), $(inum b)) AND v.value ->> 'place' = 'netns' ORDER BY 1")" \
    "{}a|$(inum a)
{}b|$(inum b)" 'names'
is "$(told "SELECT v.value ->> 'name', v.value ->> 'place' FROM n, json_each(o, '$.names') v
    WHERE inum = $(stat -c %i "$work/pinned")")" "$work/pinned|mount" \
    'a namespace that only a mount has, by its path'
is "$(told "SELECT v.value ->> 'comm', v.value ->> 'uid', v.value ->> 'cmdline' FROM n,
    json_each(o, '$.processes') v WHERE inum = $(of "$shell")")" 'sleep|0|' \
    'a process, without its command line'
ok 'no word of an environment or a command line' \
    sh -c '! grep -qaE "$0" "$1"' "environment-$prefix|61\\.25" "$work/one.nst"
# What became the process was root's before.
is "$(told "SELECT o ->> 'owner_uid', o ->> 'userns_inum', max(v.value ->> 'uid') FROM n,
    json_each(o, '$.processes') v WHERE inum = $(of "$nested")")" \
    "65534|$(stat -L -c %i "/proc/$nested/ns/user")|65534" 'the owner of a user namespace'
is "$(told "SELECT o ->> 'owner_uid', o ->> 'userns_inum' FROM n
    WHERE inum = $(of "$twice")")" "65533|$(stat -L -c %i "/proc/$twice/ns/user")" \
    'the owner of one in another'
is "$(told "SELECT hex(v.value ->> 'comm') FROM n, json_each(o, '$.processes') v
    WHERE inum = $(of "$strange") AND v.value ->> 'comm' NOT LIKE 'nstrail%'")" \
    "$(printf %s "${odd:0:15}" | od -An -v -t x1 | tr -d ' \n' | tr a-f A-F)" 'a hostile name'
if told 'SELECT cookie FROM n' | grep -q .; then
    is "$(told "SELECT count(*), count(o ->> 'gone') FROM n WHERE inum = $kept")" '1|1' \
        'a namespace that only a socket has'
    if uname -r | awk -F. '{ exit !($1 > 6 || $1 == 6 && $2 >= 18) }'; then
        is "$(told "SELECT v.value ->> 'name' FROM n, json_each(o, '$.devices') v
            WHERE inum = $kept")" lo 'and its devices'
    else
        skip 'namespaces can be opened by their cookies since 6.18' 'and its devices'
    fi
    if [ "$again" = "$first" ]; then
        is "$(told "SELECT min(v.value ->> 'name'), max(v.value ->> 'name'), count(DISTINCT cookie)
            FROM n, json_each(o, '$.names') v WHERE inum = $first
            AND v.value ->> 'name' LIKE '{}%'")" "{}first|{}$second|2" \
            'an inum that is used again, by another namespace'
        is "$(told "SELECT DISTINCT v.value ->> 'comm' FROM n, json_each(o, '$.processes') v
            WHERE inum = $first AND v.value ->> 'comm' NOT LIKE 'nstrail%'
            AND v.value ->> 'comm' <> 'ip'")" sleep 'with a process in the first alone'
    else
        skip 'no inum was used again' 'an inum that is used again, by another namespace'
        skip 'no inum was used again' 'with a process in the first alone'
    fi
fi

is "$(told "SELECT v.value ->> 'name', v.value ->> 'kind', v.value -> 'link' ->> 'inum',
    v.value -> 'link' ->> 'name', v.value ->> 'at_end' FROM n, json_each(o, '$.devices') v
    WHERE inum = $(inum a) AND v.value ->> 'ifindex' = 2
    GROUP BY 1 ORDER BY v.value ->> 'first_time_ns'")" \
    "a0|veth|$(inum b)|b0|0
a1|veth|$(inum b)|b0|1" 'a veth, the other end of it, and its new name'
is "$(told "SELECT v.value ->> 'address', v.value ->> 'prefix' FROM n, json_each(o, '$.addresses') v
    WHERE inum = $(inum b) AND v.value ->> 'address' LIKE '10.9.1.%'")" '10.9.1.2|24' 'an address'
is "$(told "SELECT o ->> 'inum' = $(inum $second), v.value ->> 'name', v.value ->> 'kind',
    max(v.value ->> 'at_end') FROM n, json_each(o, '$.devices') v WHERE v.value ->> 'name' LIKE '_7'
    AND inum IN ($(inum b), $(inum $second)) GROUP BY 1, 2 ORDER BY 1")" "0|b7|veth|0
1|c7|veth|1" 'a device that came, and moved'
is "$(told "SELECT v.value ->> 'name', v.value ->> 'kind', max(v.value ->> 'at_end')
    FROM n, json_each(o, '$.devices') v WHERE v.value ->> 'name' IN ('a7', 'b9')
    AND inum IN ($(inum a), $(inum b)) GROUP BY 1")" "a7|veth|0
b9|veth|0" 'devices that came and went'
is "$(told "SELECT count(*), max(v.value ->> 'at_end') FROM n, json_each(o, '$.addresses') v
    WHERE v.value ->> 'address' IN ('10.9.7.1', '10.9.7.2')
    AND inum IN ($(inum a), $(inum b))")" '2|0' 'and their addresses'
is "$(told "SELECT count(*) FROM n, json_each(o, '$.processes') v WHERE v.value ->> 'comm' = 'nap'
    AND o ->> 'gone'")" 1 'a namespace of a process that lived for 0.4 s'

is "$(told "SELECT count(*) FROM n, json_each(o, '$.processes') v WHERE inum = $(inum b)
    AND v.value ->> 'comm' = 'timeout'")" 1 'a process that lived for 0.3 s beside another'
import counters "$work/one.nst"
is "$(ask "SELECT counter, max(value) FROM loss WHERE counter IN
    ('inventory.limit', 'inventory.left_out', 'inventory.full', 'inventory.unheard') GROUP BY 1")" \
    'inventory.full,0
inventory.left_out,0
inventory.limit,8192
inventory.unheard,0' 'its limit, and that nothing was left out'

# Whoever may not trace processes may not know where those are that can do more.
setpriv --bounding-set -sys_ptrace "$bin/nstrail-capture" -w "$work/five.nst" --cmd 'sleep 0.5' \
    >"$work/words" 2>&1
import unread "$work/five.nst"
is "$(ask "SELECT max(value) > 0 FROM loss WHERE counter = 'inventory.unread'")" 1 \
    'what could not be looked at is counted'
# More programs than are looked at from one scan to the next, which sees those that are left: all at
# once for who is held up meanwhile.
record crowd "$work/six.nst" || exit
worker=$(pgrep -P "$recorder" -x nstrail-inv)
kill -STOP "$worker"
in_ns b sh -c 'i=0; while [ $((i += 1)) -le 1500 ]; do sleep 3 & done; wait' &
crowd=$!
sleep 2
kill -CONT "$worker"
wait $crowd
stop
import crowd "$work/six.nst"
is "$(ask "SELECT value > 0 FROM loss WHERE counter = 'inventory.left_out'
    ORDER BY ts_ns DESC LIMIT 1")" 1 'what was left out between scans is counted to the end'
record options "$work/two.nst" --cmdline || exit
stop
say "$work/two.nst"
# For a moment another recorder of this host can be there, too.
is "$(told "SELECT v.value ->> 'cmdline' FROM n, json_each(o, '$.processes') v
    WHERE inum = $(of "$shell") AND v.value ->> 'comm' NOT LIKE 'nstrail%'")" 'sleep 61.25' '--cmdline'
record names "$work/three.nst" --inventory=names || exit
in_ns a sleep 0.2
stop
say "$work/three.nst"
is "$(told "SELECT count(DISTINCT n.value ->> 'name'), count(p.value), count(d.value)
    FROM n, json_each(o, '$.names') n LEFT JOIN json_each(o, '$.processes') p
    LEFT JOIN json_each(o, '$.devices') d WHERE n.value ->> 'name' IN ('{}a', '{}b', '{}$second')")" '3|0|0' \
    '--inventory=names'
is "$(told "SELECT count(*) FROM n, json_each(o, '$.processes')")" 0 \
    '--inventory=names: nor what was executed meanwhile'
record none "$work/four.nst" --inventory=none || exit
stop
say "$work/four.nst"
is "$(told "SELECT count(*) FROM n WHERE o ->> 'events' = 0")" 0 '--inventory=none'

umount "$work/pinned"
# shellcheck disable=SC2153 # bash sets it
kill "$populates" "$shell" "$nested" "$twice" "$strange" "$KEEPER_PID"
done_testing
