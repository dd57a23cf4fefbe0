#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A UDP socket frees what it received on the CPU that sent it without a tracepoint (since 6.18,
# 6471658dc66c), and the next packet with the same skb and the same buffer may be an ARP request of
# other namespaces, which has no socket to tell it by. It continues nobody's journey.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin

count=$(scaled 30000)
network_pair
others()
{
    add_ns left right && link left l0 right r0 &&
        address left l0 10.9.5.1/24 && address right r0 10.9.5.2/24
}
ok 'two others' others
taskset -pc 0 $$ >/dev/null # all that follows shares a CPU
ok 'the neighbour is known' in_ns client ping -q -c 1 10.9.1.2

# Asks for the neighbour's address anew, again and again.
arp()
{
    while [ ! -e "$work/enough" ]; do
        in_ns left bash -c 'for ((i = 0; i < 20; i++)); do
                ip neigh flush all; echo >/dev/udp/10.9.5.2/9; done' 2>/dev/null
    done
}

for attach in tp_btf raw_tp; do
    record $attach "$work/reuse.nst" --attach $attach || continue
    arp &
    asking=$!
    sink server udp-sink 10.9.1.2 7001 $count
    traffic client udp-send 10.9.1.2 7001 $count 64 20000 >/dev/null
    end_sink
    touch "$work/enough"
    wait $asking
    rm "$work/enough"
    stop
    is "$sunk" $count "$attach: all arrived"
    import "$attach" "$work/reuse.nst" || continue

    ok "$attach: ARP meanwhile" test "$(ask "SELECT count(*) FROM v_event
        WHERE netns = '{left}' AND probe = 'net:net_dev_start_xmit'")" -gt 20
    is "$(ask "SELECT path, count(*) FROM v_journey WHERE path LIKE '%{client}%{left}%'
            OR path LIKE '%{client}%{right}%' GROUP BY 1")" '' \
        "$attach: no journey goes on in namespaces that no packet reaches"
done

done_testing
