#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Events that are shown while they are recorded: soon, by a printer without privileges, and
# without ever holding up the recording.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin

network_pair
ok 'the neighbour is known' in_ns client ping -q -c 1 10.9.1.2

# live READER [OPTION...]: what is shown goes to the reader's standard input; $reader is it.
live()
{
    mkfifo "$work/fifo"
    # shellcheck disable=SC2094 # it is a pipe
    "$1" <"$work/fifo" >"$work/shown" &
    reader=$!
    shift
    : >"$recorder_words"
    "$bin/nstrail-capture" --live "$@" >"$work/fifo" 2>"$recorder_words" &
    recorder=$!
    until_true 20 recording
    rm "$work/fifo"
}

# shellcheck disable=SC2317 # a reader
deaf()
{
    exec sleep 60
}

# flood COUNT
flood()
{
    sink server udp-sink 10.9.1.2 7001 "$1"
    traffic client udp-send 10.9.1.2 7001 "$1" 100 50000 >/dev/null
    end_sink
}

# said WORDS: the number before them in what the recorder said at its end.
said()
{
    sed -n "s/^\([0-9]*\) $1.*/\1/p" "$recorder_words"
}

# status NAME: of the printer, from /proc.
status()
{
    sed -n "s/^$1:[[:space:]]*//p" "/proc/$(printer)/status" | tr -s '[:blank:]' ' '
}

printer()
{
    pgrep -P "$recorder" -x nstrail
}

# shown TEXT: in a namespace of ours, as the text has them: three lines an event.
shown()
{
    grep -c "$1" "$work/shown"
}

# -- soon, and by nobody

ident=$((RANDOM % 1000 + 100))
live cat
is "$(status Uid)" '65534 65534 65534 65534' 'the printer is nobody'
is "$(status CapEff) $(status CapPrm) $(status CapAmb) $(status CapInh) $(status NoNewPrivs)" \
    '0000000000000000 0000000000000000 0000000000000000 0000000000000000 1' \
    'it has no capabilities, and gets none'
is "$(status Groups)" '65534 ' 'nor our groups'
in_ns client ping -q -c 1 -s $ident 10.9.1.2 >/dev/null
ok 'one packet is shown while nothing follows it' \
    until_true 1 grep -q "len $((ident + 28)) proto ICMP" "$work/shown"
sleep 0.3
is "$(shown "len $((ident + 28)) proto ICMP")" 4 'with all its events'
began=$(date +%s%3N)
stop
wait "$reader"
is "$recorder_status" 0 'SIGINT: status'
ok 'SIGINT: ends at once' test $(($(date +%s%3N) - began)) -lt 2000
is "$(said 'events not shown')" 0 'nothing was left out'
is "$(said 'events recorded')" "$(shown '^[0-9].*\[tp\]')" 'as many as were recorded'
unlike "$(cat "$recorder_words")" 'bytes written' 'nothing was written anywhere'

export SUDO_UID=0 SUDO_GID=0
live cat
unset SUDO_UID SUDO_GID
is "$(status Uid)" '65534 65534 65534 65534' 'under sudo of root the printer is nobody too'
stop
wait "$reader"

# -- as the caller under sudo, with files

export SUDO_UID=54321 SUDO_GID=54322
live cat -w "$work/live.nst" -C 64k
unset SUDO_UID SUDO_GID
is "$(status Uid) $(status Gid)" '54321 54321 54321 54321 54322 54322 54322 54322' \
    'under sudo the printer is the caller'
flood 20000
stop
wait "$reader"
is "$recorder_status $(said 'events not shown')" '0 0' 'with -w: shows and records'
ok 'with -w: in several files' test -s "$work/live.nst2"
is "$(shown '^[0-9].*\[tp\]')" "$(printed "$work"/live.nst*)" 'with -w: what is in them is what was shown'
rm -f "$work"/live.nst*

# -- a reader that does not follow

live deaf -w "$work/deaf.nst" -B 65536
flood 100000 # more than the pipe holds
began=$(date +%s%3N)
kill -INT "$recorder"
sleep 0.2
stop
ok 'deaf reader: told twice, it ends at once' test $(($(date +%s%3N) - began)) -lt 2000
kill "$reader"
is "$recorder_status $(said 'events lost by the rings')" '0 0' 'deaf reader: the recording does not wait'
is "$(printed --netns "${prefix}client" -f 'udp port 7001' "$work/deaf.nst")" 100000 \
    'deaf reader: the file has everything'
ok 'deaf reader: what was not shown is counted' test "$(said 'events not shown')" -gt 1000

live deaf
kill "$reader"
in_ns client ping -q -c 3 -i 0.2 10.9.1.2 >/dev/null
ended
is "$recorder_status" 0 'reader goes away: that ends it, and is no failure'

# -- what cannot be

# refused REGEX COMMAND...
refused()
{
    "${@:2}" >/dev/null 2>"$work/words" </dev/null
    is $? 1 "${*:3}: refused"
    like "$(cat "$work/words")" "$1" "${*:3}: says why"
}

refused 'takes the standard output' "$bin/nstrail-capture" --live -w -
if command -v setpriv >/dev/null; then
    refused 'cannot drop the privileges of the printer: it takes CAP_SETUID and CAP_SETGID' \
        setpriv --bounding-set=-setuid,-setgid "$bin/nstrail-capture" --live
else
    skip 'setpriv is not installed' '--live without CAP_SETUID'
fi
refused 'need files' "$bin/nstrail-capture" --live -C 1
install -m 755 "$bin/nstrail-capture" "$work/alone"
refused 'nstrail is neither beside us' "$work/alone" --live
install -m 600 "$bin/nstrail" "$work/nstrail"
refused 'cannot run nstrail: Permission denied' "$work/alone" --live

done_testing
