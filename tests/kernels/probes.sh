#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Probes that the machine where this is developed cannot have: on functions, by kprobe, kretprobe
# and fentry; in modules; with stack traces; many at once, in the way that the kernel offers; and the
# profile that has the most of them.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/../netns/lib.sh"
begin
[ -e /sys/bus/event_source/devices/kprobe ] || skip_all 'this kernel has no kprobes'

datagrams=50

# send PORT: datagrams from client to server, where somebody listens.
send()
{
    sink server udp-sink 10.9.1.2 "$1" $datagrams
    traffic client udp-send 10.9.1.2 "$1" $datagrams 64 2000 >/dev/null
    end_sink
    is "$sunk" $datagrams 'the datagrams arrived'
}

# at PORT: the probes that saw those datagrams, in which namespace and how often.
at()
{
    ask "SELECT p.kind || ':' || p.symbol, v.netns, count(*)
        FROM v_event v JOIN event e ON e.id = v.id JOIN probe p ON p.id = e.probe_id
        WHERE v.protocol = 17 AND v.dport = $1 GROUP BY 1, 2 ORDER BY 1, 2"
}

# stream PORT: TCP from client to server.
stream()
{
    sink server tcp-sink 10.9.1.2 "$1"
    traffic client tcp-send 10.9.1.2 "$1" 100000 >/dev/null
    end_sink
    is "$sunk" 100000 'TCP arrived'
}

# streamed PORT [CONDITION]: which probes saw packets of that stream, to the server (1) or to the client
# (0), and in which namespace; also those in none.
streamed()
{
    ask "SELECT DISTINCT p.kind || ':' || p.symbol, v.dport = $1, coalesce(v.netns, 'none')
        FROM main.v_event v JOIN event e ON e.id = v.id JOIN probe p ON p.id = e.probe_id
        WHERE $1 IN (v.sport, v.dport) AND ${2-1} ORDER BY 1, 2, 3"
}

# both_ways PROBE...: what that is where each packet is in the namespace that it was sent to.
both_ways()
{
    local probe
    for probe; do
        printf '%s,0,{client}\n%s,1,{server}\n' "$probe" "$probe"
    done
}

# lacks FUNCTION...: those that neither the kernel nor a module of it has by that very name.
lacks()
{
    awk 'NR == FNR { wanted[$1]; next } tolower($2) == "t" { delete wanted[$3] }
        END { for (name in wanted) print name }' <(printf '%s\n' "$@") /proc/kallsyms | sort
}

