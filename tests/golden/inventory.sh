#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Who the namespaces were, from files with an inventory: what nstrail netns prints, word for
# word, what WHO picks by it, and the names that the other commands give. NSTRAIL_UPDATE=1
# writes expected/ anew.

set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/lib/tap.sh
. "$here/../lib/tap.sh"
# shellcheck source=tests/lib/work.sh
. "$here/../lib/work.sh"

nstrail=$bin/nstrail
export LC_ALL=C TZ=UTC

"$bin/tests/golden/make_inventory" . || exit

# expected NAME ARGUMENT...: nstrail prints what expected/NAME holds, and ends well.
expected()
{
    local name=$1
    shift
    "$nstrail" "$@" 2>errors >got
    is "$?:$(cat errors)" '0:' "$name: ends well and says nothing else"
    [ -z "${NSTRAIL_UPDATE:-}" ] || cp got "$here/expected/$name"
    is "$(diff -u "$here/expected/$name" got)" '' "nstrail $*"
}

expected inventory.netns.txt netns first.nst
expected inventory.netns.both.txt netns second.nst first.nst
expected inventory.long.txt netns -l first.nst
expected inventory.tree.txt netns --tree first.nst
expected inventory.json netns --json first.nst
# shellcheck disable=SC2002
is "$(cat first.nst | "$nstrail" netns --json -)" "$(cat "$here/expected/inventory.json")" \
    'the same from a pipe'
expected inventory.names.txt print --names first.nst
# What stands in the columns FIRST and LAST.
is "$("$nstrail" netns --since start --until end first.nst)" \
    "$(cat "$here/expected/inventory.netns.txt")" 'netns: from start to end is all'
is "$("$nstrail" info first.nst | sed -n '/ namespace$/,/^$/s/^[ 0-9]*  //p' | sed '1d;$d')" \
    '0x1005/4026532177 (web, moved, /run/docker/netns/4f00aa)
0x1/4026531840 (host)
0x1006/4026532240 (shop/cart-7)
0x1007/4026532300 (brief)
0x1008/4026532300 (moved)' 'info: what people call them, and their names'
like "$("$nstrail" info --json first.nst)" '"inum":4026532240,"names":\["shop/cart-7"\]' \
    'info --json: likewise'
like "$("$nstrail" info second.nst)" 'and 1 without events; nstrail netns shows it' \
    'info: namespaces without names count among those without events'
like "$("$nstrail" info --json second.nst)" '"inum":4026531840,"names":\["host"\],"events":0' \
    'info --json: likewise'
"$nstrail" import -d x.db first.nst second.nst
for options in '' -l --tree --json '--netns pod:shop/cart-7' '--netns !host' '--netns b*f'; do
    # shellcheck disable=SC2086
    is "$("$nstrail" netns $options x.db 2>&1)" "$("$nstrail" netns $options first.nst second.nst)" \
        "the same from a database: netns $options"
done
is "$("$nstrail" netns -l x.db | grep '^  Seen.*, ' | xargs)" "Seen start to +3.900, then no more \
Seen start to +3.900, then no more Seen +1.900 to +2.400, then it was gone \
Seen start to +3.900, then no more" 'what was seen to end, and what was seen no more'
is "$("$nstrail" netns --json x.db | grep -o '"gone":[a-z]*' | xargs)" \
    'gone:false gone:null gone:null gone:true gone:false gone:null' 'and in JSON'
"$nstrail" netns --netns pid:99 x.db 2>errors
is $? 1 'a database without such a process'
like "$(cat errors)" \
    '^nstrail: x.db: --netns pid:99: no such namespace was recorded.*x.db: the processes in it are.*  pid:1 systemd 0x1/4026531840' \
    'is told which it has'
