#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A recording in several files: each can be read alone, all of them are one capture, and as many
# stay as are asked for.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin

network_pair
ok 'the neighbour is known' in_ns client ping -q -c 1 10.9.1.2
mkdir "$work/ring"
cd "$work/ring" || exit

# flood COUNT
flood()
{
    sink server udp-sink 10.9.1.2 7001 "$1"
    traffic client udp-send 10.9.1.2 7001 "$1" 100 50000 >/dev/null
    end_sink
}

# numbers FILE...: of the files in their capture.
numbers()
{
    "$bin/nstrail" info "$@" | sed -n 's/^Capture.*, file \([0-9]*\) of it/\1/p' | sort -n | xargs
}

# alone FILE...: those that cannot be read on their own without a word.
alone()
{
    local file words
    for file; do
        words=$("$bin/nstrail" print "$file" 2>&1 >/dev/null) && [ -z "$words" ] ||
            printf '%s: %s\n' "$file" "$words"
    done
}

# sent FILE...: the packets of the flood that client sent, by these files.
sent()
{
    printed --netns "${prefix}client" -f 'udp port 7001' "$@"
}

# said WORDS: the number before them in what the recorder said at its end.
said()
{
    sed -n "s/^\([0-9]*\) $1.*/\1/p" "$recorder_words" | tail -n 1
}

# in_order FILE...: the events are in the order of their times.
in_order()
{
    "$bin/nstrail" print --json "$@" 2>/dev/null |
        sed -n 's/.*"timestamp":\([0-9]*\).*"kernel".*/\1/p' | sort -nc
}

# -- by size, all of them kept

