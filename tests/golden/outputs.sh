#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What nstrail prints, word for word: expected/ holds it, retis/ what Retis itself printed for
# the same events. NSTRAIL_UPDATE=1 writes expected/ anew; read the difference before it is
# committed.

set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/lib/tap.sh
. "$here/../lib/tap.sh"
# shellcheck source=tests/lib/work.sh
. "$here/../lib/work.sh"

nstrail=$bin/nstrail make_capture=$bin/tests/golden/make_capture
export LC_ALL=C TZ=UTC

for capture in accepted everything second other-host many; do
    "$make_capture" "$capture" "$capture.nst" || exit
done

# same FILE WANTED DESCRIPTION: they hold the same.
same()
{
    local difference
    if difference=$(diff -u "$2" "$1" 2>&1); then
        result 0 "$3"
    else
        result 1 "$3"
        diag "$difference"
    fi
}

# How long a file is depends on the compressing library.
without_sizes()
{
    sed -E -e 's/^(Size|Compression) .*/\1/' -e 's/"(size|stored|plain)_bytes":[0-9]+/"\1_bytes":0/'g
}

# expected NAME ARGUMENT...: nstrail prints what expected/NAME holds, and ends well.
expected()
{
    local name=$1
    shift
    "$nstrail" "$@" 2>errors >all
    is "$?:$(cat errors)" '0:' "$name: ends well and says nothing else"
    without_sizes <all >got
    [ -z "${NSTRAIL_UPDATE:-}" ] || cp got "$here/expected/$name"
    same got "$here/expected/$name" "nstrail $*"
}

# Retis's own output.
retis()
{
    sed -e 's/Retis v1.7.0/nstrail 0.1.0/' \
        -e 's/-w demo.nst"/-w demo.nst # nstrail-capture 0.1.0"/' "$here/retis/$1"
}

is "$("$nstrail" print accepted.nst)" "$(retis accepted.print.txt)" "text as Retis prints it"
is "$("$nstrail" print --format single-line accepted.nst)" "$(retis accepted.single-line.txt)" \
    'one line an event, as Retis prints it'
is "$("$nstrail" print --json accepted.nst | sed 's/,"track":"0x[0-9a-f]*"//')" \
    "$(retis accepted.json)" 'JSON that Retis accepts, with what it passes over'

expected everything.txt print everything.nst
expected everything.single-line.txt print --format single-line --utc --names -e everything.nst
expected everything.hex.txt print -x everything.nst
expected everything.ascii.txt print --format single-line -XX everything.nst
expected everything.json print --json everything.nst
expected everything.info.txt info everything.nst
expected everything.info.json info --json everything.nst
like "$("$nstrail" info everything.nst)" "Size +$(stat -c %s everything.nst) bytes" 'info: size'

words=$("$nstrail" info --probe skb:kfree_skb everything.nst)
like "$words" $'Matching +1 event\nWire bytes +98, 98\\.0 a packet on average\nTime order +strict\n' \
    'info: of what matches'
like "$("$nstrail" info --json --probe skb:kfree_skb everything.nst)" \
    '"average_wire_bytes":98.0,"events_per_second":null,"wire_bytes_per_second":null,"late_events":0,"strict_time_order":true' \
    'info --json: of what matches'

is "$("$nstrail" print -x -x everything.nst | md5sum)" "$("$nstrail" print -xx everything.nst | md5sum)" \
    'print -x twice is -xx'
is "$("$nstrail" print -xx -X everything.nst | md5sum)" "$("$nstrail" print -X everything.nst | md5sum)" \
    'print -X comes before -x, as with tcpdump'
is "$("$nstrail" print -xx --dev wg0 everything.nst)" "$("$nstrail" print -x --dev wg0 everything.nst)" \
    'print -xx of a packet without Ethernet is -x'
