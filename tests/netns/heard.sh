#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What the kernel tells the inventory, so that no scan has to come by: addresses in namespaces that
# nothing wires to the recorder's own, and when namespaces have died; and that one has not.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin

# A scan can come by in time for one or two of them. Where processors are emulated looks at one take
# what there is for a minute.
pairs=4
[ "${NSTRAIL_SCALE:-1}" -eq 1 ] || pairs=1

# went NAME COMMAND...: which ends that namespace; when it did, as a row of the table went.
went()
{
    local name=$1 before=${EPOCHREALTIME/[.,]/}000
    shift
    "$@"
    printf "('{%s}', %s, %s)\n" "$name" "$before" "${EPOCHREALTIME/[.,]/}000" >>"$work/went"
}

# live NUMBER: two namespaces for a second.
live()
{
    add_ns "a$1" "b$1"
    link "a$1" v0 "b$1" v0
    address "a$1" v0 10.9.1.1/24
    address "b$1" v0 10.9.1.2/24
    in_ns "a$1" ping -q -c 1 10.9.1.2 >"$work/ping"
    sleep 0.3
    address "a$1" v0 "10.9.2.$1/24"
    sleep 0.7
    went "a$1" ip netns delete "${prefix}a$1"
    went "b$1" ip netns delete "${prefix}b$1"
}

record heard "$work/heard.nst" || done_testing
# A socket of it is all that there is, of a process that is elsewhere.
add_ns held
ip netns exec "${prefix}held" bash -c "exec 3<>/dev/udp/127.0.0.1/9 &&
    exec nsenter --net=/proc/$$/ns/net sleep 60" &
holder=$!
slept()
{
    grep -qs 'sleep' "/proc/$holder/comm"
}
until_true 10 slept
sleep 0.5
ip netns delete "${prefix}held"
for ((i = 1; i <= pairs; i++)); do
    live $i
done
went held kill $holder
sleep 0.5
stop
import heard "$work/heard.nst" || done_testing
all=$(for ((i = 1; i <= pairs; i++)); do echo "{a$i},10.9.2.$i"; done)
is "$(ask "SELECT n.name, a.address FROM address a JOIN netns n ON n.id = a.netns_id
    WHERE n.name LIKE '{a%' AND a.address LIKE '10.9.2.%' ORDER BY 1")" "$all" \
    'an address that came after the first look, in a namespace that lived for a second'
count=$((2 * pairs + 1))
is "$(ask "SELECT count(*), sum(gone) FROM netns WHERE name LIKE '{%'")" "$count,$count" \
    'namespaces that died are gone'
# They end with the last look at them, were it not told.
is "$(ask "WITH went(name, before, after) AS (VALUES $(paste -sd, "$work/went"))
    SELECT count(*) FROM went JOIN netns n ON n.name = went.name
    WHERE n.last_ts_ns BETWEEN before AND after + 1000000000")" $count 'since they were deleted'
done_testing
