#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Filters in the kernel. What they let through is what tcpdump finds in the same traffic, and from
# there on every place that such a packet comes to. Several recorders watch the same traffic.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin
need tcpdump

pings=$(scaled 100) count=$(scaled 500)

# Emulated processors take long to start a recorder: one of each kind is enough there.
few='f0 f1 source name pid device reason tag inner l3'

# wants NAME: whether there is to be such a recorder.
wants()
{
    [ -z "${NSTRAIL_FEW-}" ] || [[ " $few " == *" $1 "* ]]
}

# watch NAME WORD...: a recorder more, to $work/NAME.nst.
watch()
{
    ! wants "$1" ||
        watch_by "$1" "$bin/nstrail-capture" -B 4096 --inventory=none -w "$work/$1.nst" "${@:2}"
}

# places NAME PLACE...: events at those devices that the recorder has, as "N N ..."; a place is
# NAMESPACE/DEVICE.
places()
{
    local file=$work/$1.nst place wanted=
    shift
    for place; do
        wanted+="\"inum\":$(inum "${place%/*}")},\"dev\":{\"name\":\"${place#*/}\"|"
    done
    "$bin/nstrail" print --json --probe net_dev_start_xmit --probe netif_receive_skb "$file" \
        2>/dev/null | awk -v wanted="$wanted" '{
            for (i = split(wanted, w, "|") - 1; i; i--) seen[i] += index($0, w[i]) > 0
        } END {
            for (i = 1; i < split(wanted, w, "|"); i++) line = line (i > 1 ? " " : "") (seen[i] + 0)
            print line
        }'
}

# seen NAME COUNTS DESCRIPTION PLACE...: so many events it has there, if there is such a recorder.
seen()
{
    ! wants "$1" || is "$(places "$1" "${@:4}")" "$2" "$3"
}

# dump NS DEV FILE: tcpdump in the background.
dump()
{
    ip netns exec "$prefix$1" tcpdump -i "$2" --immediate-mode -B 65536 -w "$3" 2>"$3.words" &
    dumps+=($!)
    until_true 10 grep -qs listening "$3.words"
}

# dumped FILE FILTER: how many packets tcpdump finds.
dumped()
{
    tcpdump -nn -r "$1" "$2" 2>/dev/null | wc -l
}

# end_dump: a moment for what is under way.
end_dump()
{
    sleep 0.5
    kill -INT "${dumps[@]}"
    wait "${dumps[@]}"
    dumps=()
}
dumps=()

for device in 'r?' '*eth' 'v[ab]*'; do
    "$bin/nstrail-capture" -w "$work/x" -i "$device" 2>"$work/words"
    is $? 1 "-i '$device': status 1"
    like "$(cat "$work/words")" "nstrail print --dev '" "-i '$device': what to do instead"
done

"$bin/nstrail-capture" -w "$work/x" --netns 0x80000000f0000228 2>"$work/words"
is "$? $(cat "$work/words")" \
    '1 nstrail-capture: --netns 0x80000000f0000228: no cookie is as large as this' \
    'a cookie that could be taken for an inum'

"$bin/nstrail-capture" -w "$work/x" --drop-reason no_sockt 2>"$work/words"
is $? 1 'a reason that there is not: status 1'
like "$(cat "$work/words")" 'did you mean NO_SOCKET\?|came with Linux 5.17' 'and which was meant'

# ------------------------------------------------------------------ as tcpdump

filters=(
    'udp port 7001'
    'src net 10.9.0.0/16 and ip[8] = 64 and udp[4:2] > 300'
    'icmp[icmptype] == icmp-echo'
    'ip6'
    'host 10.9.1.2 and tcp'
    'tcp[tcpflags] & (tcp-syn|tcp-fin) != 0'
    'ip and greater 1000'
    'port 7'
)

with_ipv6_pair()
{
    add_ns client server && with_ipv6 client server && link client c0 server s0 &&
        address client c0 10.9.1.1/24 fd09:1::1/64 && address server s0 10.9.1.2/24 fd09:1::2/64
}

pair_traffic()
{
    ok 'ping' in_ns client ping -q -c "$pings" -i 0.002 10.9.1.2
    ok 'ping6' in_ns client ping -q -c "$pings" -i 0.002 fd09:1::2
    traffic client udp-send 10.9.1.2 7001 "$count" 200 20000 >/dev/null
    traffic client udp-send 10.9.1.2 7002 "$count" 400 20000 >/dev/null
    traffic client udp-send fd09:1::2 7001 "$count" 100 20000 >/dev/null
    sink server tcp-sink 10.9.1.2 7003
    traffic client tcp-send 10.9.1.2 7003 300000 >/dev/null
    end_sink
}

