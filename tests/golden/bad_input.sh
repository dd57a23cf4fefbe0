#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What nstrail says and answers when it is used wrongly, when files are not what they should be,
# and when its output goes nowhere.

set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/lib/tap.sh
. "$here/../lib/tap.sh"
# shellcheck source=tests/lib/work.sh
. "$here/../lib/work.sh"

nstrail=$bin/nstrail make_capture=$bin/tests/golden/make_capture
export LC_ALL=C TZ=UTC

for capture in accepted many no-packets; do
    "$make_capture" "$capture" "$capture.nst" || exit
done

# answers STATUS REGEX ARGUMENT...: nstrail's status, and what it says on standard error.
answers()
{
    local status=$1 regex=$2
    shift 2
    "$nstrail" "$@" >out 2>errors </dev/null
    is $? "$status" "status $status: nstrail $*"
    like "$(cat errors)" "$regex" "says: $regex"
}

# Misuse.
answers 1 '^Usage: nstrail COMMAND'
answers 1 'nstrail: bogus: no such command' bogus
answers 1 'nstrail: exprot: no such command; did you mean export\?$' exprot
answers 1 'nstrail: Print: no such command; did you mean print\?$' help Print
answers 1 'nstrail: cat: no such command; see nstrail --help$' cat
answers 1 'accepted.nst: no such command; is it a file' accepted.nst
answers 1 'nstrail: -r: a command comes first' -r accepted.nst
answers 1 'nstrail: bogus: no such command' help bogus
answers 1 'print: -c is a number of events, from 1 on, not 0' print -c 0 accepted.nst
answers 1 'print: -t is one of .*, not tt' print -ttt accepted.nst
answers 1 'an argument is missing after -r' print -r
answers 1 'print: unknown or ambiguous option --bogus; see nstrail print --help' print --bogus accepted.nst
answers 1 'print: unknown option -Q' print -Q accepted.nst
answers 1 'print: unknown or ambiguous option --nets=1; did you mean --netns?' print --nets=1 accepted.nst
answers 1 'print: an argument is missing after -f' print accepted.nst -f
answers 1 'print: expects FILE' print
answers 1 'info: no argument belongs to --json=1' info --json=1 accepted.nst
answers 1 '\-\-format is multi-line or single-line, not bogus' print --format bogus accepted.nst
answers 1 '\-\-json leaves no room' print --json --utc accepted.nst
answers 1 '\-\-json always has the packets' print --json -x accepted.nst
answers 1 '\-\-json always has the packets' print -XX --json accepted.nst
answers 1 "no time as in" print --since yesterday accepted.nst
answers 1 '\-\-since : no time as in' print --since '' accepted.nst
answers 1 'Z or an offset' print --until 2026-01-31T12:00:00 accepted.nst
answers 1 '\-\-track bogus: no journey' print --track bogus accepted.nst
answers 1 'a cookie is 0x' print --netns 0xyz accepted.nst
answers 1 "nstrail: -f 'udp prot 5': .*syntax error" print -f 'udp prot 5' accepted.nst
answers 1 "nstrail: -f 'host nowhere.invalid': " print -f 'host nowhere.invalid' accepted.nst
answers 1 'nstrail: -f was given before' print -f udp -f tcp accepted.nst
for arguments in help --help -h --version -V 'help print' 'print --help' 'info --help'; do
    # shellcheck disable=SC2086
    answers 0 '^$' $arguments
    ok "it goes to standard output: $arguments" test -s out
done

# Namespaces that are not there.
answers 1 'accepted.nst: --netns web: no such namespace.*4026532177.*0x1001/4026532240' \
    print --netns web accepted.nst
is "$(cat out)" '' 'and nothing is printed'
answers 1 'no such namespace' print --netns '!7' accepted.nst
answers 1 'accepted.nst: no processes in it are known' print --netns pid:1 accepted.nst
answers 1 'no containers in it are known' print --netns container:web accepted.nst
answers 1 'no pods in it are known' info --netns pod:a/b accepted.nst
answers 1 'the namespaces in it are' print --netns /some/where accepted.nst
answers 0 '^$' print --netns 0x3000 accepted.nst many.nst
is "$(grep -c '4026533123' out)" 1 'one of several files has it'
"$nstrail" print --netns 7 - < <(cat many.nst) >out 2>errors
is $? 1 'status 1: a namespace that a pipe does not have'
like "$(cat errors)" '-: --netns 7: no such namespace.*0x3000/4026533123' 'and those that it has'

# Nor devices, probes, drop reasons and journeys.
answers 1 'accepted.nst: --dev eth9: no such device.*the devices in it are.* vc' \
    print --dev eth9 accepted.nst
