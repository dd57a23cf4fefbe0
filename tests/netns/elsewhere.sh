#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Namespaces that are bound to files in a mount namespace that is not the recorder's: they are known
# by the path there, also those that nothing else keeps. What never answers there holds up nobody.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin
need sqlite3 nsenter unshare setpriv

# ------------------------------------------------------------------ the mount namespace

# Its /run/netns and $work/far are its own; what is in $work/far/netns is in $work/near, too.
# shellcheck disable=SC2016 # for the shell inside
make_view()
{
    mkdir "$work/far" "$work/near"
    unshare -m --propagation private sh -c 'mount -t tmpfs none "$0/far" &&
        mount --make-shared "$0/far" && mkdir "$0/far/netns" &&
        mount --bind "$0/far/netns" "$0/near" && mount -t tmpfs none /run/netns &&
        : >"$0/viewed" && exec sleep 1000' "$work" &
    viewer=$!
    until_true 10 test -e "$work/viewed"
}

# far COMMAND...: in that mount namespace.
far()
{
    nsenter -t "$viewer" -m "$@"
}

# bind PATH: a new namespace to a file there, kept by nothing else. Prints its inum.
bind()
{
    echo | far "$bin/tests/netns/keeper" "$1"
}

# in_far PATH COMMAND...: in the namespace that is bound there.
in_far()
{
    local path=$1
    shift
    far nsenter "--net=$path" "$@"
}

# A file system whose process never says a word, at a file; whoever asks that waits.
# shellcheck disable=SC2016 # for the shell inside
mute()
{
    nsenter -t "$viewer" -m sh -c 'exec 7<>/dev/fuse &&
        mount -i -t fuse -o fd=7,rootmode=100000,user_id=0,group_id=0 none "$0" && : >"$1/mute" &&
        exec sleep 1000' "$1" "$work" &
    muted=$!
    until_true 5 test -e "$work/mute"
}

# ------------------------------------------------------------------ the test

add_ns both
make_view || skip_all 'may not make mount namespaces'
# The space and the newline stand as numbers in /proc/PID/mountinfo.
odd=$work/far/netns/$'a\nb c'
kept=$(bind "$odd")
named=$(bind "/run/netns/${prefix}there")
far touch "$work/far/populated"
unshare -n sleep 1000 &
populates=$!
until_true 5 test ! "/proc/$populates/ns/net" -ef /proc/self/ns/net
ok 'one with a process' far mount --bind "/proc/$populates/ns/net" "$work/far/populated"
ok 'one that has a name here' far sh -c ': >"$0/far/both" && mount --bind "$1" "$0/far/both"' "$work" \
    "/proc/self/fd/0" <"/run/netns/${prefix}both"
ok 'one that has the same name here' far sh -c \
    ': >"$0" && mount --bind /proc/self/fd/0 "$0"' "$work/far/${prefix}both" <"/run/netns/${prefix}both"

record elsewhere "$work/one.nst" || exit
in_far "$odd" ping -q -c 5 -i 0.1 127.0.0.1 >"$work/ping"
in_far "/run/netns/${prefix}there" ping -q -c 5 -i 0.1 127.0.0.1 >"$work/ping"
# Changes of what is mounted here tell nothing of there.
add_ns other
coproc KEEPER { exec nsenter -t "$viewer" -m "$bin/tests/netns/keeper" "$work/far/new"; }
sleep 0.5 # it is known, and elsewhere
echo >&"${KEEPER[1]}"
read -r new <&"${KEEPER[0]}"
for i in {1..10}; do
    echo "$i" >&"${KEEPER[1]}"
    sleep 0.05
done
sleep 1 # beside other tests, or with sanitizers, looking is slow
# shellcheck disable=SC2153 # bash sets it
kill "$KEEPER_PID"
ok 'one goes' far umount "$work/far/new"
stop
say "$work/one.nst"

pings=(--probe net_dev_start_xmit -f icmp)
names_of()
{
    told "SELECT v.value ->> 'name', v.value ->> 'place' FROM n, json_each(o, '$.names') v
        WHERE inum = $1 ORDER BY 2, 1"
}

is "$(names_of "$kept")" "$odd|mount" 'one that only a mount elsewhere has, by its path, once'
is "$(names_of "$named")" "/run/netns/{}there|mount" "a name in another's /run/netns"
is "$(told "SELECT v.value ->> 'name' FROM n, json_each(o, '$.names') v
    WHERE inum = $(stat -L -c %i "/proc/$populates/ns/net")")" "$work/far/populated" \
    'one that has a process, too'
is "$(names_of "$(inum both)")" "$work/far/both|mount
{}both|netns" 'a name here, and another elsewhere, but not the same'
is "$(told "SELECT count(*) FROM n WHERE inum IN ($kept, $named)
    AND o ->> 'events' >= 20 AND o ->> 'gone' = 0")" 2 'with their packets, to the end'
is "$(told "SELECT v.value ->> 'name' FROM n, json_each(o, '$.names') v WHERE inum = $new
    AND o ->> 'gone'")" "$work/far/new" 'one that came and went'
is "$("$bin/nstrail" print --names "$work/one.nst" --netns "$work/far/new" -f udp |
    grep -c " netns $work/far/new\>") $(printed "$work/one.nst" --netns "$new" -f udp)" '20 20' \
    'its events carry the path'
is "$(printed "$work/one.nst" "${pings[@]}" --netns "${prefix}there") $(
    printed "$work/one.nst" "${pings[@]}" --netns "/run/netns/${prefix}t*")" '10 10' \
    "--netns, by the name in another's /run/netns"
is "$(printed "$work/one.nst" "${pings[@]}" --netns "$odd")" 10 '--netns, by the path elsewhere'

ok 'a name elsewhere goes' far umount "$work/far/both"
record names "$work/two.nst" --inventory=names --netns "/proc/$viewer/root$odd" || exit
in_far "$odd" ping -q -c 5 -i 0.1 127.0.0.1 >"$work/ping"
in_far "/run/netns/${prefix}there" ping -q -c 1 127.0.0.1 >"$work/ping"
stop
say "$work/two.nst"
is "$(names_of "$kept") $(names_of "$(inum both)")" "$odd|mount {}both|netns" '--inventory=names'

is "$(printed "$work/two.nst" "${pings[@]}")" 10 "--netns, of the recorder"

if mute "$odd"; then
    record mute "$work/three.nst" || exit
    stop
    say "$work/three.nst"
    is "$(names_of "$named")" "/run/netns/{}there|mount" 'what never answers holds up nobody'
    kill "$muted"
else
    skip 'this kernel has no FUSE' 'what never answers holds up nobody'
fi

setpriv --bounding-set -sys_ptrace "$bin/nstrail-capture" -w "$work/four.nst" --cmd 'sleep 0.5' \
    >"$work/words" 2>&1
is $? 0 'without the right to look there: status 0'
unlike "$(cat "$work/words")" 'mount|no inventory' 'without the right to look there: nothing is said'

kill "$viewer" "$populates"
done_testing
