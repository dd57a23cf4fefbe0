#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The packets of tests/unit/packet_test.c, as we take them apart and as tshark does.

set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/lib/tap.sh
. "$here/lib/tap.sh"
# shellcheck source=tests/lib/work.sh
. "$here/lib/work.sh"
command -v tshark >/dev/null || skip_all 'tshark is not installed'

ok 'written' "$bin/tests/unit/packet_test" --pcap packets.pcap
"$bin/tests/unit/packet_test" --flows >ours

# Of a fragment tshark is to say what is in it, not what the whole packet would be.
fields=(frame.protocols ip.src ipv6.src ip.dst ipv6.dst ip.proto tcp.srcport udp.srcport
    sctp.srcport tcp.dstport udp.dstport sctp.dstport)
tshark -n -r packets.pcap -o ip.defragment:FALSE -o ipv6.defragment:FALSE -T fields \
    -E separator='|' -E occurrence=f "${fields[@]/#/-e}" 2>/dev/null >theirs

# Addresses of the outermost IP header, its protocol if it is IPv4, outermost ports.
awk -F'|' -v OFS='|' '
    NR == FNR { ours[FNR] = $0; next }
    {
        split(ours[FNR], we, "|")
        v4 = $1 ~ /^eth:ethertype:(vlan:ethertype:|ieee8021ad:ethertype:)*ip(:|$)/
        print we[1], we[2], (v4 ? we[3] : ""), we[4], we[5] >"ours.same"
        print (v4 ? $2 : $3), (v4 ? $4 : $5), (v4 ? $6 : ""), $7 $8 $9, $10 $11 $12 >"theirs.same"
    }' ours theirs
ok 'as many packets' test "$(wc -l <ours.same)" -eq "$(wc -l <ours)" -a "$(wc -l <ours)" -gt 30
ok 'addresses, protocols and ports are what tshark finds' diff -u theirs.same ours.same

done_testing