is "$(cat out)" '' 'and nothing is printed'
answers 1 '\-\-probe ip_\*: no such probe.*net:netif_receive_skb' info --probe 'ip_*' accepted.nst
"$nstrail" print --probe net:netif_receive_skb accepted.nst >wanted
"$nstrail" print --probe net:netif_receive_skb --probe nosuch accepted.nst >got 2>errors
is "$?:$(cmp got wanted 2>&1)" '0:' 'of two probes one is there'
like "$(cat errors)" '--probe nosuch: no such probe' 'and the other one is named'
answers 1 '\-\-drop=BOGUS: no such drop reason.*NETFILTER_DROP' export -w - --drop=BOGUS accepted.nst
answers 1 'did you mean NETFILTER_DROP\?.*the drop reasons in it are' \
    print --drop=netfliter_drop accepted.nst
answers 1 'did you mean openvswitch/OVS_DROP_LAST_ACTION\?' print --drop=OVS_DROP_LST_ACTION accepted.nst
answers 1 'did you mean net:netif_receive_skb\?' info --probe tp:netif_recieve_skb accepted.nst
answers 1 'did you mean skb:kfree_skb\?' print --probe skb:kfre_skb accepted.nst
answers 1 'no such drop reason was recorded.nstrail: accepted.nst: the drop reasons' \
    print --drop=BOGUS accepted.nst
answers 1 '\-\-track 7: no such journey' print --track 7 accepted.nst
answers 0 '^$' print --dev eth0 accepted.nst many.nst
"$nstrail" print --dev eth9 - < <(cat many.nst) >out 2>errors
is $? 1 'status 1: a device that a pipe does not have'
like "$(cat errors)" '-: --dev eth9: no such device' 'which is said'

# A pipe cannot be read twice.
for arguments in print info netns 'export -w out.pcapng' 'import -d out.db'; do
    # shellcheck disable=SC2086
    "$nstrail" $arguments --follow --drop accepted.nst - < <(cat many.nst) >out 2>errors
    is "$?:$(cat errors out)" \
        '1:nstrail: -: --follow reads its files twice, and this is a pipe: save it first' \
        "$arguments --follow from a pipe"
    ok 'nothing is left behind' test ! -e out.pcapng -a ! -e out.db
done
"$nstrail" print --format single-line --follow --until +0.001 - < <(cat many.nst) >out 2>errors
is "$?:$(cat errors):$(wc -l <out)" 0::1001 'but it need not be where times choose no packets'
"$nstrail" print --format single-line --follow --netns 0x3000 - <many.nst >out 2>errors
is "$?:$(cat errors):$(wc -l <out)" 0::5 'nor is standard input always a pipe'
"$nstrail" import -d many.db many.nst
answers 1 'netns: of a database only --netns can be asked' netns --follow --netns 0x3000 many.db

# A window in which nothing can be.
for times in '+2 +1' '+1 +1' '-1s -2s' 'end start' '23:50 00:10' '1769860800 1769860799.5' \
    '2026-01-31T12:00:00Z 2026-01-31T12:00:00+01:00' '7322461000000 7322461000000' '-0 +0'; do
    answers 0 '^nstrail: --until is not after --since: nothing can match$' \
        print --since "${times% *}" --until "${times#* }" accepted.nst
done
for times in '+1 +2' 'start end' '-2s -1s' '+0 -0'; do
    answers 0 '^$' print --since "${times% *}" --until "${times#* }" accepted.nst
done
answers 0 '^$' print --since end accepted.nst

answers 0 'no-packets.nst: it was recorded without packet bytes' print -f udp no-packets.nst

# Words that are no files.
answers 1 'NO_SOCKET: .*No such file.*--drop=REASON' print --drop NO_SOCKET accepted.nst
answers 1 "icmp: .*No such file.*-f 'EXPRESSION'" print accepted.nst icmp
answers 1 'No such file or directory$' print ./icmp
answers 1 '^nstrail: : cannot open: No such file or directory$' print ''

# The first file of a ring is the first to go.
mkdir ring
cp accepted.nst ring/trail.nst12
answers 1 'ring/trail.nst: .*No such file.*try ring/trail.nst\*$' info ring/trail.nst
answers 1 'No such file or directory$' print ring/trail
answers 1 'No such file or directory$' print trail.nst
cp accepted.nst trail.nst3
answers 1 '^nstrail: trail.nst: .*No such file.*try trail.nst\*$' print trail.nst

