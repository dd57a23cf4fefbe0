#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The recording that samples/demo falls back on: every command says of it what the demo's traffic
# was, the questions in samples/sql/ are answered right, and README's commands work on it. Only
# what is so of each of the demo's recordings is looked at, so that it can be made anew.

set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/lib/tap.sh
. "$here/lib/tap.sh"
# shellcheck source=tests/lib/work.sh
. "$here/lib/work.sh"
top=$here/..
PATH=$bin:$PATH:/usr/sbin:/sbin
cp "$top/samples/demo.nst" .

# says REGEX DESCRIPTION COMMAND...: its status is 0, and its output has that in one of its lines.
says()
{
    local regex=$1 description=$2 output status
    shift 2
    output=$("$@" 2>&1)
    status=$?
    if [ "$status" -eq 0 ] && grep -qE -- "$regex" <<<"$output"; then
        result 0 "$description"
    else
        result 1 "$description"
        diag "status $status, wanted a line like: $regex" "$output"
    fi
}

# column NAME OPTION...: of what nstrail netns says of the demo's namespaces, in the order of names.
column()
{
    local name=$1
    nstrail netns --netns client --netns router --netns server demo.nst | awk -v wanted="$name" '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        { print $at["NAME"] ":" $at[wanted] }' | LC_ALL=C sort | tr '\n' ' '
}

# sum COLUMN: of rows with commas between.
sum()
{
    awk -F, -v column="$1" '{ n += $column } END { print n }'
}

# ------------------------------------------------------------------ info, netns, print

events=$(nstrail print --json demo.nst | grep -c '"kernel":')
ok 'it has hundreds of events' test "$events" -gt 300
says "^Events +$events\$" 'info: as many as print prints' nstrail info demo.nst
says '^Command line +nstrail-capture -w demo.nst' 'info: how it was recorded' nstrail info demo.nst
says '^Damage +none$' 'info: whole' nstrail info demo.nst
says '^End +clean$' 'info: ended' nstrail info demo.nst
is "$(nstrail info demo.nst | grep -oE 'lost\.[a-z]+ [0-9]+' | sort | tr '\n' ' ')" \
    'lost.disk 0 lost.recursion 0 lost.ring 0 ' 'info: nothing lost'
for ns in client router server; do
    says "^ +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+  0x[0-9a-f]+/[0-9]+ \($ns\)\$" "info: events of $ns" \
        nstrail info demo.nst
done
is "$(nstrail info demo.nst | grep -oE '(NO_SOCKET|NETFILTER_DROP|IP_INNOROUTES)$' | sort | tr '\n' ' ')" \
    'IP_INNOROUTES NETFILTER_DROP NO_SOCKET ' 'info: why packets were dropped'
is "$(column DROPS)" 'client:0 router:3 server:1 ' 'netns: how many were dropped in each'
is "$(column EVENTS | grep -oE '[0-9]+' | sum 1)" "$events" 'netns: whose the events are'

nobody=(-f 'udp port 9999 and dst 10.83.2.2' demo.nst)
nstrail print "${nobody[@]}" >words
is "$(grep -oE '(net|skb):[a-z_]+' words | tr '\n' ' ')" "net:net_dev_start_xmit \
net:netif_receive_skb net:net_dev_start_xmit net:netif_receive_skb skb:kfree_skb " \
    'print: where the datagram that nobody wanted was seen'
is "$(grep -oE '\((eth0|lan|wan)\)' words | tr -d '\n')" '(eth0)(lan)(wan)(eth0)(eth0)' \
    'print: at which devices'
is "$(grep -oE '#[0-9a-f]{10,}' words | sort -u | wc -l)" 1 'print: it is one packet'
says '10\.83\.1\.2\.[0-9]+ > 10\.83\.2\.2\.9999 .* len 9$' 'print: what it was' cat words
says 'drop \(reason NO_SOCKET\)$' 'print: why it went' cat words

# ------------------------------------------------------------------ import, query

ok 'import' nstrail import demo.nst -d demo.db
ask()
{
    nstrail query --csv demo.db "$@" | tail -n +2 | LC_ALL=C sort
}
# sample NAME
sample()
{
    nstrail query --csv demo.db - <"$top/samples/sql/$1.sql" 2>&1 | tail -n +2
}

is "$(ask 'SELECT count(*) FROM event')" "$events" 'every event is in the database'
is "$(ask 'SELECT netns, drop_reason, drops FROM v_drop_summary')" 'router,IP_INNOROUTES,1
router,NETFILTER_DROP,2
server,NO_SOCKET,1' 'v_drop_summary'
is "$(ask 'SELECT from_netns, to_netns FROM v_transition_summary
    WHERE transitions >= 5 AND min_latency_ns > 0')" 'client,router
router,client
router,server
server,router' 'v_transition_summary'

# As many packets as journeys, which is fewer than events where packets are forwarded.
is "$(sample namespaces | cut -d, -f 2- | LC_ALL=C sort)" \
    "$(ask 'SELECT netns, count(DISTINCT journey_id), count(*), count(drop_reason) FROM v_event
        GROUP BY netns')" 'namespaces.sql'
is "$(sample namespaces | awk -F, '$2 == "router" && $4 > 1.8 * $3 { print "twice" }')" twice \
    'namespaces.sql: a packet that is forwarded counts once'
