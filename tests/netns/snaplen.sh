#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# How much of a packet is recorded: by -s, by default, and with --no-packets. (All of it: bytes.sh.)
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin

network_pair
ok 'the neighbour is known' in_ns client ping -q -c 1 10.9.1.2

# Of echo requests, and of each one's reply. ARP's are shorter.
lengths=(60 100 101 128 129 1042)

# wanted SNAPLEN: how long each packet is, how much of it is recorded, and how many bytes there are.
wanted()
{
    local length caplen
    for length in "${lengths[@]}"; do
        caplen=$((length < $1 ? length : $1))
        echo "$length,$caplen,$([ $caplen -eq 0 ] || echo $caplen),8"
    done
}

# records WHAT SNAPLEN [OPTION...]
records()
{
    local what=$1 snaplen=$2 length
    record "$what" "$work/snaplen.nst" "${@:3}" || return
    for length in "${lengths[@]}"; do
        in_ns client ping -q -c 2 -i 0.002 -s $((length - 42)) 10.9.1.2 >/dev/null
    done
    stop
    import "$what" "$work/snaplen.nst" || return
    lost_nothing "$what"
    is "$(ask "SELECT v.len_bytes, v.caplen_bytes, length(p.bytes), count(*)
        FROM v_event v JOIN event e ON e.id = v.id LEFT JOIN packet p ON p.id = e.packet_id
        WHERE v.netns IN ('{client}', '{server}') AND v.probe LIKE 'net:%' AND v.len_bytes >= 60
        GROUP BY 1, 2, 3 ORDER BY 1")" "$(wanted "$snaplen")" "$what: as much of each packet"
    is "$(ask 'SELECT snaplen FROM file')" "$snaplen" "$what: the file says how much"
}

records '-s 100' 100 -s 100
records 'by default' 128
records '--no-packets' 0 --no-packets
is "$(ask 'SELECT count(bytes) FROM packet')" 0 '--no-packets: of no packet there is a byte'

done_testing