if command -v tcpdump >/dev/null; then
    # The second has a VLAN tag that was beside the packet.
    for dev in eth0 'd*'; do
        "$nstrail" export --all-events --dev "$dev" -w exported.pcapng everything.nst
        for option in -x -xx -X -XX; do
            tcpdump -nn "$option" -r exported.pcapng 2>/dev/null | grep $'^\t' >wanted
            "$nstrail" print --format single-line "$option" --dev "$dev" everything.nst |
                grep $'^\t' >got
            ok "print $option --dev $dev: bytes" test -s wanted
            same got wanted "print $option --dev $dev: as tcpdump prints them"
        done
    done
else
    skip 'tcpdump is not installed' 'packet bytes as tcpdump prints them'
fi

# Two files of a capture whose events interleave, in whatever order they are given, and another
# host's between them.
expected merged.txt print --format single-line --utc everything.nst second.nst other-host.nst
"$nstrail" print --format single-line --utc second.nst other-host.nst everything.nst | sort >got
sort "$here/expected/merged.txt" >wanted
same got wanted 'the same events in another order of the files'
expected merged.json print --json everything.nst other-host.nst
expected merged.info.txt info everything.nst second.nst other-host.nst

# The times of the first three events, in tshark's styles; and no more than were asked for.
times()
{
    TZ=UTC-1 "$nstrail" print --format single-line -t "$1" -n -c 3 -r many.nst | tail -n +2 |
        sed 's/ (.*//' | paste -sd' '
}
seconds=$("$nstrail" print --format single-line -t e many.nst | sed -n 's/ (.*//; 2p')
day=$(date -d "@$seconds" +%F)
like "$(times r)" '^0\.000000000 0\.[0-9]{9} 0\.[0-9]{9}$' 'print -t r'
is "$(times d | awk '{ printf "%.9f", $1 + $2 + $3 }')" "$(times r | cut -d' ' -f3)" \
    'print -t d adds up to print -t r'
is "$(times dd)" "$(times d)" 'print -t dd'
is "$(times e | cut -d' ' -f1)" "$seconds" 'print -t e'
is "$(times ud | cut -d' ' -f1,2)" "$day $(date -d "@$seconds" +%T.%6N)" 'print -t ud'
is "$(times u | cut -d' ' -f1)" "$(date -d "@$seconds" +%T.%6N)" 'print -t u'
is "$(times a | cut -d' ' -f1)" "$(TZ=UTC-1 date -d "@$seconds" +%T.%6N)" 'print -t a is local'
is "$(times ad | cut -d' ' -f2)" "$(TZ=UTC-1 date -d "@$seconds" +%T.%6N)" 'print -t ad'
at=$(times a | cut -d' ' -f3) utc="$day $(times u | cut -d' ' -f3)"
for option in --since --until; do
    is "$(TZ=UTC-1 "$nstrail" print --format single-line "$option" "$at" many.nst | md5sum)" \
        "$("$nstrail" print --format single-line "$option" "$utc" many.nst | md5sum)" \
        "$option with the time of day that print -t a shows"
done
# shellcheck disable=SC2002
is "$(cat many.nst | TZ=UTC-1 "$nstrail" print --since "$at" - | md5sum)" \
    "$(TZ=UTC-1 "$nstrail" print --since "$at" many.nst | md5sum)" 'from a pipe, too'
is "$("$nstrail" print -c 7 --json many.nst | wc -l)" 8 'print -c'
is "$("$nstrail" print --format single-line -r many.nst accepted.nst -r second.nst | md5sum)" \
    "$("$nstrail" print --format single-line many.nst second.nst accepted.nst | md5sum)" \
    'files with -r and without'

# Captures that somebody has joined are read like each by itself.
cat everything.nst other-host.nst second.nst >joined.nst
for command in 'print --utc' 'print --json' 'print --netns 0x1001'; do
    # shellcheck disable=SC2086
    is "$("$nstrail" $command joined.nst 2>&1 | md5sum)" \
        "$("$nstrail" $command everything.nst other-host.nst second.nst 2>&1 | md5sum)" \
        "$command of joined captures"