for who in nosuch 7 container:4f container:x pod:x/y; do
    "$nstrail" netns --netns $who x.db 2>&1 | sed -n '2,$s/x.db/FILE/p;/^ /p' >got
    "$nstrail" netns --netns $who first.nst 2>&1 | sed -n '2,$s/first.nst/FILE/p;/^ /p' >wanted
    is "$(sort got)" "$(sort wanted)" "the same choices from a database: $who"
done
"$nstrail" netns --drop x.db 2>errors
is "$?: $(cat errors)" '1: nstrail: netns: of a database only --netns can be asked' \
    'a database knows who, not what'

# Devices whose masters lead round, or too deep, are shown once, too.
is "$("$nstrail" netns --tree round.nst | tail -n +2)" '|- port1
|- port5
|- port6
|  `- port7
|     `- port8
|        `- port9
|           `- port10
|              `- port11
|                 `- port12
|                    `- port13
|- port4, port of port3
|  |- port2
|  `- port3
`- port14, port of port13
   `- port15
      `- port16
         `- port17
            `- port18' 'netns --tree: ports of each other'

# picks 'MS MS...' WHO...: the events of those times, counted from the start.
picks()
{
    local wanted=$1 who options=()
    shift
    for who; do options+=(--netns "$who"); done
    is "$("$nstrail" print --format single-line "${options[@]}" first.nst 2>&1 |
        awk 'NR > 1 { printf "%s%d", sep, $1 / 1000000 - 1000000; sep = " " }')" "$wanted" \
        "picks: $*"
}
picks '100 101' host
picks '100 2700 2900' container:web
picks '100 2700 2900' container:4f00
picks '101' container:cart
picks '101' pod:shop/cart-7
# Who shares the host's namespace cannot be told from the host.
picks '100 101' pod:metrics/exporter-2
picks '100 101' container:6a00cc
picks '100 2005 2700 2900 3300 3400' '!container:cart' '!0x1'
# The name and the pid mean another namespace later; the inum too, which asks for both.
picks '100 2700 3300' moved
picks '2005' brief
picks '100 2005 2700 3300' 'b*' '[m]oved'
picks '100 101 101 2900' '!?????*'
picks '100 2700 2900 3300' pid:4712
picks '100 2700 2900' pid:4711
picks '2005' /proc/6001/ns/net
# Seen late, and there since it was started.
picks '2700 2900' pid:4800
picks '2005 3300' 4026532300
picks '100 2700 2900' /run/docker/netns/4f00aa

# fails MESSAGE WHO: says it, and lists what there is.
fails()
{
    "$nstrail" print --netns "$2" first.nst >got 2>errors
    is $? 1 "--netns $2 fails"
    like "$(cat errors)" "$1" "--netns $2 says so"
}
fails $'several containers begin so.*\n.*begin so are\n  container:4f00aa11bb22cc33 0x1005/4026532177\n  container:4f77aa 0x1006/4026532240$' \
    container:4f
fails $'containers in it are\n  container:web .*\n  container:4f77aa .*\n  container:cart ' container:x
fails $'pods in it are\n  pod:shop/cart-7 0x1006/4026532240\n  pod:metrics/exporter-2 0x1/4026531840$' pod:x/y
fails $'processes in it are\n  pid:1 systemd .*\n  pid:5002 cart\\\\x07 ' pid:99
# As tables show them, or almost.
fails $'nosuch: no such .*\n.*the namespaces in it' nosuch
for meant in cart=container:cart c[a]rt=container:c[a]rt cart-7=pod:shop/cart-7 \
    '!exporter-2=!pod:metrics/exporter-2' 4f00=container:4f00 mvoed=moved BRIEF=brief container:wbe=container:web \
    container:brief=brief container:cart-7=pod:shop/cart-7 pod:shop/cart-8=pod:shop/cart-7 \
    pod:default/cart-7=pod:shop/cart-7; do
    "$nstrail" print --netns "${meant%=*}" first.nst 2>&1 | sed -n 2p >got
    is "$(cat got)" "nstrail: first.nst: did you mean ${meant#*=}?" "is told what it is: --netns ${meant%=*}"
done
"$nstrail" netns --netns cart-7 x.db 2>errors
like "$(cat errors)" 'x.db: did you mean pod:shop/cart-7\?' 'so is who asks a database'
for who in nosuch container:x pod:x/y 7 pid:99; do
    is "$("$nstrail" print --netns $who first.nst 2>&1 | grep -c 'did you mean')" 0 "nothing is like $who"
done
"$nstrail" print --netns shop/cart-7 first.nst 2>errors
is "$?: $(cat errors)" "1: nstrail: --netns shop/cart-7: a name has no '/'; a pod is pod:NAMESPACE/NAME, a path begins with '/'" \
    'a pod without the word'
fails '0x1009/4026532400 a\\x1b\[31m"b\\x0a\\x5c\\xff' nosuch

is "$("$nstrail" print --format single-line --names first.nst |
    sed -n 's/.* netns \([^ ]*\).*/\1/p' | tr '\n' ' ')" \
    'moved host host shop/cart-7 brief moved web moved a\x1b[31m"b\x0a\x5c\xff ' \
    'print --names: what each was called then'

is "$("$nstrail" print --format single-line --names taken.nst | sed -n 's/.*) netns /netns /p')" \
    'netns host src former dst lost
netns former src former dst lost
netns lost dst lost
netns host dst lost
netns heir src heir dst heir
netns host src heir dst heir' 'print --names: an address is of the next only once that was seen'

# names FILE: of each event what print --json --names calls namespace, source and destination.
names()
{
    "$nstrail" print --json --names "$1" | sed -n 's/.*"names":\({[^}]*}\).*/\1/p'
}
is "$(names first.nst | sed 's/.*"netns":"\([^,]*\)".*/\1/' | tr '\n' ' ')" \
    'moved host host shop/cart-7 brief moved web moved a\u001b[31m\"b\n\\� ' \
    'print --json --names: the same'
is "$(names taken.nst | sed -n '1p;3p')" '{"netns":"host","src":"former","dst":"lost"}
{"netns":"lost","src":null,"dst":"lost"}' 'print --json --names: whose addresses they were'
is "$("$nstrail" print --json --names first.nst | sed 's/,"names":{[^}]*}//')" \
    "$("$nstrail" print --json first.nst)" 'print --json --names: the rest is as without'

# Within a block names come and go; an interface can have but one.
"$nstrail" export --all-events -w first.pcapng first.nst
"$bin/tests/unit/pcapng_dump" first.pcapng >dumped
is "$(sed -n 's/^packet.*ns 0x[0-9a-f]*.[0-9]* (\([^)]*\)).*/\1/p' dumped | tr '\n' ' ')" \
    'moved host host shop/cart-7 brief moved web moved a%1B%5B31m%22b%0A%5C%FF ' \
    'export: what each was called then'
is "$(grep -c '^interface.*0x1005/' dumped) $(grep -c '^interface.*moved/eth0' dumped)" '1 1' \
    'export: an interface has its first name'

# Without cookies it is the time that tells namespaces of one inum apart.
is "$("$nstrail" print --format single-line --names old.nst older.nst |
    sed -nE 's/^([0-9]+)000000 .* ns ([0-9]+).* if 1 .lo.( netns ([^ ]*))?/\1 \4/p' |
    awk '{ printf "%d%s ", $1 - 1000000, $2 ? "=" $2 : "" }')" \
    '1500=01d 1900=01d 2990 3300 3310 3320=host 5100 6200=third 10900=third 50000 50100 56500=fourth 61000=fourth 61100=late ' \
    'old.nst: names of those that had one inum; of who was not seen between two, and before one, none'
"$nstrail" export --all-events -w old.pcapng old.nst older.nst
"$bin/tests/unit/pcapng_dump" old.pcapng >dumped
is "$(awk '/^interface/ { sub(/\|.*/, "", $5); print $5 }' dumped | xargs)" \
    '01d/lo 4026532300/lo host/lo third/lo 4026532300/lo fourth/lo 4026532310/lo late/lo' \
    'old.nst: each has its interface'
is "$(awk '/^packet/ { printf "%s ", $4 }' dumped)" '0 0 1 1 1 2 1 3 3 4 6 5 5 7 ' 'old.nst: and packets go to it'
is "$("$nstrail" netns old.nst older.nst |
    awk '$2 == 4026532300 || $2 == 4026532310 { print $3, $4, $5, $(NF - 4), $(NF - 3), $(NF - 2) }')" \
    '/run/netns-of-old 01d - start +0.500 2
- - 1 +1.490 +4.000 4
third - - +4.500 +9.400 2
- - - +48.500 +48.500 1
- - - +48.600 +48.600 1
fourth - - +55.000 end 2
late - - +58.500 end 1' 'old.nst: who they were'
"$nstrail" import -d old.db old.nst older.nst
for options in '' -l --json '--netns container:01d' '--netns third' '--netns fourth' \
    '--netns !third'; do
    # shellcheck disable=SC2086
    is "$("$nstrail" netns $options old.db 2>&1)" "$("$nstrail" netns $options old.nst older.nst)" \
        "the same from a database: netns $options"
done
is "$("$nstrail" print --format single-line --netns container:01d old.nst | grep -c ' ns ')" 2 \
    'old.nst: what was in a container that had the inum'
is "$("$nstrail" print --format single-line --netns pid:7002 old.nst | grep -c ' ns ')" 3 \
    'old.nst: and in a process after it'
is "$("$nstrail" netns --netns pid:7002 old.nst older.nst | wc -l)" 2 \
    'old.nst: a process of one is not in the next'
for who in third=2 fourth=2 late=1 4026532300=11 4026532310=2; do
    is "$("$nstrail" print --format single-line --netns "${who%=*}" old.nst older.nst |
        grep -c ' ns ')" "${who#*=}" "old.nst: who was not seen is nobody of that name: ${who%=*}"
done

# same_from_db FILE...: netns says the same of a database, whichever of them is imported first.
same_from_db()
{
    local db options file
    rm -f given.db turned.db
    "$nstrail" import -d given.db "$@"
    for file; do printf '%s\n' "$file"; done | tac | while read -r file; do
        "$nstrail" import -d turned.db "$file"
    done
    for db in given.db turned.db; do
        for options in '' -l --json; do
            # shellcheck disable=SC2086
            is "$("$nstrail" netns $options $db)" "$("$nstrail" netns $options "$@")" \
                "the same from $db: netns $options $*"
        done
    done
}
same_from_db rotated.nst rotated-next.nst
like "$("$nstrail" netns -l given.db)" 'Process +7001 sh, uid 0, /bin/sh, cgroup /, start to \+0.100' \
    'what a file still had at its end was over before, as the next one says'

# A file that tells nothing, before anybody had looked, is of the same namespaces as those next to it.
for who in passing=2 staying=6 0x3101=2 '!passing=6' '!staying=2' 's*=6'; do
    for command in print 'print --follow'; do
        # shellcheck disable=SC2086
        is "$("$nstrail" $command --format single-line --netns "${who%=*}" ring.nst[0-3] | grep -c ' ns ')" \
            "${who#*=}" "$command --netns ${who%=*}: also in files that tell of no namespace"
    done
done
is "$("$nstrail" print --format single-line --names ring.nst[13] ring.nst[02] | sed -n 's/.* netns //p' | xargs)" \
    'passing staying passing staying staying staying staying staying' 'print --names: likewise'
"$nstrail" export --all-events -w ring.pcapng ring.nst[0-3]
"$bin/tests/unit/pcapng_dump" ring.pcapng >dumped
is "$(sed -n 's/^packet.*ns 0x[0-9a-f]*.[0-9]* (\([^)]*\)).*/\1/p' dumped | xargs)" \
    'passing staying passing staying staying staying staying staying' 'export: likewise'
"$nstrail" import --netns staying -d ring.db ring.nst[0-3]
is "$("$nstrail" query --csv ring.db 'SELECT count(*) FROM event' | tail -n 1)" 6 'import --netns: likewise'
same_from_db ring.nst0 ring.nst1 ring.nst2 ring.nst3
for file in ring.nst1 ring.nst3; do
    "$nstrail" print --netns staying $file >got 2>&1
    is $? 1 "alone nobody tells what was in it: $file"
done

# Without events times count from the beginning.
same_from_db quiet.nst
same_from_db ring.nst1 quiet.nst

# Where somebody sets the clock, all is dated as the events are that were next to it.
same_from_db set.nst set-next.nst
is "$("$nstrail" netns set.nst set-next.nst | awk 'NR > 2 { print $3, $(NF - 4), $(NF - 3) }')" \
    'before start +0.200
after +3600.800 end
- +3601.000 +3601.000' 'a clock was set: who was there when'
like "$("$nstrail" netns --json set.nst set-next.nst)" \
    '"start_time_ns":1700001008905000000,.*"first_time_ns":1700001008920000000' 'and in JSON'
like "$("$nstrail" info set.nst)" 'lost.ring 3, 2023-11-14T21:30:08.4.* to 2023-11-14T22:30:09.2' \
    'a clock was set: info says when events were lost'

# Where it is set back, the earliest time that it showed is not the first: no span ends before it
# begins, events are within, and what is shown can be given to --since and --until.
same_from_db back.nst back-next.nst
is "$("$nstrail" netns back.nst back-next.nst | awk 'NR > 1 { print $2, $(NF - 4), $(NF - 3) }')" \
    '4026531840 start end
4026532701 +3598.100 +3598.900
4026532702 start end
4026532310 start +3599.324
4026532300 +0.100 +2.099' 'a clock was set back: who was there when'
like "$("$nstrail" netns -l back.nst back-next.nst | xargs)" \
    'Name across, start to \+3599.324 Name after, \+0.100 to end' 'a clock was set back: names'
is "$("$nstrail" print --format single-line -t r back.nst back-next.nst | awk '/ ns / { print $1 }' |
    xargs)" '3598.300000000 3598.500000000 3598.650000000 0.000000000 0.100000000 0.200000000 0.450000000 0.100000000 0.300000000' \
    'a clock was set back: times count from the earliest'
is "$("$nstrail" print --format single-line --since +3598.1 --until +3598.9 back.nst back-next.nst |
    grep -c ' ns ')" 3 'a clock was set back: --since and --until'
like "$("$nstrail" info back.nst | tr -s ' ' | xargs)" \
    'First event 2023-11-14T22:30:00.3.*Z .1000300000000. Last event 2023-11-14T21:30:02.4.*Z .1002450000000. Duration 2.150000000 s' \
    'a clock was set back: info says when which event was'
like "$("$nstrail" info --json back.nst)" \
    '"first_time_ns":1700001000300000000,"last_time_ns":1699997402450000000' 'and in JSON'

# Hosts stand in the order of their first events, whatever that of their clocks and of the files.
same_from_db first.nst set.nst second.nst set-next.nst
is "$("$nstrail" netns set.nst first.nst | awk 'NR > 1 && $2 == "0x1" { print $(NF - 4) }' | xargs)" \
    'start +3591.900' 'the host whose event is the first'

# What is too long to be a name is not made one.
is "$("$nstrail" print --names --format single-line long.nst | grep -c ' netns 5e$')" 1 \
    'print --names: a name that is too long is none, an id is'
ok 'export: names that are too long' "$nstrail" export -w long.pcapng long.nst
for options in '' -l --tree --json; do
    # shellcheck disable=SC2086
    ok "netns $options: names that are too long" "$nstrail" netns $options long.nst
done
done_testing
