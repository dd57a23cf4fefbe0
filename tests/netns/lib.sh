# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash disable=SC2034
#
# For tests on real traffic; sourced. Namespaces of their own, recorders, sinks, and questions
# to what was recorded. Everything is made below $work or under a name that begins with $prefix,
# and is gone when the test ends, however it ends.
#
# A recorder sees the whole host, so every question names the namespaces that it is about.
# Namespaces are short names here (`client`); $prefix makes them unique on the host.

set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/lib/tap.sh
. "$here/../lib/tap.sh"
PATH=$PATH:/usr/sbin:/sbin
bin=$(cd "${NSTRAIL_BIN:-${builddir:-$here/../../.build/normal}}" && pwd -P) || exit

# begin: what a test calls first. Skips all of it where nothing can be recorded. A test that
# hangs is stopped, so that it leaves its words and no namespaces.
begin()
{
    [ -n "${NSTRAIL_LIMITED-}" ] || NSTRAIL_LIMITED=1 exec timeout -k 10 "${NSTRAIL_LIMIT:-120}" bash "$0"
    [ "$(id -u)" -eq 0 ] || skip_all 'needs root'
    [ -x "$bin/nstrail-capture" ] || skip_all 'built without the recorder'
    [ -x "$bin/nstrail" ] || skip_all 'built without the analyzer'
    [ -r /sys/kernel/btf/vmlinux ] || skip_all 'this kernel has no BTF'
    may_use_bpf || skip_all 'needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN, of the host'
    need ip ping
    prefix=nst$$-
    may_name_namespaces || skip_all 'may not make network namespaces, or not mount them'
    work=$(mktemp -d) || exit
    recorder='' recorder_status='' recorder_words=$work/recorder.words
    trap end EXIT
    trap 'exit 1' INT TERM HUP
}

# Of the host, not of a user namespace.
may_use_bpf()
{
    local caps
    [ "$(tr -s ' ' </proc/self/uid_map)" = ' 0 0 4294967295' ] || return
    caps=$((16#$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)))
    [ $((caps >> 39 & caps >> 38 & 1 | caps >> 21 & 1)) -eq 1 ]
}

may_name_namespaces()
{
    local status=0
    { ip netns add "${prefix}x" && ip netns exec "${prefix}x" true; } 2>/dev/null || status=1
    ip netns delete "${prefix}x" 2>/dev/null
    return "$status"
}

# need PROGRAM...
need()
{
    local program
    for program; do
        command -v "$program" >/dev/null || skip_all "$program is not installed"
    done
}

# shellcheck disable=SC2317 # called by the trap
end()
{
    local status=$?
    clear
    ! mountpoint -q "$work/disk" || umount "$work/disk"
    rm -rf "$work"
    exit "$status"
}

# clear: ends whatever runs in the background and removes the namespaces.
clear()
{
    local job
    for job in $(jobs -pr); do
        kill -TERM "$job" 2>/dev/null
    done
    wait
    remove_namespaces
}

remove_namespaces()
{
    ip netns list | awk -v p="$prefix" 'index($1, p) == 1 { print "netns delete " $1 }' |
        ip -batch -
}

# remove_cgroups: ours, once the processes in them have ended.
remove_cgroups()
{
    until_true 5 cgroups_are_gone
}

# shellcheck disable=SC2317 # called by until_true
cgroups_are_gone()
{
    find /sys/fs/cgroup -depth -type d -path "*/$prefix*" -exec rmdir {} + 2>/dev/null
    ! find /sys/fs/cgroup -type d -name "$prefix*" 2>/dev/null | grep -q .
}

# until_true SECONDS COMMAND...: asked 50 times a second.
until_true()
{
    local left=$(($1 * 50))
    shift
    until "$@"; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || return 1
        sleep 0.02
    done
}

# ------------------------------------------------------------------ the network

# in_ns NS COMMAND...
in_ns()
{
    local ns=$prefix$1
    shift
    ip netns exec "$ns" "$@"
}

# sysctl_ns NS KEY=VALUE...; the key may be a path.
sysctl_ns()
{
    local ns=$1
    shift
    # shellcheck disable=SC2016 # for the shell inside
    in_ns "$ns" sh -c 'for pair; do
        echo "${pair#*=}" >"/proc/sys/${pair%%=*}" || exit
    done' sh "$@"
}

# add_ns NS...: with lo up and nothing else going on: IPv6 would send of its own accord, and to a
# ping with a raw socket the kernel's own copy of each reply would be a drop.
add_ns()
{
    local ns
    for ns; do
        ip netns add "$prefix$ns" &&
            sysctl_ns "$ns" net/ipv6/conf/{all,default}/disable_ipv6=1 \
                net/ipv6/conf/{all,default}/accept_ra=0 net/ipv6/conf/{all,default}/accept_dad=0 \
                net/ipv4/ping_group_range='0 2147483647' &&
            ip -n "$prefix$ns" link set lo up || return
    done
}

# with_ipv6 NS...: before its links are made.
with_ipv6()
{
    local ns
    for ns; do
        sysctl_ns "$ns" net/ipv6/conf/{all,default,lo}/disable_ipv6=0 || return
    done
}

# link NS1 DEV1 NS2 DEV2: a pair of veth devices, up.
link()
{
    ip -n "$prefix$1" link add "$2" type veth peer name "$4" netns "$prefix$3" &&
        ip -n "$prefix$1" link set "$2" up && ip -n "$prefix$3" link set "$4" up
}

# address NS DEV ADDRESS/BITS...
address()
{
    local ns=$prefix$1 dev=$2 a
    shift 2
    for a; do
        case $a in
        *:*) ip -n "$ns" address add "$a" dev "$dev" nodad ;;
        *) ip -n "$ns" address add "$a" dev "$dev" ;;
        esac || return
    done
}

