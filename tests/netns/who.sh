#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Who the namespaces were: what the host answers while it is there, and what `nstrail netns`
# answers from the file alone once everything is gone.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin
need unshare

# Addresses that nobody else on the host has: of others nobody can tell whose they are.
net=10.$(($$ / 256 % 200 + 20)).$(($$ % 256))

add_ns client router
link client c0 router r0
ip -n "${prefix}router" link add br0 type bridge
ip -n "${prefix}router" link set br0 up
ip -n "${prefix}router" link set r0 master br0
address client c0 $net.1/24
address router br0 $net.2/24
unshare --net sleep 60 &
unnamed=$!
ip netns exec "${prefix}client" sleep 60 &
named=$!
# Both have become `sleep` in a namespace of their own.
# shellcheck disable=SC2317 # called by until_true
apart()
{
    [ "$(readlink "/proc/$unnamed/ns/net")" != "$(readlink /proc/self/ns/net)" ] &&
        [ "$(cat "/proc/$named/comm")" = sleep ]
}
until_true 5 apart

record who "$work/who.nst" || exit
ok 'ping' in_ns client ping -q -c 3 -i 0.002 $net.2
net_of_unnamed=$(readlink "/proc/$unnamed/ns/net")
net_of_named=$(readlink "/proc/$named/ns/net")
identified=$(ip netns identify "$named")
ip -n "${prefix}client" link set c0 name c1 2>/dev/null ||
    { ip -n "${prefix}client" link set c0 down && ip -n "${prefix}client" link set c0 name c1; }
# What changes is looked at within a second.
sleep 1.5
kill "$unnamed" "$named"
wait "$unnamed" "$named" 2>/dev/null
stop
remove_namespaces
import who "$work/who.nst" || exit

# netns OPTION... FILE-OR-DB: without its title.
netns()
{
    "$bin/nstrail" netns "$@" | sed "1d; s/$prefix\([a-z0-9]*\)/{\1}/g"
}

for file in "$work/who.nst" "$db"; do
    what="from ${file##*.}:"
    is "net:[$(netns --netns "pid:$unnamed" "$file" | awk '{ print $2 }')]" "$net_of_unnamed" \
        "$what ls -l /proc/PID/ns/net, of a namespace without a name"
    is "net:[$(netns --netns "/proc/$named/ns/net" "$file" | awk '{ print $2 }')]" \
        "$net_of_named" "$what the same of one with a name"
    is "$prefix$(netns --netns "pid:$named" "$file" | awk '{ print $3 }' | tr -d '{}')" \
        "$identified" "$what ip netns identify"
    like "$(netns -l --netns "${prefix}client" "$file")" "Process +$named sleep, uid 0, /[a-z/]*/(sleep|busybox)" \
        "$what ip netns pids"
    like "$(netns --netns host "$file")" '^ *(0x[0-9a-f]+|-) +[0-9]+ host ' "$what the host itself"
done

# tree NS: what is below it; which namespace comes first is a matter of which was seen first.
tree()
{
    netns --tree --netns "$prefix$1" "$work/who.nst" |
        sed -E 's/ 0x[0-9a-f]+\/.*//; s/ [0-9]{10}$//' | grep -v -e '- lo' -e "^{$1}\$"
}

is "$(tree client)" "\`- c1 (veth) $net.1/24 -- {router}/r0" 'who is wired to whom'
is "$(tree router)" "\`- br0 (bridge) $net.2/24
   \`- r0 (veth) -- {client}/c1" 'who is wired to whom, by a bridge'
is "$(ask "SELECT d.name FROM device d JOIN netns n ON n.id = d.netns_id WHERE n.name = '{client}'
    AND d.ifindex <> 1 ORDER BY d.first_ts_ns" | xargs)" 'c0 c1' 'a device that was renamed: both names'
is "$(ask "SELECT DISTINCT netns, src, src_netns, dst_netns FROM v_peer
    WHERE netns = '{client}' AND protocol = 1 ORDER BY src" | xargs)" \
    "{client},$net.1,{client},{router} {client},$net.2,{router},{client}" 'whose addresses they were'
like "$(printed "$work/who.nst" --netns "pid:$named" -f icmp)" '^6$' 'the events of a process'"'"'s namespace'
"$bin/nstrail" print --netns pid:4194305 "$work/who.nst" >/dev/null 2>"$work/words"
is "$? $(grep -c 'the processes in it are' "$work/words") $(grep -c ' kthreadd ' "$work/words")" '1 1 0' \
    'a process that is not there: which there are, but for threads of the kernel'
is "$("$bin/nstrail" print --names --format single-line --netns "${prefix}client" -f icmp "$work/who.nst" |
    sed "s/$prefix\([a-z0-9]*\)/{\1}/g" | grep -o ' netns .*' | sort -u)" \
    ' netns {client} src {client} dst {router}
 netns {client} src {router} dst {client}' 'print --names'
done_testing