# Files that are no captures.
: >empty
head -c 5000 "$nstrail" >other
answers 1 'nstrail: missing: cannot open: No such file' print missing
answers 1 'nstrail: \.: cannot' print .
answers 1 'nstrail: empty: the file is empty' print empty
answers 1 'nstrail: other: not an nstrail file' info other
answers 1 'nstrail: -: the file is empty' print -
answers 1 'nstrail: missing: ' print accepted.nst missing
is "$(cat out)" '' 'nothing is printed when a file cannot be opened'
answers 1 'nstrail: /dev/zero: not an nstrail file' print /dev/zero

# The others are read.
head -c 100 accepted.nst >cut-header
head -c 8192 /dev/zero >zeros
"$nstrail" print --format single-line accepted.nst >wanted
for bad in empty zeros cut-header other; do
    answers 2 "^nstrail: $bad: " print --format single-line "$bad" accepted.nst
    ok "the other file's events are printed" cmp out wanted
    answers 2 "^nstrail: $bad: " print --format single-line accepted.nst "$bad"
    ok "in whatever order the files are given" cmp out wanted
done
answers 2 'empty: .*zeros: .*other: ' export -w out.pcapng empty zeros accepted.nst other
answers 2 'empty: ' info empty accepted.nst
answers 1 'empty: .*zeros: .*other: ' print empty zeros other
answers 1 'empty: .*no such namespace' print --netns 7 empty accepted.nst
answers 1 'empty: .*missing: cannot open' print empty accepted.nst missing
is "$(cat out)" '' 'nothing is printed when one is not there'
yes 2>/dev/null | timeout 60 "$nstrail" print - >out 2>errors
is "$?:$(cat errors)" '1:nstrail: -: not an nstrail file: it begins with other bytes' \
    'junk without an end'
cat accepted.nst /dev/zero 2>/dev/null |
    timeout 60 "$nstrail" print --format single-line - >out 2>errors
is "$?:$(wc -l <out)" 2:5 'a capture, then junk without an end'
like "$(cat errors)" 'it is not read beyond byte' 'it says where it stops'

# Tables that were made to keep a reader busy: looking at each name for each name takes hours.
"$make_capture" crowded crowded.nst || exit
for command in print 'print --names' info 'info --json' 'export -w -'; do
    # shellcheck disable=SC2086
    timeout 100 "$nstrail" $command crowded.nst >out 2>errors
    is "$?:$(cat errors)" 0: "300,000 names: $command"
done
"$nstrail" info crowded.nst >out
is "$(grep -c '/4026532000 ' out), $(grep ' 0x1/4026532000 ' out | tr ',' '\n' | wc -l)" \
    '1, 100000' 'each name of a namespace that has events'
is "$(grep '^and ' out)" 'and 200000 without events; nstrail netns shows them' 'and the others counted'
is "$("$nstrail" info --json crowded.nst | grep -o '"inum":4026532000,"names"' | wc -l)" 100001 \
    'info --json: each namespace once'

# Cut and damaged files: what is whole is still read.
size=$(stat -c %s many.nst)
head -c $((size - 40)) many.nst >no-end
answers 2 'no-end: the block at byte [0-9]* is cut' print --format single-line no-end
is "$(wc -l <out)" 20001 'all events of a file whose END is cut'
head -c $((size / 2)) many.nst >half
answers 2 'half: the block at byte' print --format single-line half
events=$(($(wc -l <out) - 1))
ok 'about half of the events of half a file' test "$events" -gt 8000 -a "$events" -lt 12000
is "$("$nstrail" info half 2>/dev/null | sed -n 's/^Events  *//p')" "$events" 'info counts as many'
like "$("$nstrail" info half 2>/dev/null)" 'Damage *[0-9]+ bytes of a torn block' 'info says what is wrong'
whole=$("$nstrail" info half 2>&1 | sed -n 's/.*the block at byte \([0-9]*\) is cut.*/\1/p')
head -c "$whole" many.nst >whole-blocks
answers 0 'whole-blocks: it has no END' print --format single-line whole-blocks
is $(($(wc -l <out) - 1)) "$events" 'whole blocks without an END'
"$nstrail" print --format single-line - < <(cat half) >out 2>errors
is "$?:$(($(wc -l <out) - 1))" "2:$events" 'half a file from a pipe'