# network_pair: client c0 10.9.1.1 fd09:1::1 -- s0 10.9.1.2 fd09:1::2 server
network_pair()
{
    add_ns client server && link client c0 server s0 &&
        address client c0 10.9.1.1/24 && address server s0 10.9.1.2/24
}

# network_router: client c0 10.9.1.1 -- 10.9.1.254 r0 router r1 10.9.2.254 -- s0 10.9.2.1 server,
# which has no way back.
network_router()
{
    add_ns client router server && link client c0 router r0 && link router r1 server s0 &&
        address client c0 10.9.1.1/24 && address router r0 10.9.1.254/24 &&
        address router r1 10.9.2.254/24 && address server s0 10.9.2.1/24 &&
        ip -n "${prefix}client" route add default via 10.9.1.254 &&
        sysctl_ns router net/ipv4/ip_forward=1
}

# network_routed: the same, with the way back.
network_routed()
{
    network_router && ip -n "${prefix}server" route add default via 10.9.2.254
}

# network_host: host, with a bridge br0 for containers to be plugged into; without bridges there is
# nothing to be tried. Its address is given, as Docker does: a bridge left to itself takes the lowest
# of its ports', and what is still sent to the one before is flooded to all.
network_host()
{
    add_ns host
    ip -n "${prefix}host" link add br0 address 02:00:00:00:00:01 type bridge 2>"$work/why" ||
        skip_all "no bridge here: $(cat "$work/why")"
    ip -n "${prefix}host" link set br0 up
}

# masquerade: what the router sends to the server is from itself.
masquerade()
{
    in_ns router nft "add table ip nat;
        add chain ip nat out { type nat hook postrouting priority 100; };
        add rule ip nat out oifname r1 masquerade"
}

# network_nat: the router, which does so. Where nft cannot there is none.
network_nat()
{
    network_router && command -v nft >/dev/null && masquerade 2>/dev/null
}

inum()
{
    stat -L -c %i "/run/netns/$prefix$1"
}

# ifindex NS DEV
ifindex()
{
    in_ns "$1" cat "/sys/class/net/$2/ifindex"
}

