#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Probes of the user's choice, as far as tracepoints go: what they see, how journeys hold together
# at them, stack traces, profiles, and what the recorder says of probes that there are not. (Kprobes
# and fentry: tests/kernels/probes.sh.)
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin

pings=20 datagrams=300 refused=20 stream_bytes=500000

# at CONDITION: which probes saw such packets, in which namespace, how often and of how many journeys.
at()
{
    ask "SELECT v.probe, v.netns, count(*), count(DISTINCT e.journey_id)
        FROM v_event v JOIN event e ON e.id = v.id WHERE $1 GROUP BY 1, 2 ORDER BY 1, 2"
}

# seen PROBE NS COUNT: a line of it, when each packet is a journey.
seen()
{
    printf '%s,{%s},%d,%d\n' "$1" "$2" "$3" "$3"
}

exchange()
{
    sink server udp-sink 10.9.1.2 7001 $datagrams
    traffic client udp-send 10.9.1.2 7001 $datagrams 100 20000 >/dev/null
    end_sink
    is "$sunk" $datagrams "$1: UDP arrived"
    ok "$1: ping" in_ns client ping -q -c $pings -i 0.002 10.9.1.2
    traffic client udp-send 10.9.1.2 9 $refused 64 2000 >/dev/null
    sink server tcp-sink 10.9.1.2 7003
    traffic client tcp-send 10.9.1.2 7003 $stream_bytes >/dev/null
    end_sink
    is "$sunk" $stream_bytes "$1: TCP arrived"
}

# journeys: TCP packets of the client's that share a journey, or that are in two. What a packet is,
# tell its IP id and sequence number.
journeys()
{
    local seen="seen AS (SELECT e.journey_id AS journey,
            hex(substr(p.bytes, 19, 2) || substr(p.bytes, 39, 4)) AS packet
        FROM v_event v JOIN event e ON e.id = v.id JOIN packet p ON p.id = e.packet_id
        WHERE v.probe LIKE 'net:%' AND v.protocol = 6 AND v.dport = 7003)"
    ask "WITH $seen SELECT count(*) FROM (SELECT 1 FROM seen GROUP BY journey
        HAVING count(DISTINCT packet) > 1)"
    ask "WITH $seen SELECT count(*) FROM (SELECT 1 FROM seen GROUP BY packet
        HAVING count(DISTINCT journey) > 1)"
}

network_pair
in_ns client ping -q -c 1 10.9.1.2 >/dev/null

# All tracepoints of a group, one without its type, one twice.
for attach in tp_btf raw_tp; do
    record $attach "$work/probes.nst" --attach $attach -p 'tp:net:net*' -p skb:consume_skb \
        -p tp:skb:kfree_skb -p 'tp:skb:kfree*/stack' || continue
    exchange $attach
    stop
    is "$recorder_status" 0 "$attach: recorder's status"
    import $attach "$work/probes.nst" || continue
    lost_nothing $attach
    is "$(at 'v.protocol = 17 AND v.dport = 7001')" "$(
        seen net:net_dev_queue client $datagrams
        seen net:net_dev_start_xmit client $datagrams
        seen net:netif_receive_skb server $datagrams
        seen net:netif_rx server $datagrams
        seen net:netif_rx_entry server $datagrams
    )" "$attach: each tracepoint saw each datagram once, in its namespace"
    is "$(ask 'SELECT count(DISTINCT e.journey_id) FROM v_event v JOIN event e ON e.id = v.id
        WHERE v.protocol = 17 AND v.dport = 7001')" $datagrams \
        "$attach: and they are as many journeys"
    is "$(at "v.protocol = 1 AND v.probe = 'skb:consume_skb' AND v.src = '10.9.1.1'")" \
        "$(seen skb:consume_skb server $pings)" "$attach: one that is there for tracking too"
    is "$(at 'v.protocol = 17 AND v.dport = 9 AND v.drop_reason IS NOT NULL')" \
        "$(seen skb:kfree_skb server $refused)" "$attach: the drops"
    is "$(journeys)" "$(printf '0\n0')" "$attach: TCP packets and their journeys are the same"
    "$bin/nstrail" print --format single-line "$work/probes.nst" -f 'udp dst port 9' \
        --netns "${prefix}server" --drop >"$work/printed"
    is "$(grep -cE '\[[a-z_]*skb[a-z_]*\+0x[0-9a-f]+, .*udp[a-z_46]*\+0x' "$work/printed")" \
        $refused "$attach: a stack trace of each, that begins with the function that drops"
    # The host's other namespaces may drop in the same place.
    is "$(ask "WITH ours AS (SELECT DISTINCT e.stack_id AS id FROM v_event v JOIN event e ON e.id = v.id
            WHERE v.protocol = 17 AND v.dport = 9)
        SELECT sum(s.events) = (SELECT count(*) FROM event WHERE stack_id IN (SELECT id FROM ours)),
            sum(s.drops) = sum(s.events), sum(s.events) >= $refused,
            min(s.trace LIKE '%skb%+0x%, %udp%') FROM main.v_stack s
        WHERE s.stack_id IN (SELECT id FROM ours)")" 1,1,1,1 \
        "$attach: the same counted in SQL"
    is "$(printed "$work/probes.nst" --probe net:net_dev_queue)" \
        "$(grep -c net_dev_queue <("$bin/nstrail" print --json "$work/probes.nst"))" \
        "$attach: print --probe finds them"
    is "$("$bin/nstrail" print --json --probe net:net_dev_queue "$work/probes.nst" |
        grep -c stack_trace)" 0 "$attach: and no stack trace elsewhere"