cp many.nst flipped
printf '\377\377\377' | dd of=flipped bs=1 seek=$((size / 3)) conv=notrunc 2>/dev/null
answers 2 'flipped: block [0-9]* at byte' print --format single-line flipped
is "$(wc -l <out)" 19501 'one block of 500 is lost, the others are there'
answers 2 'flipped' info flipped
for options in '--probe netif_receive_skb' '-f icmp'; do
    # shellcheck disable=SC2086
    answers 2 'flipped: block [0-9]* at byte' print --format single-line --follow $options flipped
    is "$(wc -l <errors):$(wc -l <out)" 1:19501 "what is damaged is said once: --follow $options"
done
# A message does not begin in the middle of import's bar.
if command -v script >/dev/null; then
    script -qec "'$nstrail' import -d bar.db flipped" /dev/null </dev/null >terminal 2>&1
    like "$(tr '\r' '\n' <terminal)" $'\\[K\n\033\\[Knstrail: flipped: block' 'bar and message'
else
    skip 'bar and message' 'there is no script(1)'
fi
answers 2 'flipped' print --json accepted.nst flipped

# Behind the one block that has the rare namespace: nothing of it is asked for, so no more than its
# header is read.
head -c $((size * 3 / 4)) many.nst >part
block=$("$nstrail" info part 2>&1 | sed -n 's/.*the block at byte \([0-9]*\) is cut.*/\1/p')
cp many.nst behind
printf '\377\377\377' | dd of=behind bs=1 seek=$((block + 1000)) conv=notrunc 2>/dev/null
answers 2 "behind: block [0-9]* at byte $block" print --netns 0x2000 behind
answers 0 '^$' print --format single-line --netns 0x3000 behind
is "$(grep -c /4026533123 out)" 1 'damage in a block of other namespaces'
answers 0 '^$' print --format single-line --until +0.001 behind
is "$(wc -l <out)" 1001 'damage in a block of another time'

# What a newer recorder wrote in a way that is not known: that, too, is said once.
mkdir corpus
"$bin/tests/fuzz/make_corpus" corpus || exit
for newer in corpus/file/unsupported-column-critical{,-packets}; do
    for arguments in 'print -f ip' 'print --follow -f ip' 'export -w - -f ip'; do
        # shellcheck disable=SC2086
        answers 2 "$newer: .*column" $arguments "$newer"
        is "$(wc -l <errors)" 1 'once'
    done
done

# In a pipe the second of two joined captures is not, nor is what follows a torn one, where a packet
# might pretend to be a file.
"$make_capture" other-host other-host.nst || exit
"$nstrail" print --format single-line - < <(cat accepted.nst other-host.nst) >out 2>errors
is "$?:$(wc -l <out)" 2:5 'joined captures from a pipe'
like "$(cat errors)" 'another capture begins at byte [0-9]*: to read it too, save both' 'and says so'
cat half other-host.nst >joined
answers 2 'joined: [0-9]* bytes from byte' print --format single-line joined
is "$(($(wc -l <out) - 1))" "$events" 'what is whole of the first is read'

answers 1 'cut-header: the file header is cut' print cut-header
tail -c +33 accepted.nst >headless
answers 2 'headless: not an nstrail file.*the first whole block is at byte' \
    print --format single-line headless
is "$(wc -l <out)" 5 'a file without its first bytes still has its events'
cp accepted.nst bad-header
printf '\377' | dd of=bad-header bs=1 seek=60 conv=notrunc 2>/dev/null
answers 2 'bad-header: file header: its checksum' print --format single-line bad-header
is "$(wc -l <out)" 5 'a file without a usable header still has its events'

# Where the output goes.
"$nstrail" print many.nst 2>errors | head -n 1 >out
is "${PIPESTATUS[0]}:$(cat errors)" '0:' 'a reader of standard output that goes away'
for arguments in 'print accepted.nst' 'info accepted.nst' 'info --json accepted.nst' \
    'netns accepted.nst' 'netns --long accepted.nst' 'netns --json accepted.nst'; do
    # shellcheck disable=SC2086
    (sleep 0.1; exec "$nstrail" $arguments) 2>errors | :
    is "${PIPESTATUS[0]}:$(cat errors)" '0:' "a reader that has gone before anything is said: $arguments"
done
if [ -w /dev/full ]; then
    for arguments in 'print many.nst' 'print accepted.nst' 'print --json many.nst' 'info many.nst' '--help'; do
        # shellcheck disable=SC2086
        "$nstrail" $arguments >/dev/full 2>errors
        is "$?:$(cat errors)" '1:nstrail: standard output: No space left on device' \
            "a full disk: $arguments"
    done
else
    skip 'there is no /dev/full' 'a full disk'
fi
"$nstrail" print accepted.nst >&- 2>errors
is "$?:$(cat errors)" '1:nstrail: standard output: Bad file descriptor' 'a closed standard output'

done_testing