# counters NS: of each device: name, tx_packets, rx_packets, tx_dropped.
counters()
{
    # shellcheck disable=SC2016 # for the shell inside
    in_ns "$1" sh -c 'cd /sys/class/net && for dev in */; do
        line=${dev%/}
        for counter in tx_packets rx_packets tx_dropped; do
            read -r value <"$dev/statistics/$counter" && line=$line,$value
        done
        echo "$line"
    done'
}

# quiet NS...: takes the links down, so that their counters stay as they are. IPv6 first, which
# would want to say so, at a device whose peer is gone.
quiet()
{
    local ns
    for ns; do
        sysctl_ns "$ns" net/ipv6/conf/{all,default}/disable_ipv6=1
    done
    for ns; do
        counters "$ns" | sed 's/\([^,]*\),.*/link set \1 down/' | ip -n "$prefix$ns" -batch -
    done
}

# ------------------------------------------------------------------ traffic

# sink NS UDP-OR-TCP-SINK...: in the background; end_sink waits for its end, and sunk is what it
# got then.
sink()
{
    local ns=$1
    shift
    # Emptied here: in the background it may still say what the last one said.
    : >"$work/sink"
    ip netns exec "$prefix$ns" "$bin/tests/netns/traffic" "$@" >"$work/sink" &
    sink=$!
    until_true 10 grep -qs ready "$work/sink"
}

end_sink()
{
    wait "$sink"
    sunk=$(sed -n 2p "$work/sink")
}

# traffic NS COMMAND...
traffic()
{
    local ns=$1
    shift
    in_ns "$ns" "$bin/tests/netns/traffic" "$@"
}

# ------------------------------------------------------------------ recording

recording()
{
    grep -qs 'recording to' "$recorder_words" || ! kill -0 "$recorder" 2>/dev/null
}

# Several recorders at a time, for the same traffic.
watchers=() watcher_words=()

# watch_by NAME COMMAND...: one more, by that command; what it says is in $work/NAME.words.
watch_by()
{
    watcher_words+=("$work/$1.words")
    "${@:2}" 2>"$work/$1.words" &
    watchers+=($!)
}

# shellcheck disable=SC2317 # called by until_true
watching()
{
    local words
    for words in "${watcher_words[@]}"; do
        grep -qs 'recording to' "$words" || return
    done
}

# watched: waits until all of them record, which is a check.
watched()
{
    ok 'all recorders record' until_true 100 watching && return
    diag "$(cat "${watcher_words[@]}")"
    done_testing
}

# unwatch: ends all of them.
unwatch()
{
    kill -INT "${watchers[@]}"
    wait "${watchers[@]}"
    watchers=() watcher_words=()
}

# attaches: the ways to attach that are to be tried. Where few tests are wanted the other one is left
# to pair.sh.
attaches()
{
    echo tp_btf
    [ -n "${NSTRAIL_FEW-}" ] || echo raw_tp
}

# record WHAT FILE [OPTION...]: starts a recorder and waits until it records.
record()
{
    local what=$1 file=$2
    shift 2
    : >"$recorder_words"
    "$bin/nstrail-capture" -w "$file" "$@" 2>"$recorder_words" &
    recorder=$!
    until_true 60 recording && kill -0 "$recorder" 2>/dev/null && return
    result 1 "$what: record"
    diag "$(cat "$recorder_words")"
    return 1
}

# sanitized: whether it was built with a sanitizer, which makes it slow.
sanitized()
{
    grep -q __asan_init "$bin/nstrail-capture"
}

# stop [SIGNAL]: ends it; its status is in recorder_status, its words in the file.
stop()
{
    kill -s "${1:-INT}" "$recorder"
    ended
}

# ended: waits for a recorder that ends by itself.
ended()
{
    wait "$recorder"
    recorder_status=$?
    recorder=
}

# ------------------------------------------------------------------ questions

databases=0