done
is "$("$nstrail" info joined.nst | sed -n 's/^File  *//p')" "joined.nst
joined.nst, from byte $(stat -c %s everything.nst) on
joined.nst, from byte $(cat everything.nst other-host.nst | wc -c) on" 'info lists each of them'
is "$("$nstrail" info joined.nst | sed -n 's/^Size *\([0-9]*\) .*/\1/p' | paste -sd+)" \
    "$(stat -c %s everything.nst other-host.nst second.nst | paste -sd+)" 'with its own size'
"$nstrail" print joined.nst other-host.nst >got 2>errors
"$nstrail" print joined.nst >wanted
same got wanted 'one of them given by itself, too, is not read again'
is "$(cat errors)" 'nstrail: other-host.nst: is the same capture file as joined.nst, from byte '"$(
    stat -c %s everything.nst)"' on: skipped' 'which is said'

# Nor is a file that is given twice, or as a copy of which one is cut: the longer one is read.
cp everything.nst copy.nst
head -c $(($(stat -c %s everything.nst) * 3 / 4)) everything.nst >cut.nst
for command in print 'print --json' info 'info --json' netns 'netns --json' 'export -w -'; do
    # shellcheck disable=SC2086
    "$nstrail" $command everything.nst second.nst >wanted 2>/dev/null
    # shellcheck disable=SC2086
    "$nstrail" $command everything.nst second.nst everything.nst copy.nst >got 2>errors
    is "$?: $(grep ': skipped$' errors)" '0: nstrail: everything.nst: is the same capture file as everything.nst: skipped
nstrail: copy.nst: is the same capture file as everything.nst: skipped' "$command: given twice, which is said"
    same got wanted "$command: given twice, read once"
    # shellcheck disable=SC2086
    "$nstrail" $command cut.nst second.nst everything.nst >got 2>errors
    is "$?: $(grep ': skipped$' errors)" '0: nstrail: cut.nst: is the same capture file as everything.nst: skipped' \
        "$command: behind a part of it, which is said"
    same got wanted "$command: behind a part of it"
done
# shellcheck disable=SC2002
cat everything.nst | "$nstrail" print everything.nst - >got 2>errors
is "$?: $(cat errors)" '0: nstrail: -: is the same capture file as everything.nst: skipped' 'from a pipe, too'

# The same file from a pipe; it is read a little ahead.
# shellcheck disable=SC2002
for options in '' '--netns 4026533123' '--since +0.001 --until +0.002'; do
    # shellcheck disable=SC2086
    is "$(cat many.nst | "$nstrail" print $options - | md5sum)" \
        "$("$nstrail" print $options many.nst | md5sum)" "from a pipe: print $options"
done
is "$("$nstrail" print --format single-line many.nst | tail -n +2 | cut -d' ' -f1 | sort -nc 2>&1)" '' \
    'many blocks come out in order'
is "$("$nstrail" print --format single-line many.nst | tail -n +2 | wc -l)" 20000 'and all of them'

# What a filter picks of many blocks is what grep picks of everything.
all=$("$nstrail" print --format single-line many.nst)
picks()
{
    local pattern=$1
    shift
    is "$("$nstrail" print --format single-line "$@" many.nst | tail -n +2 | md5sum)" \
        "$(printf '%s\n' "$all" | tail -n +2 | grep -E "$pattern" | md5sum)" "picks: $*"
}
picks '/4026533123 ' --netns 4026533123
picks '/4026533123 ' --netns 0x3000
picks '/4026533(001|123) ' --netns 0x3000 --netns 4026533001
picks '/4026533000 ' --netns '!4026533001' --netns '!0x2002' --netns '!4026533123'
picks 'netif_receive_skb' --probe netif_receive_skb
picks '^732246[12]' --until +0.002
picks '^73224809[0-4].*/4026533002 ' --since +0.0199 --until +0.01995 --netns 0x2002
# Back from the last event, at 7322480999000.
picks '^7322480' --since -0.000999
picks '^73224(6|7[0-8])' --until=-1.999ms
picks '^732248098' --since -0.019ms --until -0.009ms
is "$("$nstrail" print --format single-line --since -0s many.nst accepted.nst | tail -n +2)" \
    "$("$nstrail" print --format single-line many.nst accepted.nst | tail -n 1)" \
    'back from the last event of all files'
