#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A pipe whose reader is slow, or goes away, while there is much to write: the recording ends when
# it is told to, what found no room in the rings meanwhile is counted as their loss, and what the
# reader did not take in the end as the reader's.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin

network_pair
ok 'the neighbour is known' in_ns client ping -q -c 1 10.9.1.2

# More than a pipe and the smallest rings hold.
flood()
{
    sink server udp-sink 10.9.1.2 7001 30000
    traffic client udp-send 10.9.1.2 7001 30000 100 60000 >/dev/null
    end_sink
}

# record_to READER [OPTION...]: records to its standard input; $reader is its process.
record_to()
{
    mkfifo "$work/fifo"
    # shellcheck disable=SC2094 # it is a pipe
    "$1" <"$work/fifo" >"$work/read" &
    reader=$!
    shift
    : >"$recorder_words"
    "$bin/nstrail-capture" -w - -B 64 "$@" >"$work/fifo" 2>"$recorder_words" &
    recorder=$!
    until_true 20 recording
    rm "$work/fifo"
}

# said WORDS: the number before them in what the recorder said at its end.
said()
{
    sed -n "s/^\([0-9]*\) $1.*/\1/p" "$recorder_words"
}

# took MILLISECONDS: less than these have passed since $began.
took()
{
    [ $(($(date +%s%3N) - began)) -lt "$1" ]
}

by_reader='events lost by the reader of standard output'

deaf()
{
    exec sleep 60
}

record_to deaf
flood
began=$(date +%s%3N)
stop
ok 'no reader: it ends within its patience' took 5000
is "$recorder_status" 2 'no reader: what it had not taken is lost'
like "$(cat "$recorder_words")" 'reader is too slow' 'no reader: which is said'
ok 'no reader: by the rings, which overflowed' test "$(said 'events lost by the rings')" -gt 1000
ok 'no reader: and as what could not be written' test "$(said "$by_reader")" -gt 0
kill "$reader"

record_to deaf
flood
began=$(date +%s%3N)
kill -INT "$recorder"
sleep 0.3
stop
ok 'no reader: told twice, it ends at once' took 1500
kill "$reader"

began=$(date +%s%3N)
record_to deaf --duration 2
flood
ended
ok 'no reader: --duration is kept' took 7000
kill "$reader"

# Slow, but it reads on: nothing is lost, and what is read is whole.
slow()
{
    sleep 1.5
    exec cat
}

record_to slow -B 32768
flood
stop
wait "$reader"
is "$recorder_status $(said "$by_reader")" '0 0' 'slow reader: it waits for one that goes on'
"$bin/nstrail" info "$work/read" >/dev/null 2>"$work/words"
is "$? $(cat "$work/words")" '0 ' 'slow reader: gets a whole capture'
is "$(printed "$work/read" --netns "${prefix}client" -f 'udp port 7001')" 30000 'slow reader: with all events'

# Goes away while there is nothing to write, which a write would tell late.
record_to deaf
began=$(date +%s%3N)
kill "$reader"
ended
ok 'reader goes away: it ends at once' took 1000
is "$recorder_status" 0 'reader goes away: which is no failure'
like "$(cat "$recorder_words")" 'events recorded' 'reader goes away: the counts are said'

# Or while it has not taken what there was.
record_to deaf
flood
kill "$reader"
ended
is "$recorder_status" 0 'reader goes away from what it should take: which is no failure'
ok 'reader goes away from what it should take: which is lost by it' \
    test "$(said "$by_reader, which went away")" -gt 0
unlike "$(cat "$recorder_words")" disk 'reader goes away from what it should take: not by a disk'

# What waits in the rings by then, while the recorder waits for the reader, is lost by it, too.
record_to deaf -B 65536
flood
sleep 0.5
flood
kill "$reader"
ended
counted=$(($(said 'events recorded') + $(said "$by_reader, which went away")))
ok 'reader goes away: what waits in the rings is counted' \
    test $((counted + $(said 'events lost by the rings'))) -ge 120000

done_testing