# import WHAT FILE...: into a new database, which `ask` asks from then on.
import()
{
    local what=$1
    shift
    databases=$((databases + 1))
    db=$work/$databases.db
    "$bin/nstrail" import "$@" -d "$db" >"$work/import.words" 2>&1
    result $? "$what: import" && return
    diag "$(cat "$work/import.words")"
    return 1
}

# ask SQL: rows as CSV without the line of names. In the question and in the answer {client}
# stands for the full name of namespace client. The views of events, drops, journeys and
# transitions are narrowed to this test's own namespaces: others may be busy on the same host.
# A question that begins with WITH goes on from there.
ask()
{
    local question=" $1"
    [[ $1 != WITH\ * ]] || question=",${1#WITH}"
    local sql="WITH v_event AS (SELECT * FROM main.v_event WHERE netns LIKE '{}%'),
        v_drop AS (SELECT * FROM main.v_drop WHERE netns LIKE '{}%'),
        v_journey AS (SELECT * FROM main.v_journey WHERE path LIKE '%{}%'),
        v_transition AS (SELECT * FROM main.v_transition WHERE to_netns LIKE '{}%')$question"
    sql=${sql//\{/$prefix} sql=${sql//\}/}
    # In one line, or the names of columns would be several. No answer is not an empty one.
    { "$bin/nstrail" query "$db" --csv "${sql//$'\n'/ }" || printf '\nno answer: %d\n' $?; } |
        sed "1d; s/\r\$//; s/$prefix\([a-z0-9]*\)/{\1}/g"
}

# query SQL: of any length, and with braces; only the answer is without our prefix.
query()
{
    "$bin/nstrail" query "$db" --csv - <<<"${1//$'\n'/ }" | sed "1d; s/\r\$//; s/$prefix//g"
}

# known FILE NS...: what `nstrail netns --json` says of these, as a text in SQL.
known()
{
    local file=$1
    shift
    printf "'%s'" "$("$bin/nstrail" netns --json "$file" "${@/#/--netns=$prefix}" | sed "s/'/''/g")"
}

# events CONDITION: how many, by the columns of v_event.
events()
{
    ask "SELECT count(*) FROM v_event WHERE $1"
}

# printed FILE OPTION...: how many events `nstrail print` prints.
printed()
{
    "$bin/nstrail" print --json "$@" 2>/dev/null | grep -c '"kernel":'
}

# say FILE: what `nstrail netns` knows, which `told` asks from then on.
say()
{
    "$bin/nstrail" netns --json "$1" >"$work/who.json"
}

# told SQL: over n, the objects of `nstrail netns --json`, by sqlite3. {} stands for our prefix.
told()
{
    local sql=$1
    sql=${sql//\{\}/$prefix}
    sqlite3 :memory: "WITH n AS (SELECT value AS o, value ->> 'inum' AS inum,
        value ->> 'cookie' AS cookie FROM json_each(readfile('$work/who.json')))
        ${sql//$'\n'/ }" | sed "s/$prefix/{}/g"
}

# lost_nothing WHAT: no loss of any kind is in the file.
lost_nothing()
{
    is "$(ask "SELECT counter, sum(value) FROM loss WHERE counter LIKE 'lost.%' AND value > 0
        GROUP BY counter")" '' "$1: nothing lost"
}

# as_counted WHAT NS...: the events at each device of these namespaces are what the interfaces
# themselves counted. The recording began before the namespaces were made; `quiet` ended it.
as_counted()
{
    local what=$1 ns
    shift
    for ns; do
        counters "$ns" | sed "s/^/{$ns},/"
    done | awk -F, '$3 + $4 > 0' | LC_ALL=C sort >"$work/counted"
    ask "SELECT netns, dev, sum(probe = 'net:net_dev_start_xmit'),
            sum(probe = 'net:netif_receive_skb'), 0
        FROM v_event WHERE probe LIKE 'net:%' AND netns IN ($(printf "'{%s}'," "$@")'')
        GROUP BY netns, dev" | LC_ALL=C sort >"$work/recorded"
    is "$(cat "$work/recorded")" "$(cat "$work/counted")" \
        "$what: as many packets at each device as it counted itself"
}
