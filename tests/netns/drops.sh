#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Packets that are dropped, where and why, as many as were sent or as the kernel counted.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin
need nft

closed=$(scaled 500) forbidden=3 filtered=$(scaled 300) unrouted=$(scaled 200)

network_pair
sysctl_ns server net/ipv4/ip_forward=1
ip -n "${prefix}client" route add 10.77.0.0/16 via 10.9.1.2
in_ns client nft "add table ip f;
    add chain ip f out { type filter hook output priority 0; };
    add rule ip f out udp dport 7004 drop" || exit
in_ns server nft "add table ip f;
    add chain ip f in { type filter hook input priority 0; };
    add rule ip f in udp dport 7002 counter drop" || exit
ok 'the neighbour is known' in_ns client ping -q -c 1 10.9.1.2

# reason NAME: what is recorded as the reason: before 5.17 the kernel has none.
reason()
{
    if grep -qaF SKB_DROP_REASON_NOT_SPECIFIED /sys/kernel/btf/vmlinux; then
        echo "$1"
    else
        echo unknown
    fi
}

# drops PORT: of those datagrams of the client.
drops()
{
    ask "SELECT netns, drop_reason, count(*) FROM v_drop
        WHERE protocol = 17 AND src = '10.9.1.1' AND dport = $1 GROUP BY 1, 2"
}

# send_again: a byte by TCP whose acknowledgement is lost, so that it is sent once more.
send_again()
{
    in_ns server nft "add chain ip f out { type filter hook output priority 0; }; flush chain ip f out;
        add rule ip f out tcp sport 7005 tcp flags & syn == 0 quota until 60 bytes drop"
    sink server tcp-sink 10.9.1.2 7005
    in_ns client bash -c 'exec 3>/dev/tcp/10.9.1.2/7005 && echo >&3 && sleep 0.7'
    end_sink
    is "$sunk" 1 "$1: a byte arrived"
}

# at CONDITION: where the packets were, and who says so.
at()
{
    ask "SELECT DISTINCT netns, netns_source, dev, rx_ifindex FROM v_event
        WHERE drop_reason IS NOT NULL AND $1"
}

for attach in $(attaches); do
    record $attach "$work/drops.nst" --attach $attach || continue
    for ((i = 0; i < forbidden; i++)); do
        in_ns client bash -c 'echo >/dev/udp/10.9.1.2/7004' 2>/dev/null
    done
    send_again $attach
    traffic client udp-send 10.9.1.2 7001 $closed 100 5000 >/dev/null
    traffic client udp-send 10.9.1.2 7002 $filtered 100 5000 >/dev/null
    traffic client udp-send 10.77.0.1 7003 $unrouted 100 5000 >/dev/null
    sleep 0.2
    stop
    import "$attach" "$work/drops.nst" || continue

    lost_nothing $attach
    is "$(drops 7001)" "{server},$(reason NO_SOCKET),$closed" \
        "$attach: to a port that nobody listens at"
    is "$(drops 7002)" "{server},$(reason NETFILTER_DROP),$filtered" \
        "$attach: dropped by nftables"
    like "$(in_ns server nft list ruleset)" "counter packets $filtered " \
        "$attach: as many as nftables counted"
    in_ns server nft "flush chain ip f in; add rule ip f in udp dport 7002 counter drop"
    like "$(drops 7003)" "^\{server\},$(reason IP_'(INNOROUTES|INADDRERRORS)'),$unrouted\$" \
        "$attach: nowhere to route them"
    is "$(drops 7004)" "{client},$(reason NETFILTER_DROP),$forbidden" \
        "$attach: not let out by nftables"
    is "$(at 'dport = 7001')" "{server},device,s0,$(ifindex server s0)" \
        "$attach: at which device, and the one that had received them"
    is "$(at 'dport = 7004')" '{client},socket,,' "$attach: where there is no device yet, the socket says where"
    # As skb:kfree_skb tells since 6.11.
    if grep -qzx rx_sk /sys/kernel/btf/vmlinux; then
        is "$(at "dport = 7005 AND drop_reason = 'TCP_OLD_DATA'")" \
            "{server},parameter,,$(ifindex server s0)" \
            "$attach: where there is none any more, the socket that the probe is given"
    else
        skip 'this kernel does not tell which socket drops a packet' \
            "$attach: where there is no device any more"
    fi
    is "$(ask "SELECT path, events, drops, count(*) FROM v_journey
            WHERE protocol = 17 AND src = '10.9.1.1' AND dport IN (7001, 7002, 7003)
            GROUP BY 1, 2, 3")" \
        "{client} > {server},3,1,$((closed + filtered + unrouted))" \
        "$attach: each drop ends the journey of its packet"
    is "$(printed "$work/drops.nst" --drop="$(reason NO_SOCKET)" --netns "${prefix}server" \
        -f 'udp dst port 7001')" $closed "$attach: print --drop finds the same"
done

done_testing
