#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Who is meant by --netns: a name in /run/netns, an inum, a cookie; also for namespaces that
# came during the recording, and after they are gone; and which is the host's.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin

add_ns early
record names "$work/names.nst" || exit
add_ns late
link early e0 late l0
address early e0 10.9.1.1/24
address late l0 10.9.1.2/24
ok 'ping' in_ns early ping -q -c 10 -i 0.002 10.9.1.2
late=$(inum late)
# Names that are gone before anybody who looks ten times a second comes by.
for i in 1 2 3 4 5 6; do
    ip netns add "${prefix}brief$i"
    sleep 0.03
    ip netns del "${prefix}brief$i"
done
quiet early late
remove_namespaces
stop
import names "$work/names.nst" || exit

is "$(ask "SELECT count(DISTINCT name) FROM netns_name WHERE name GLOB '{brief}*'")" 6 \
    'names that were there for 30 ms'

of()
{
    printed "$work/names.nst" "$@" -f icmp
}

is "$(of --netns "${prefix}early")" 20 'by a name from before the recording'
is "$(of --netns "${prefix}late")" 20 'by a name that came later, and is gone'
is "$(of --netns "name:${prefix}late")" 20 'by name:NAME'
is "$(of --netns "$late")" 20 'by inum'
cookie=$(ask "SELECT printf('0x%x', cookie) FROM netns WHERE name = '{late}'")
if [ "$cookie" = 0x0 ]; then
    skip 'this kernel gives no cookies' 'by cookie'
else
    is "$(of --netns "$cookie")" 20 'by cookie'
fi
is "$(of --netns "${prefix}early" --netns "${prefix}late")" 40 'one or the other'
is "$(of --netns "${prefix}early" --netns "!${prefix}late")" 20 'one without the other'

"$bin/nstrail" print --netns "${prefix}nobody" "$work/names.nst" >"$work/out" 2>"$work/words"
is $? 1 'status of a name that is not in the file'
# A list of bounded length, on a host with many.
like "$(cat "$work/words")" "${prefix}late|and more" 'the message has those that are'

# A name that reads as a pattern for others.
add_ns 'odd[1]' odd1
record odd "$work/odd.nst" --netns "${prefix}odd[1]" || exit
for ns in 'odd[1]' odd1; do
    ok "ping in $ns" in_ns "$ns" ping -q -c 5 -i 0.002 127.0.0.8
done
stop
for who in "$(inum 'odd[1]')" "$(inum odd1)"; do
    ok "a name that is a pattern, too, is itself and what that is for: $who" \
        test "$(printed "$work/odd.nst" --netns "$who" -f icmp)" -ge 20
done

# The initial one is nowhere in /run/netns, as a rule.
if [ -e /run/netns/host ]; then
    skip 'a namespace has that name here' '--netns host'
else
    add_ns other
    record host "$work/host.nst" --netns host || exit
    initial=$(stat -L -c %i /proc/2/ns/net)
    for in in "net=/proc/2/ns/net" "net=/run/netns/${prefix}other"; do
        ok "ping in $in" nsenter "--$in" ping -q -c 5 -i 0.2 127.0.0.9
    done
    stop
    sent=(--probe net_dev_start_xmit -f 'icmp and host 127.0.0.9')
    is "$(printed "$work/host.nst" --netns "$initial" "${sent[@]}") $(
        printed "$work/host.nst" "${sent[@]}")" '10 10' \
        '--netns host: pings and answers in the initial one and in no other'
    unshare --pid --fork --mount-proc "$bin/nstrail-capture" --netns '!host' -w "$work/x" \
        2>"$work/words"
    is $? 1 '--netns host, where nobody knows which that is: status 1'
    like "$(cat "$work/words")" '--netns !host: .*no kernel threads' 'and why'
fi

done_testing