with_ipv6_pair || exit
for i in "${!filters[@]}"; do
    # shellcheck disable=SC2086 # as words, as users give them
    watch "f$i" ${filters[i]}
done
watch begins -i nothing -i 's*' udp port 7001
watched
dump client c0 "$work/c0.pcap"
pair_traffic
end_dump
unwatch
for i in "${!filters[@]}"; do
    wanted=$(dumped "$work/c0.pcap" "${filters[i]}")
    seen "f$i" "$wanted $wanted" "'${filters[i]}': as many as tcpdump has, $wanted" \
        client/c0 server/s0
done
seen begins "0 $((2 * count))" "-i 's*': at devices whose names begin so" client/c0 server/s0
like "$("$bin/nstrail" info "$work/f0.nst")" 'does not match udp port 7001' 'info says the filter'
clear

# ------------------------------------------------------------------ what follows, and where

in_server()
{
    [ "$(stat -L -c %i "/proc/$1/ns/net")" = "$(inum server)" ]
}

# way NAME COUNTS DESCRIPTION: so many events it has on the way, if there is such a recorder.
way()
{
    seen "$@" client/c0 router/r0 router/r1 server/s0
}

if network_nat; then
    ok 'NAT: the neighbours are known' in_ns client ping -q -c 1 10.9.2.1
    ip netns exec "${prefix}server" sleep 1000 &
    sleeper=$!
    inum=$(inum server)
    until_true 5 in_server $sleeper
    watch source icmp and src host 10.9.1.1
    watch translated icmp and src host 10.9.2.254
    watch name --netns "${prefix}router" 'icmp[icmptype] == icmp-echo'
    watch but --netns "!${prefix}router" 'icmp[icmptype] == icmp-echo'
    echo='icmp[icmptype] == icmp-echo or icmp[icmptype] == icmp-echoreply'
    watch inum --netns "$inum" "$echo"
    forms=(inum path pid) cookie=$(in_ns server "$bin/tests/kernels/cookie")
    if [ "$cookie" != null ]; then
        forms+=(cookie)
        watch cookie --netns "$(printf '0x%x' "$cookie")" "$echo"
    else
        skip 'namespaces have no cookies here' '--netns by cookie'
    fi
    watch path --netns "/proc/$sleeper/ns/net" "$echo"
    watch pid --netns "pid:$sleeper" "$echo"
    watch several --netns "${prefix}client" --netns "$inum" 'icmp[icmptype] == icmp-echoreply'
    watch device -i r1 "$echo"
    watch devices -i nothing -i s0 -i lo "$echo"
    watch beginning -i 'r*' "$echo"
    watch later -i 'l1*' icmp
    reasons=$(grep -ac SKB_DROP_REASON_NO_SOCKET /sys/kernel/btf/vmlinux)
    [ "$reasons" -eq 0 ] || watch reason --drop-reason NO_SOCKET udp port 7001
    watch late --netns "${prefix}l?te*" icmp
    watched
    add_ns late1 late2 && link late1 l0 late2 l1 && address late1 l0 10.9.3.1/24 &&
        address late2 l1 10.9.3.2/24
    sleep 0.3
    ok 'ping through NAT' in_ns client ping -q -c "$pings" -i 0.002 10.9.2.1
    ok 'ping where no namespace was' in_ns late1 ping -q -c "$pings" -i 0.002 10.9.3.2
    traffic client udp-send 10.9.2.1 7001 "$count" 100 20000 >/dev/null
    sleep 0.3
    unwatch
    kill $sleeper

    n=$pings nn=$((2 * pings))
    way source "$n $n $n $n" \
        'NAT: what had the address before has none of it later, and is followed'
    way translated "0 0 $n $n" \
        'NAT: what got the address is recorded from there on'
    way name "0 $n $n $n" \
        '--netns NAME: from its first place in that namespace on'
    way but "$n 0 0 $n" '--netns !NAME: everywhere else'
    for form in "${forms[@]}"; do
        way $form "$n $n $n $nn" \
            "--netns by $form: what comes there, and what goes out from there"
    done
    way several "$n $n $n $n" \
        'several --netns: one of them'
    way device "$n $n $nn $n" \
        '-i: at that device first'
    way devices "$n $n $n $nn" \
        'several -i: one of them'
    way beginning "$n $nn $nn $n" \
        "-i 'r*': several devices"
    seen later "$n $nn" "-i 'l1*': a device that came later" late1/l0 late2/l1
    seen late "$nn $nn" '--netns PATTERN: namespaces that came later' late1/l0 late2/l1
    if [ "$reasons" -gt 0 ]; then
        is "$(printed "$work/reason.nst" --drop --netns "$inum")" $count '--drop-reason: those drops'
        way reason "$count $count $count $count" '--drop-reason: and all that are none'
    else
        skip 'this kernel has no drop reasons' --drop-reason
    fi