is "$(sample drops | sed 's/10\.83\.1\.2\.[0-9]*/client/' | LC_ALL=C sort)" \
    'router,IP_INNOROUTES,1,1,client > 10.99.0.1.9999,1
router,NETFILTER_DROP,2,1,client > 10.83.2.2.23,2
server,NO_SOCKET,1,1,client > 10.83.2.2.9999,1' 'drops.sql'
is "$(sample paths | awk -F, '$2 > 4 { print $1 }' | LC_ALL=C sort)" 'client > router > server
server > router > client' 'paths.sql: there and back'
is "$(sample paths | sum 2)" "$(ask 'SELECT count(*) FROM journey')" \
    'paths.sql: every packet has one'
is "$(sample paths | sum 3)" 4 'paths.sql: packets that were dropped'
is "$(sample transitions | awk -F, '0 < $4 && $4 <= $5 && $5 <= $6 && $6 <= $7 { print $1 "," $2 "," $3 }' |
    LC_ALL=C sort)" "$(ask 'SELECT from_netns, to_netns, transitions FROM v_transition_summary')" \
    'transitions.sql'
is "$(sample delays | awk -F, '0 < $4 && $4 <= $5 && $4 <= $6 && $6 <= $7 { print $2 "," $3 }' |
    grep -e ' > ' -e '^router,' | LC_ALL=C sort)" \
    "$(ask "SELECT from_netns || ' > ' || to_netns, transitions FROM v_transition_summary
        UNION ALL SELECT 'router', count(*) FROM hop JOIN netns n ON n.id = netns_id
            WHERE label = 'router' AND events > 1")" 'delays.sql: the ways and the router'
is "$(sample delays | cut -d, -f 5)" "$(sample delays | cut -d, -f 5 | sort -gr)" \
    'delays.sql: the slowest first'
is "$(ask 'SELECT netns, p99_stay_ns FROM v_stay_summary')" \
    "$(ask 'SELECT label, min(stay_ns) FILTER (WHERE rank >= 0.99) FROM (SELECT *, cume_dist()
        OVER (PARTITION BY netns_id ORDER BY stay_ns) AS rank FROM hop WHERE events > 1) h
        JOIN netns n ON n.id = h.netns_id GROUP BY 1')" 'v_stay_summary: the slowest hundredth'
is "$(sample seconds | sum 3)" "$(ask 'SELECT count(*) FROM hop')" \
    'seconds.sql: every stay'
is "$(sample seconds | cut -d, -f 5 | sort -u)" '' 'seconds.sql: nothing lost'

# ------------------------------------------------------------------ export, README

ok 'export' nstrail export -w demo.pcapng demo.nst
is "$("$bin/tests/unit/pcapng_dump" demo.pcapng | grep -oE '(client|router|server)/[a-z0-9]+' |
    LC_ALL=C sort -u | tr '\n' ' ')" 'client/eth0 router/lan router/wan server/eth0 ' \
    'export: an interface for each device'

# Commands as one would type them: what follows `$`, over more lines while a quote is open. Behind
# each what README shows of its output.
mapfile -d $'\1' -t examples < <(awk '
    function end() { if (command != "") printf "%s\001%s\001", command, shown; command = shown = "" }
    /^    \$ (nstrail|tshark) / { end(); sub(/^ *\$ /, ""); more = 1 }
    more {
        command = command $0 "\n"
        more = command ~ /\\\n$/ || gsub(/\x27/, "&", command) % 2 != 0
        next
    }
    /^(    |$)/ { shown = shown substr($0, 5) "\n"; next }
    { end() }
    END { end() }' "$top/README.md")

# figures: what differs from one recording to the next is N, columns are as wide as their text, and
# lines are in an order of their own. The sample has namespaces by their names alone, without
# processes, devices and addresses.
figures()
{
    sed -E 's/\b10\.([0-9]+)\.([0-9]+)\.([0-9]+)/IP\1_\2_\3/g
        s/#[0-9a-f]+|\b(0x)?[0-9a-f]*[0-9][0-9a-f]*\b/N/g
        s/-+/-/g; s/[ \t]+/ /g; s/^ //; s/ $//; /^$/d' |
        awk '/ start end / { for (i = 4; i <= 9; i++) $i = "-" } { print }' | LC_ALL=C sort
}

# shown WORDS: the output is what README shows. Where it shows `...`, there is more.
shown()
{
    figures <words >got
    grep -vxF ... <<<"$1" | figures >want
    if grep -qxF ... <<<"$1"; then
        LC_ALL=C comm -23 want got | diff /dev/null -
    else
        diff want got
    fi
}

ok 'README has examples' test ${#examples[@]} -gt 12
rm demo.db demo.pcapng
for ((i = 0; i < ${#examples[@]}; i += 2)); do
    command=${examples[i]%$'\n'} name="README: ${examples[i]%%$'\n'*}"
    if [[ $command == tshark* ]] && ! command -v tshark >/dev/null; then
        skip 'tshark is not installed' "$name"
    elif bash -c "$command" >words 2>errors; then
        ok "$name" shown "${examples[i + 1]}"
    else
        result 1 "$name"
        diag "$command" "$(cat errors)"
    fi
done

done_testing
