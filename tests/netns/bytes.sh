#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Whole packets (-s 0), byte for byte what tcpdump sees at the same devices. Those of sendfile
# are the hard ones: their data is in pages of the file, not in the buffer.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin
need tcpdump

bytes=$(scaled 1000000)

network_pair
ok 'the neighbour is known' in_ns client ping -q -c 1 10.9.1.2
head -c "$bytes" /dev/urandom >"$work/random"

dump()
{
    ip netns exec "$prefix$1" tcpdump -i "$2" -s 0 -B 65536 --immediate-mode -U -w "$work/$1.pcap" \
        2>"$work/$1.words" &
    until_true 10 grep -q listening "$work/$1.words"
}

# frames FILE: each frame of a capture as a line of hex, sorted: the order in which several CPUs
# took their turns is nobody's promise.
frames()
{
    tcpdump -nn -t -xx -r "$1" 2>/dev/null | awk '
        /^\t0x/ { sub(/^\t0x[0-9a-f]+: */, ""); gsub(/ /, ""); line = line $0; next }
        { if (line) print line; line = "" }
        END { if (line) print line }' | LC_ALL=C sort
}

same_frames()
{
    "$bin/nstrail" export -w "$work/$1.pcapng" --netns "$prefix$1" --dev "$2" \
        "$work/bytes.nst" || return
    frames "$work/$1.pcap" >"$work/$1.wanted"
    frames "$work/$1.pcapng" >"$work/$1.got"
    printf '%s frames\n' "$(wc -l <"$work/$1.wanted")"
    [ -s "$work/$1.wanted" ] && cmp "$work/$1.wanted" "$work/$1.got"
}

dump client c0
client_dump=$!
dump server s0
server_dump=$!
record bytes "$work/bytes.nst" -s 0 -B 131072 --attach tp_btf || exit
sink server tcp-sink 10.9.1.2 7001
traffic client tcp-sendfile 10.9.1.2 7001 "$work/random" >/dev/null
end_sink
is "$sunk" "$bytes" 'a file sent by sendfile arrived'
sink server udp-sink 10.9.1.2 7002 50
traffic client udp-send 10.9.1.2 7002 50 8000 0 >/dev/null
end_sink
is "$sunk" 50 'datagrams in fragments arrived'
sleep 0.5
stop
kill "$client_dump" "$server_dump"
wait "$client_dump" "$server_dump"
import bytes "$work/bytes.nst" || exit

lost_nothing bytes
like "$(cat "$work"/*.words)" '(^|[^0-9])0 packets dropped by kernel' 'tcpdump lost nothing'
# bpf_dynptr_from_skb reads such data; before Linux 6.12 programs at tracepoints have no way.
if grep -q bpf_dynptr_from_skb /sys/kernel/btf/vmlinux; then
    ok 'client: the same bytes as tcpdump' same_frames client c0
    ok 'server: the same bytes as tcpdump' same_frames server s0
    is "$(events "netns IN ('{client}', '{server}') AND caplen_bytes <> len_bytes")" 0 \
        'no packet is cut'
else
    skip 'this kernel lets nobody read non-linear data' 'the same bytes as tcpdump'
fi

done_testing