done

# Only places between devices, or at the end: the others are followed and not recorded.
if record few "$work/few.nst" -p tp:net:netif_rx --stack; then
    exchange few
    stop
    import few "$work/few.nst"
    is "$(at 'v.protocol = 17 AND v.dport = 7001')" "$(seen net:netif_rx server $datagrams)" \
        'a single tracepoint'
    is "$(journeys)" "$(printf '0\n0')" 'its TCP packets and their journeys are the same'
    is "$("$bin/nstrail" print --json "$work/few.nst" | grep -c stack_trace)" \
        "$(printed "$work/few.nst")" '--stack: each event has its trace'
fi

# By as many ways as programs send a packet. Some of these have one place in the kernel's table.
ways=2000
if record ways "$work/ways.nst" -p net:net_dev_queue --stack -i lo; then
    ok 'ways: packets are sent' in_ns client "$bin/tests/netns/callers" $ways
    stop
    import ways "$work/ways.nst"
    lost_nothing ways
    is "$(ask "SELECT count(*), count(e.stack_id), count(DISTINCT e.stack_id) > $ways / 2
        FROM v_event v JOIN event e ON e.id = v.id")" "$ways,$ways,1" \
        'ways: each event has a stack trace'
    is "$(ask "SELECT max(value) FROM loss WHERE counter = 'cut.stack'")" 0 \
        'ways: and none is counted as missing'
    is "$("$bin/nstrail" print --format single-line "$work/ways.nst" |
        grep -cE '\+0x[0-9a-f]{6}')" 0 \
        'ways: what came after the names were read is not far away in some other function'
fi

# A filter is for them, too.
if record filter "$work/filter.nst" -p 'tp:net:*' udp port 7001; then
    exchange filter
    stop
    import filter "$work/filter.nst"
    is "$(ask 'SELECT count(*), min(v.dport) FROM v_event v')" "$((5 * datagrams)),7001" \
        'what a filter selects'
fi

# Each program is there many times: what the kernel looks at before it takes one is to be little. By
# all ways through a program alone it is a multiple.
if record verified "$work/verified.nst" --profile stack udp port 7001; then
    most=$(sed -n 's/^verified_insns:[[:space:]]*//p' "/proc/$recorder/fdinfo/"* 2>/dev/null |
        sort -n | tail -n 1)
    stop
    if [ -n "$most" ]; then
        ok "each program is verified soon: $most instructions at most" test "$most" -le 100000
    else
        skip 'this kernel does not tell' 'each program is verified soon'
    fi
fi

# What cannot be attached is in the file.
if [ ! -e /sys/bus/event_source/devices/kprobe ] &&
    record failed "$work/failed.nst" -p net:netif_rx -p kprobe:ip_rcv -p kprobe:udp_rcv; then
    stop
    import failed "$work/failed.nst"
    is "$(ask "SELECT probe, max(value) FROM loss WHERE counter = 'probe.failed' AND value > 0
        GROUP BY 1 ORDER BY 1")" \
        "$(printf 'ip_rcv,1\nudp_rcv,1')" 'which probes could not be attached'
    like "$("$bin/nstrail" info "$work/failed.nst")" 'probe\.failed 2' 'info counts them'
fi

# ------------------------------------------------------------------ what is said

# says STATUS WORDS OPTION...
says()
{
    local status=$1 words=$2
    shift 2
    "$bin/nstrail-capture" -w "$work/none.nst" --duration 0.1 "$@" >"$work/words" 2>&1
    is "$?" "$status" "$*: status"
    like "$(cat "$work/words")" "$words" "$*: what it says"
}