else
    skip 'no NAT here' 'NAT'
fi
clear

# ------------------------------------------------------------------ a tag, a tunnel, no Ethernet

# As vlan.sh has it: the tag is in the bytes at first, beside them once a bridge took it out.
network_vlan()
{
    add_ns client switch server && link client c0 switch p1 && link switch p2 server s0 &&
        ip -n "${prefix}switch" link add br0 type bridge 2>/dev/null || return
    ip -n "${prefix}switch" link set p1 master br0 &&
        ip -n "${prefix}switch" link set p2 master br0 && ip -n "${prefix}switch" link set br0 up
}

if network_vlan; then
    mac=$(in_ns server cat /sys/class/net/s0/address)
    watch tag vlan 77
    watch beside -i p2 vlan 77 and ether proto 0x88b5
    watch other vlan 78
    watched
    traffic client vlan-send c0 "$mac" 77 "$count" >/dev/null
    sleep 0.3
    unwatch
    on_the_way=(client/c0 switch/p1 switch/p2 server/s0)
    seen tag "$count $count $count $count" 'vlan 77: everywhere' "${on_the_way[@]}"
    seen beside "0 0 $count $count" 'vlan 77: where the tag stands beside the bytes' \
        "${on_the_way[@]}"
    seen other '0 0 0 0' 'vlan 78: nowhere' "${on_the_way[@]}"
    like "$(cat "$work/tag.words")" 'begins? at L3' 'vlan: that L3 has none is said'
else
    skip 'no bridge here' vlan
fi
clear

network_vxlan()
{
    network_pair && ip -n "${prefix}client" link add x0 type vxlan id 7 dstport 4789 remote 10.9.1.2 \
        local 10.9.1.1 2>/dev/null && ip -n "${prefix}server" link add x1 type vxlan id 7 \
        dstport 4789 remote 10.9.1.1 local 10.9.1.2 && ip -n "${prefix}client" link set x0 up &&
        ip -n "${prefix}server" link set x1 up && address client x0 10.8.0.1/24 &&
        address server x1 10.8.0.2/24
}

if network_vxlan; then
    ok 'VXLAN: the neighbours are known' in_ns client ping -q -c 1 10.8.0.2
    watch inner src host 10.8.0.1 and icmp
    watched
    ok 'ping in VXLAN' in_ns client ping -q -c "$pings" -i 0.002 10.8.0.2
    sleep 0.3
    unwatch
    seen inner "$pings $pings $pings $pings" \
        'what goes into a tunnel is followed within it, and out of it' \
        client/x0 client/c0 server/s0 server/x1
else
    skip 'no VXLAN here' 'a tunnel'
fi
clear

network_tun()
{
    [ -c /dev/net/tun ] && add_ns client && sink client tun-hold t0 2>/dev/null &&
        address client t0 10.7.0.1/24 && ip -n "${prefix}client" link set t0 up
}

if network_tun; then
    watch l3 udp dst port 7001 and dst net 10.7.0.0/24
    watch ether ether proto 0x0800 and udp port 7001
    watch l2 ether dst 02:02:02:02:02:02
    watched
    dump client t0 "$work/t0.pcap"
    traffic client udp-send 10.7.0.2 7001 "$count" 100 20000 >/dev/null
    traffic client udp-send 10.7.0.2 7002 "$count" 100 20000 >/dev/null
    end_dump
    unwatch
    kill "$sink"
    seen l3 "$count" 'a device without Ethernet: what matches' client/t0
    is "$(dumped "$work/t0.pcap" 'udp dst port 7001 and dst net 10.7.0.0/24')" "$count" \
        'a device without Ethernet: as tcpdump'
    seen ether "$count" 'a device without Ethernet: what needs no more than the type' client/t0
    seen l2 0 'a device without Ethernet: nothing has an address of Ethernet' client/t0
    ! wants l2 || like "$(cat "$work/l2.words")" 'at L3' 'a device without Ethernet: that is said'
else
    skip 'no tun here' 'a device without Ethernet'
fi

done_testing