record size all.nst -C 64k || exit
flood 20000
stop
is "$recorder_status" 0 '-C: status'
files=(all.nst*)
ok '-C: several files' test ${#files[@]} -gt 3
is "$(numbers "${files[@]}")" "$(seq -s ' ' 0 $((${#files[@]} - 1)))" '-C: numbered in their headers'
is "$("$bin/nstrail" info "${files[@]}" | grep -c "^Host  *$(hostname), Linux $(uname -r) ")" \
    "${#files[@]}" '-C: each says where it comes from'
is "$(alone "${files[@]}")" '' '-C: each can be read alone'
is "$("$bin/nstrail" print "${files[@]}" 2>&1 >/dev/null)" '' '-C: and all together'
is "$(sent "${files[@]}")" 20000 '-C: no event is missing between two files'
mapfile -t backwards < <(printf '%s\n' "${files[@]}" | tac)
ok '-C: in one order of time, however they are given' in_order "${backwards[@]}"
is "$(cat "${files[@]}" | wc -c)" "$(said 'bytes written')" '-C: the bytes of all are counted'
is "$(find . -size +$((64 + 300))k)" '' '-C: none is larger than that and a block'
import '-C' "${files[@]}"
is "$(ask "SELECT count(*), count(DISTINCT capture_id), count(DISTINCT previous) FROM (
        SELECT capture_id, sequence, lag(sequence) OVER (ORDER BY sequence) AS previous FROM file)")" \
    "${#files[@]},1,$((${#files[@]} - 1))" '-C: one capture in the database'
like "$("$bin/nstrail" print all.nst all.nst2 2>&1 >/dev/null)" \
    'all.nst2: file 1 of its capture, before this one, is missing' '-C: a missing one is said'
is "$(numbers all.nst all.nst3)" '0 3' '-C: the rest is read'

# -- a ring

rm -f ./*
record ring ring.nst -C 64k -W 3 || exit
flood 20000
stop
is "$(printf '%s\n' ring.nst* | wc -l)" 3 '-W: three files stay'
read -r first _ last <<<"$(numbers ring.nst*)"
is $((last - first)) 2 '-W: which follow each other'
is "$(alone ring.nst*)" '' '-W: each can be read alone'
record ring ring.nst -C 64k -W 3 || exit
stop
is "$(printf '%s\n' ring.nst* | wc -l)" 3 '-W: the ring goes on where another recording left it'
is "$(numbers ring.nst* | tr ' ' '\n' | grep -c '^0$')" 1 '-W: with the files of both'

rm -f ./*
record quota quota.nst -C 64k --max-disk 1M || exit
flood 20000
stop
ok '--max-disk: is kept to' test "$(cat quota.nst* | wc -c)" -le 1048576
ok '--max-disk: with room for more than a file' test "$(printf '%s\n' quota.nst* | wc -l)" -ge 3

# -- by time, and when asked

rm -f ./*
record time 'time-%Y.nst' -G 0.5 --duration 1.8 || exit
ended
year=$(date +%Y)
is "$(echo ./*)" "./time-$year.nst ./time-$year.nst1 ./time-$year.nst2 ./time-$year.nst3" \
    '-G: names by the time, and by a number where that is the same'
is "$(numbers ./*)" '0 1 2 3' '-G: a new file each half second'

rm -f ./*
record SIGHUP asked.nst || exit
flood 100
sleep 0.3 # what is in the rings goes to the next file
kill -USR1 "$recorder"
until_true 10 grep -q 'lost by the disk' "$recorder_words"
like "$(cat "$recorder_words")" '[0-9]+ events recorded' 'SIGUSR1: the counts are said'
kill -HUP "$recorder"
until_true 10 test -s asked.nst1
flood 100
stop
is "$recorder_status $(numbers asked.nst*)" '0 0 1' 'SIGHUP: a new file'
is "$(sent asked.nst) $(sent asked.nst1) $(sent asked.nst*)" '100 100 200' 'SIGHUP: with what came since'

# -- started twice

record first twice.nst || exit
"$bin/nstrail-capture" -w twice.nst --duration 1 2>"$work/words"
like "$? $(cat "$work/words")" '^1 nstrail-capture: .*twice.nst: another recorder writes it' \
    'started twice: the second one leaves the file alone'
flood 100
sleep 0.3 # what is in the rings goes to the next file
kill -HUP "$recorder"
until_true 10 test -s twice.nst1
"$bin/nstrail-capture" -w twice.nst --duration 1 2>"$work/words"
like "$? $(cat "$work/words")" '^1 nstrail-capture: .*twice.nst1: another recorder writes it' \
    'started twice: also one that it has gone on from'
stop
is "$(sent twice.nst)" 100 'started twice: the first goes on'
for option in '-C 64k' '-G 1' '-G 1 -W 3'; do
    rm -f ./*
    # shellcheck disable=SC2086 # words
    {
        record first twice.nst $option || exit
        "$bin/nstrail-capture" -w twice.nst $option --duration 1 2>"$work/words"
    }
    like "$? $(cat "$work/words")" '^1 nstrail-capture: .*twice.nst[0-9]*: another recorder writes it' \
        "started twice: $option"
    stop
    is "$(numbers twice.nst* | tr ' ' '\n' | grep -c '^0$')" 1 "started twice: $option: files of one alone"
done

# -- a disk that gets full

rm -f ./*
mkdir "$work/disk"
if mount -t tmpfs -o size=200k tmpfs "$work/disk" 2>/dev/null; then
    record disk "$work/disk/full.nst" -C 1M -W 5 || exit
    flood 20000
    cat /dev/zero >"$work/disk/ballast" 2>/dev/null
    sleep 0.3
    kill -HUP "$recorder"
    until_true 10 grep -q 'goes on' "$recorder_words"
    mount -o remount,size=10M "$work/disk"
    until_true 10 test -s "$work/disk/full.nst1"
    flood 100
    stop
    is "$recorder_status" 2 'full disk: status'
    like "$(cat "$recorder_words")" 'No space left on device; events are lost until' \
        'full disk: the loss is said'
    like "$(cat "$recorder_words")" "full.nst1: .*No space left on device; $work/disk/full.nst goes on" \
        'full disk: and that no new file could be begun'
    is "$(alone "$work/disk/full.nst" "$work/disk/full.nst1")" '' 'full disk: both files are whole'
    is "$(sent "$work/disk/full.nst1")" 100 'full disk: recorded again when there is room'
    is "$(numbers "$work/disk/full.nst" "$work/disk/full.nst1")" '0 1' 'full disk: one capture'
else
    skip 'may not mount a tmpfs' 'full disk'
fi

# A ring whose files are more than the disk can hold goes on with fewer of them.
if mount -t tmpfs -o size=400k tmpfs "$work/disk" 2>/dev/null; then
    record small "$work/disk/small.nst" -C 100k -W 50 || exit
    flood 60000
    flood 100
    stop
    is "$recorder_status" 0 'full ring: status'
    like "$(cat "$recorder_words")" "disk is full: the ring's oldest files go" 'full ring: it is said'
    ok 'full ring: nothing is lost' grep -qx '0 events lost by the disk' "$recorder_words"
    ok 'full ring: the first file is gone' test ! -e "$work/disk/small.nst"
    last=$(sent "$work"/disk/small.nst*)
    ok 'full ring: the newest files are there' test "$last" -gt 100 -a "$last" -lt 60100
    "$bin/nstrail" import "$work"/disk/small.nst* -d "$work/small.db" >/dev/null 2>&1
    is "$("$bin/nstrail" query "$work/small.db" --csv 'SELECT max(sequence) - min(sequence) + 1 - count(*)
        FROM file' | sed 1d | tr -d '\r')" 0 'full ring: and none between them is missing'
    umount "$work/disk"
else
    skip 'may not mount a tmpfs' 'full ring'
fi

# -- misuse

refused()
{
    "$bin/nstrail-capture" "${@:2}" >/dev/null 2>"$work/words" </dev/null
    is $? 1 "${*:2}: refused"
    like "$(cat "$work/words")" "$1" "${*:2}: says why"
}

refused 'standard output is one stream' -w - -C 1
refused 'regular file' -w /dev/null -C 1
refused 'none/x: No such file or directory$' -w "$work/none/x" -C 1
refused 'half of --max-disk' -w x -C 10M --max-disk 11M
refused 'millions of bytes' -w x -C 5x
refused 'from 1 to' -w x -W 0
refused 'the name is empty' -w ''
refused 'known by such names' -w 'x%Z.nst' -W 2
refused 'known by such names' -w 'x%H%P' --max-disk 2M

cd / || exit
done_testing