cat >"$work/profile" <<'END'
# A comment, and a probe that no kernel has.
tp:net:netif_rx   # that each has
kprobe:nstrail_has_no_such_function

END
printf 'tp:net:netif_rx\nroot:$6$secret:1:2\n' >"$work/wrong"
says 1 'net:netif_rxx: .* did you mean net:netif_rx' -p tp:net:netif_rxx
says 1 'nett:netif_rx: .* those of .*net .*skb' -p tp:nett:netif_rx
unshare --mount sh -c 'umount /sys/kernel/tracing /sys/kernel/debug/tracing 2>/dev/null
    exec "$0" -w - -p nett:netif_rx' "$bin/nstrail-capture" >"$work/words" 2>&1
like "$(cat "$work/words")" 'in such a group, for tracefs is not mounted; .* net ' \
    'an unknown group without tracefs'
says 1 'kprobe:schedule: this function has no packet' -p schedule
says 1 'kprobe:ip_rcvv: .* did you mean ip_rcv' -p kprobe:ip_rcvv
says 1 'kprobe:ip_generic_getfrag: the packet is parameter 6 .* fentry' -p ip_generic_getfrag
says 1 'net:net_dev_xmit: the packet may be gone' -p tp:net:net_dev_xmit
says 1 'unknown option /stakc' -p tp:net:netif_rx/stakc
says 1 'no profile nothing in /etc/nstrail/profiles' --profile nothing
says 0 'lacks kprobe:nstrail_has_no_such_function' --profile "$work/profile"
says 1 'wrong:2: not a probe' --profile "$work/wrong"
unlike "$(cat "$work/words")" secret 'what a file has is not said'
# Those of the host's administrator come before ours. What this host has of them stays as it is.
if [ -d /etc/nstrail ]; then had=1; else mkdir /etc/nstrail; fi
unshare --mount bash -s "$bin" "$work" >"$work/words" 2>&1 <<'END'
mount -t tmpfs none /etc/nstrail && mkdir /etc/nstrail/profiles || exit
echo net:netif_rx >/etc/nstrail/profiles/mine
printf 'net:netif_rx\nnet:\n' >/etc/nstrail/profiles/ifdump
"$1/nstrail-capture" -w "$2/none.nst" --duration 0.1 --profile mine || exit 2
"$1/nstrail-capture" -w "$2/none.nst" --duration 0.1 --profile ifdump
END
is "$?" 1 "the host's profiles: status"
like "$(cat "$work/words")" recording "the host's profiles: one that only the host has"
like "$(cat "$work/words")" '/etc/nstrail/profiles/ifdump:2: not a probe' \
    "the host's profiles: one that we have too"
[ -n "${had-}" ] || rmdir /etc/nstrail
says 0 'recording' --profile default
says 0 'recording' --profile ifdump
says 0 'recording' --profile drop
says 0 'recording' --profile stack

# What takes its time is shown where somebody looks.
attaching=("$bin/nstrail-capture" -w "$work/none.nst" --duration 0.1 -p net:netif_rx -p kretprobe:ip_rcv)
if command -v script >/dev/null; then
    script -qec "${attaching[*]}" /dev/null </dev/null >"$work/words" 2>&1
    like "$(tr '\r' '\n' <"$work/words")" $'\nattaching probes: 0 of 1\nattaching probes: 1 of 1\n' \
        'on a terminal: how far it is'
    script -qec "${attaching[*]} -q" /dev/null </dev/null >"$work/words" 2>&1
    unlike "$(cat "$work/words")" attaching 'on a terminal: not with -q'
else
    skip 'script is not installed' 'on a terminal: how far it is'
fi
"${attaching[@]}" 2>"$work/words"
unlike "$(cat "$work/words")" attaching 'to a file: not that'

"$bin/nstrail-capture" --list-probes 'net:*' >"$work/list" 2>/dev/null
is "$?" 0 '--list-probes: status'
is "$(grep -cxE 'tp:net:(netif_rx|netif_receive_skb|net_dev_queue)' "$work/list")" 3 \
    '--list-probes: tracepoints of a group'
is "$(grep -cv '^tp:net:' "$work/list")" 0 '--list-probes: and nothing else'
is "$("$bin/nstrail-capture" --list-probes ip_rcv 2>/dev/null)" kprobe:ip_rcv \
    '--list-probes: a function'
"$bin/nstrail-capture" --list-probes 'ip_g*' >"$work/list" 2>/dev/null
is "$(grep -c getfrag "$work/list")" 0 '--list-probes: not one whose packet no kprobe sees'
"$bin/nstrail-capture" --list-probes no_such_function >/dev/null 2>&1
is "$?" 1 '--list-probes: nothing matches'

done_testing
