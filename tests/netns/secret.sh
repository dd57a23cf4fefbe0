#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What local sockets and netlink carry is no packet: a secret that goes through them is nowhere
# in the file, neither as it stands nor in what is decoded from it.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin

count=$(scaled 1000)
secret=$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')

# found FILE...: in these files, raw and decoded.
found()
{
    local file
    for file; do
        grep -qaF "$secret" "$file" && printf '%s: raw\n' "${file##*/}"
        "$bin/nstrail" export --all-events -w "$work/all.pcapng" "$file" || printf 'export\n'
        grep -qaF "$secret" "$work/all.pcapng" && printf '%s: packets\n' "${file##*/}"
        "$bin/nstrail" print --json "$file" >"$work/all.json" || printf 'print\n'
        grep -qF "$secret" "$work/all.json" && printf '%s: text\n' "${file##*/}"
        # Each packet's end is padded, which base64 takes in its stride.
        sed -n 's/.*"data":"\([^"]*\)".*/\1/p' "$work/all.json" | base64 -d |
            grep -qaF "$secret" && printf '%s: JSON packets\n' "${file##*/}"
    done
    return 0
}

network_pair
for attach in $(attaches); do
    record $attach "$work/secret.nst" --attach $attach -s 0 || continue
    traffic client unix-send "$secret" $count >/dev/null
    ip -n "${prefix}client" link set c0 alias "$secret"
    ip -n "${prefix}client" link show c0 >/dev/null
    in_ns client ping -q -c 20 -i 0.002 10.9.1.2 >/dev/null
    stop
    is "$(found "$work/secret.nst")" '' "$attach: it is not in the file"
    import "$attach" "$work/secret.nst"
    is "$(events "netns IN ('{client}', '{server}') AND protocol = 1 AND drop_reason IS NULL")" 80 \
        "$attach: the packets beside it are"
    like "$(ask "SELECT sum(value) >= $((count / 2)) FROM loss WHERE counter = 'skipped.no_packet'
            AND ts_ns = (SELECT max(ts_ns) FROM loss)")" 1 "$attach: what was left out is counted"
done

# The same search finds it where it is: in a packet.
record secret "$work/open.nst" -s 0 || exit
# shellcheck disable=SC2016 # for the shell inside
in_ns client bash -c 'echo "$1" >/dev/udp/10.9.1.2/9' bash "$secret"
sleep 0.2
stop
like "$(found "$work/open.nst")" 'open.nst: packets
open.nst: JSON packets' 'the same search finds it in a packet'

done_testing