# links TYPE: how many BPF links of that type the recorder holds.
links()
{
    cat /proc/"$recorder"/fdinfo/* 2>/dev/null | grep -c "^link_type:[[:space:]]*$1\$"
}

# singly: how many kprobes it holds one by one, by links or, before 5.15, by events.
singly()
{
    local fd events=0
    for fd in /proc/"$recorder"/fd/*; do
        [[ $(readlink "$fd") != *'[perf_event]' ]] || events=$((events + 1))
    done
    echo $(($(links perf) + events))
}

network_pair
in_ns client ping -q -c 1 10.9.1.2 >/dev/null

# Of functions that have a packet as their first parameter, their second, their third, and of one in
# a module.
module=()
if [ -e /sys/kernel/btf/veth ]; then
    module=(-p kprobe:veth_xmit)
else
    skip 'no module describes its types here' 'a kprobe in a module'
fi
if record functions "$work/functions.nst" -p kprobe:ip_rcv -p kprobe:ip_output \
    -p kprobe:udp_rcv/stack -p kretprobe:skb_scrub_packet -p fentry:ip_local_deliver \
    -p tp:net:netif_rx "${module[@]}"; then
    send 7001
    stop
    is "$recorder_status" 0 "recorder's status"
    diag "$(cat "$recorder_words")"
    import functions "$work/functions.nst"
    is "$(at 7001)" "$(printf '%s,%s,%d\n' \
        fentry:ip_local_deliver '{server}' $datagrams \
        kprobe:ip_output '{client}' $datagrams \
        kprobe:ip_rcv '{server}' $datagrams \
        kprobe:udp_rcv '{server}' $datagrams \
        ${module:+kprobe:veth_xmit '{client}' $datagrams} \
        kretprobe:skb_scrub_packet '{client}' $datagrams \
        raw_tracepoint:net:netif_rx '{server}' $datagrams)" \
        'each probe saw each datagram once, in its namespace'
    is "$(ask 'SELECT count(DISTINCT e.journey_id) FROM v_event v JOIN event e ON e.id = v.id
        WHERE v.protocol = 17 AND v.dport = 7001')" $datagrams 'and they are as many journeys'
    "$bin/nstrail" print --format single-line -f 'udp port 7001' "$work/functions.nst" \
        >"$work/printed"
    like "$(grep -m1 'udp_rcv #' "$work/printed")" \
        '\[udp_rcv\+0x[0-9a-f], ip_protocol_deliver_rcu\+0x[0-9a-f]+, ' \
        'a stack trace leads from the function outwards'
    is "$(grep -c ' \[k\] ip_rcv.*+0x' "$work/printed")" 0 'and the other probes have none'
fi

# In TCP a packet has neither device nor socket: where it is, tells a socket among the parameters. Three
# of these probes are one place.
established=(fentry:tcp_rcv_established kprobe:tcp_rcv_established raw_tracepoint:tcp:tcp_probe)
if record sockets "$work/sockets.nst" -p kprobe:tcp_rcv_established -p fentry:tcp_rcv_established \
    -p tp:tcp:tcp_probe -p kprobe:tcp_rcv_state_process -p kretprobe:tcp_ack; then
    stream 7006
    stop
    is "$recorder_status" 0 "sockets: recorder's status"
    diag "$(cat "$recorder_words")"
    import sockets "$work/sockets.nst"
    is "$(streamed 7006)" "$(both_ways "${established[@]:0:2}" kprobe:tcp_rcv_state_process \
        kretprobe:tcp_ack "${established[2]}")" 'sockets: each packet is in the namespace that it was sent to'
    is "$(streamed 7006 "v.netns_source = 'parameter' AND v.probe IN
        ('tcp_rcv_established', 'tcp:tcp_probe')")" "$(both_ways "${established[@]}")" \
        'sockets: which a parameter tells'
    is "$(ask "SELECT count(DISTINCT n) FROM (SELECT count(*) AS n FROM v_event v
        JOIN event e ON e.id = v.id WHERE 7006 IN (v.sport, v.dport) AND v.netns_source = 'parameter'
        AND v.probe IN ('tcp_rcv_established', 'tcp:tcp_probe') GROUP BY e.probe_id)")" 1 \
        'sockets: and each probe of one place saw as many'
fi
# Where a packet is, decides whether it is recorded.
if record excluded "$work/excluded.nst" --netns "!${prefix}client" -p kprobe:tcp_rcv_established \
    -p tp:tcp:tcp_probe; then
    stream 7007
    stop
    import excluded "$work/excluded.nst"
    is "$(streamed 7007)" "$(printf '%s,1,{server}\n' "${established[@]:1}")" \
        'excluded: what TCP got in one namespace alone'
fi

# Hundreds at once, and more than there may be files at first. Some functions are not for kprobes, and
# the recorder says so and goes on. Tracking has kprobes as well, one by one on every kernel: not here.
SECONDS=0
descriptors=$(ulimit -n)
ulimit -n 100
if record many "$work/many.nst" -v --tracking heuristic -p 'kprobe:tcp_*' -p 'kprobe:ip_*' \
    -p 'kprobe:udp_*'; then
    diag "recording after $SECONDS s: $(grep -v libbpf "$recorder_words" | tr '\n' ' ')"
    if [ -z "$(lacks register_fprobe_ips)" ]; then
        is "$(($(links kprobe_multi) > 0)) $(singly)" '1 0' 'many: they are attached all at once'
    else
        attached=$(("$("$bin/nstrail-capture" --list-probes 'kprobe:*' 2>/dev/null |
            grep -cE '^kprobe:(tcp|ip|udp)_')" - $(grep -c 'cannot attach to' "$recorder_words")))
        is "$(links kprobe_multi) $(($(singly) >= attached))" '0 1' \
            "many: they are attached one by one, $attached of them"
    fi
    send 7002
    kill -HUP "$recorder"
    ok 'many: a new file' until_true 20 test -s "$work/many.nst1"
    stop
    is "$recorder_status" 0 "recorder's status with many"
    is "$(grep -c 'files that this process may have open' "$recorder_words")" 0 \
        'many: there are descriptors for all'
    import many "$work/many.nst" "$work/many.nst1"
    is "$(ask "SELECT count(DISTINCT probe) FROM loss WHERE counter = 'probe.failed' AND value > 0")" \
        "$(grep -c 'cannot attach to' "$recorder_words")" 'those that failed are in the file'
    is "$(at 7002 | grep -E '^kprobe:(ip|udp)_rcv,')" "kprobe:ip_rcv,{server},$datagrams
kprobe:udp_rcv,{server},$datagrams" 'ip_rcv is among many, and so is udp_rcv'
    is "$(ask "SELECT count(*) FROM probe WHERE symbol = 'ip_generic_getfrag'")" 0 \
        'but not one whose packet is not in a register'
fi
ulimit -n "$descriptors"

# Where the limit cannot be raised, what is attached is recorded, and files can still be opened.
mkdir "$work/starved"
printf '#!/bin/bash\nulimit -l unlimited\nulimit -n 256\nexec setpriv --bounding-set -sys_resource %s "$@"\n' \
    "$bin/nstrail-capture" >"$work/starved/nstrail-capture"
chmod +x "$work/starved/nstrail-capture"
if bin=$work/starved record starved "$work/starved.nst" -p kprobe:ip_rcv -p 'kretprobe:tcp_*'; then
    like "$(cat "$recorder_words")" 'too many for the 256 files .*CAP_SYS_RESOURCE' \
        'starved: the limit is named'
    kill -HUP "$recorder"
    ok 'starved: a new file' until_true 20 test -s "$work/starved.nst1"
    send 7003
    stop
    is "$recorder_status" 0 "starved: recorder's status"
    import starved "$work/starved.nst" "$work/starved.nst1"
    is "$(at 7003)" "kprobe:ip_rcv,{server},$datagrams" 'starved: what there is room for is recorded'
fi

# What a profile has and this kernel does not is named, and no more than that.
mapfile -t wanted < <(sed -n 's/^kprobe://p' "$here/../../capture/profiles/stack")
if record stack "$work/stack.nst" -v --profile stack; then
    lacks "${wanted[@]}" >"$work/missing"
    is "$(sed -nE 's/.*(this kernel lacks|cannot attach to) kprobe:([a-z0-9_]+).*/\2/p' "$recorder_words" |
        sort)" "$(cat "$work/missing")" "profile stack: what is missing is named: $(xargs <"$work/missing")"
    send 7004
    stream 7005
    in_ns client ping -q -c 5 -i 0.01 10.9.1.2 >/dev/null
    stop
    is "$recorder_status" 0 "profile stack: recorder's status"
    import stack "$work/stack.nst"
    is "$(at 7004 | grep -v gro_receive)" "$(printf '%s,%s,%d\n' \
        kprobe:ip_local_deliver '{server}' $datagrams \
        kprobe:ip_output '{client}' $datagrams \
        kprobe:ip_rcv '{server}' $datagrams \
        kprobe:skb_scrub_packet '{client}' $datagrams \
        kprobe:udp_rcv '{server}' $datagrams \
        raw_tracepoint:net:net_dev_queue '{client}' $datagrams \
        raw_tracepoint:net:net_dev_start_xmit '{client}' $datagrams \
        raw_tracepoint:net:netif_receive_skb '{server}' $datagrams \
        raw_tracepoint:net:netif_rx '{server}' $datagrams)" \
        'profile stack: the way of each datagram'
    is "$(streamed 7005 "v.probe IN ('tcp_v4_rcv', 'tcp_rcv_established', 'tcp_rcv_state_process')")" \
        "$(both_ways kprobe:tcp_rcv_established kprobe:tcp_rcv_state_process kprobe:tcp_v4_rcv)" \
        'profile stack: TCP in its namespaces'
    is "$(ask "SELECT coalesce(netns, 'none'), count(*) FROM main.v_event
        WHERE probe = 'icmp_rcv' GROUP BY 1 ORDER BY 1")" '{client},5
{server},5' 'profile stack: ICMP'
fi

# What groups tracepoints are in, tracefs tells; what we know without it is the same.
"$bin/nstrail-capture" --list-probes 'tp:*' >"$work/told" 2>/dev/null
unshare --mount sh -c 'umount /sys/kernel/tracing; exec "$0" --list-probes "tp:*"' \
    "$bin/nstrail-capture" >"$work/known" 2>/dev/null
is "$(cat "$work/known")" "$(cat "$work/told")" 'groups with tracefs and without'
mount -t debugfs debug /sys/kernel/debug 2>/dev/null
is "$(wc -l </sys/kernel/debug/kprobes/list)" 0 'nothing is left'

done_testing