# shellcheck disable=SC2002
cat many.nst | "$nstrail" print --since -10m - >got 2>errors
is "$?: $(cat got errors)" '1: nstrail: -: a time before the last event, such as -10m, needs a file, not a pipe' \
    'which a pipe does not tell'
is "$("$nstrail" print --since -1ms - <many.nst | md5sum)" "$("$nstrail" print --since -1ms many.nst | md5sum)" \
    'a file on standard input does'
# From a line of JSON to its packet.
if command -v jq >/dev/null; then
    track=$("$nstrail" print --json --drop -c 1 everything.nst | jq -r '."skb-tracking".track // empty')
    is "$("$nstrail" print --track "$track" everything.nst | md5sum)" \
        "$("$nstrail" print --track '#6a8e4afc5b1ffff888000980000' everything.nst | md5sum)" \
        "--track $track, as print --json has it"
else
    skip 'jq is not installed' '--track as print --json has it'
fi
# Times as print shows them.
picks '^732248099' --since 7322480990000
picks '^732246100[01]' --until 7322461002000ns
time=$("$nstrail" print --format single-line --utc many.nst | sed -n '12s/ (.*//p')
is "$("$nstrail" print --format single-line --until "$time" many.nst | wc -l)" 11 \
    "ten events, and the first line, before $time"
picks '#6a8e4afc5b1ffff888000b01c00 ' --track 3087
picks '#6a8e4afc5b1ffff888000b01c00 ' --track '#6a8e4afc5b1ffff888000b01c00'
picks 'no such line' --drop
picks . -f icmp
picks 'no such line' -f 'ip[8] < 64'

# All events of the packets that have one of those.
picks '#6a8e4afc5b1ffff888000b01c00 ' --follow --netns 0x3000
picks '#6a8e4afc5b1ffff888000b01c00 ' --follow --netns 0x3000 --until +0.02 -f icmp
picks '^732247334[67].*#6a8e4afc5b1ffff888000b01c00 ' --follow --netns 4026533001 --track 3087 \
    --since 7322473346000
picks 'no such line' --follow --netns 0x3000 --until +0.012345
picks . --follow --probe netif_receive_skb
picks . --follow

# As they are when their number is known, in every command.
for command in print 'print --json' info 'info --json' netns 'export -w -'; do
    # shellcheck disable=SC2086
    is "$("$nstrail" $command --follow --netns 0x3000 many.nst 2>&1 | md5sum)" \
        "$("$nstrail" $command --track 3087 many.nst | md5sum)" "$command --follow"
done
"$nstrail" import -d followed.db --follow --netns 0x3000 many.nst
is "$("$nstrail" query --csv followed.db 'SELECT id, events FROM v_journey' | tail -n +2)" 3087,4 \
    'import --follow'

# From one file of a capture to the next, and not to another capture whose numbers are the same;
# what has no journey counts for itself.
files=(everything.nst second.nst other-host.nst)
"$nstrail" print --format single-line "${files[@]}" | grep '^[0-9]* (.* host router$' >router
follows()
{
    local pattern=$1
    shift
    is "$("$nstrail" print --format single-line --follow "$@" "${files[@]}" | tail -n +3)" \
        "$(grep -e "$pattern" router)" "follows: $*"
}
follows ' #' --netns 4026532400
follows ' #' --dev wg0
follows ' #' --drop
follows '\[kr\] ip_rcv ' --probe kretprobe:ip_rcv
follows . --probe ip_rcv
is "$("$nstrail" netns --follow --netns 0x1003 everything.nst second.nst | awk 'NR > 1 { print $2 }' |
    sort | paste -sd' ')" '4026532177 4026532240 4026532400' 'netns lists where the packets came to'

done_testing
