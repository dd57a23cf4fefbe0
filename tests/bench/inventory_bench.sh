#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What the inventory costs, in one run: of 500 containers with ten processes each a full scan,
# against `lsns -t net`, and the bytes that they add to a file; and what is left of a flood's packets
# a second with it, while a container of runc comes and goes ten times a second.
#
#     inventory_bench.sh [BUILD-FOLDER [FIGURE...]]
#
#   FIGURE         scan, size, flood; all by default
#   ROUNDS         of each comparison, 9 by default
#   SECONDS_EACH   of a flood, 1.5 by default
#   MINUTE         of the file, 60 seconds by default

set -euo pipefail
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
bin=$(cd "${1:-.}" && pwd -P)
rounds=${ROUNDS:-9} each=${SECONDS_EACH:-1.5} minute=${MINUTE:-60}
count=500 processes=10 port=7009
prefix=nstb$$-
work=$(mktemp -d)
top='' figures=(scan size flood)

remove_namespaces()
{
    ip netns list | awk -v p="$prefix" 'index($1, p) == 1 { print "netns delete " $1 }' |
        ip -batch -
}

# Those of processes that are about to end are busy yet.
remove_cgroups()
{
    local left=100
    [ -d "$top" ] || return 0
    until find "$top" -depth -type d -exec rmdir {} + 2>/dev/null; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || return
        sleep 0.1
    done
}

# shellcheck disable=SC2317 # called by the trap
cleanup()
{
    local status=$? job
    for job in $(jobs -p); do
        kill -TERM "$job" 2>/dev/null || true
    done
    wait || true
    remove_namespaces || true
    remove_cgroups || true
    rm -rf "$work"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

# figure NAME VALUE OPERATOR TARGET
figure()
{
    awk -v name="$1" -v value="$2" -v op="$3" -v target="$4" 'BEGIN {
        good = op == "<=" ? value <= target : value >= target
        printf "%s: %.3g (target %s %g) %s\n", name, value, op, target, good ? "ok" : "MISSED"
    }'
}

median()
{
    sort -g | awk '{ v[NR] = $1 } END {
        print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# ready FILE PATTERN: waits until a background program has said so.
ready()
{
    local left=1000
    until grep -q "$2" "$1" 2>/dev/null; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || { cat "$1" >&2; return 1; }
        sleep 0.02
    done
}

# choose INVENTORY PATH: the recorder's options for it, in $chosen; none looks nowhere.
choose()
{
    chosen=("--inventory=$1")
    [ "$1" = none ] || chosen+=("--inventory-path=$2")
}

# ------------------------------------------------------------------ 500 containers

# Where cgroups can be made: version 2, or one of version 1 that has no controllers.
cgroup_folder()
{
    local folder
    for folder in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
        [ -w "$folder/cgroup.procs" ] || continue
        printf '%s\n' "$folder"
        return
    done
    return 1
}

# container INDEX: as Docker has it: a cgroup, and what is written of it.
container()
{
    local id
    id=$(printf %s "$prefix$1" | sha256sum | cut -c 1-64)
    mkdir -p "$top/$id" "$work/docker/containers/$id"
    printf '{"ID": "%s", "Name": "/service-%d", "Config": {"Image": "registry.example/shop:%d"}}\n' \
        "$id" "$1" $(($1 % 20)) >"$work/docker/containers/$id/config.v2.json"
    places+=("/run/netns/$prefix$1=$top/$id")
}

# Each with an eth0 whose other end is a port of a bridge, and an address.
wire_containers()
{
    local i
    ip netns add "${prefix}host"
    printf '%s\n' 'link add br0 type bridge' 'link set br0 up' | ip -n "${prefix}host" -batch -
    for ((i = 0; i < count; i++)); do
        printf 'netns add %s\n' "$prefix$i"
    done | ip -batch -
    for ((i = 0; i < count; i++)); do
        printf 'link add v%d type veth peer name eth0 netns %s\nlink set v%d master br0 up\n' \
            "$i" "$prefix$i" "$i"
    done | ip -n "${prefix}host" -batch -
    for ((i = 0; i < count; i++)); do
        printf '%s\n' 'link set lo up' 'link set eth0 up' \
            "address add 10.85.$((i / 250)).$((i % 250 + 1))/16 dev eth0" |
            ip -n "$prefix$i" -batch -
    done
}

make_containers()
{
    local i
    top=$(cgroup_folder)/docker-$prefix
    places=()
    wire_containers
    for ((i = 0; i < count; i++)); do
        container "$i"
    done
    "$bin/tests/netns/crowd" "$processes" "${places[@]}" >"$work/crowd" &
    crowd=$!
    ready "$work/crowd" ready
}

remove_containers()
{
    kill "$crowd"
    wait "$crowd" || true
    remove_namespaces
    remove_cgroups
}

measure_scan()
{
    "$bin/tests/bench/scan" "$rounds" "docker=$work/docker" >"$work/scan"
    printf '#   %s, seconds of scan and lsns: %s\n' "$(head -n 1 "$work/scan")" \
        "$(sed 1d "$work/scan" | sort -g | head -n 1)"
    figure "a full scan of $count namespaces and $((count * processes)) processes, against lsns -t net" \
        "$(sed 1d "$work/scan" | awk '{ print $1 / $2 }' | median)" '<=' 1
}

# Both at once, with a filter that matches nothing.
measure_size()
{
    local inventory recorders=()
    for inventory in full none; do
        choose "$inventory" "docker=$work/docker"
        "$bin/nstrail-capture" -w "$work/$inventory.nst" "${chosen[@]}" udp port 7 \
            2>"$work/$inventory.words" &
        recorders+=($!)
        ready "$work/$inventory.words" recording
    done
    sleep "$minute"
    kill -INT "${recorders[@]}"
    wait "${recorders[@]}"
    figure "what $count namespaces add to a file of $minute s, KiB" "$(awk \
        -v full="$(stat -c %s "$work/full.nst")" -v none="$(stat -c %s "$work/none.nst")" \
        'BEGIN { print (full - none) / 1024 }')" '<=' 200
}

# ------------------------------------------------------------------ containers that come and go

make_network()
{
    ip netns add "${prefix}left"
    ip netns add "${prefix}right"
    ip -n "${prefix}left" link add l0 type veth peer name r0 netns "${prefix}right"
    ip -n "${prefix}left" address add 10.84.0.1/24 dev l0
    ip -n "${prefix}right" address add 10.84.0.2/24 dev r0
    ip -n "${prefix}left" link set l0 up
    ip -n "${prefix}right" link set r0 up
    ip netns add "${prefix}host"
    printf '%s\n' 'link add br0 type bridge' 'link set br0 up' | ip -n "${prefix}host" -batch -
    sleep 1 # the kernel's own first packets
}

# A container is wired by a hook, as by CNI; it only ends.
make_bundle()
{
    mkdir -p "$work"/bundle/root/{bin,proc}
    cp "$(command -v busybox)" "$work/bundle/root/bin/busybox"
    cat >"$work/bundle/wire" <<SH
#!/bin/sh
pid=\$(sed -n 's/.*"pid": *\([0-9]*\).*/\1/p')
printf '%s\n' "link add v\$pid type veth peer name eth0 netns \$pid" \
    "link set v\$pid master br0 up" | ip -n ${prefix}host -batch -
SH
    chmod +x "$work/bundle/wire"
    cat >"$work/bundle/config.json" <<JSON
{
    "ociVersion": "1.0.2",
    "process": {"args": ["/bin/busybox", "true"], "cwd": "/", "user": {"uid": 0, "gid": 0}},
    "root": {"path": "root", "readonly": true},
    "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
    "hooks": {"createRuntime": [{"path": "$work/bundle/wire", "args": ["wire"],
        "env": ["PATH=$PATH"]}]},
    "linux": {"namespaces": [{"type": "pid"}, {"type": "network"}, {"type": "mount"}]}
}
JSON
}

# come_and_go: until it is told to end.
come_and_go()
{
    local i=0
    trap 'wait; exit 0' TERM
    while :; do
        i=$((i + 1))
        runc --root "$work/runc" run --bundle "$work/bundle" "$prefix$i" \
            </dev/null >>"$work/runc.words" 2>&1 &
        sleep 0.1
    done
}

# flood INVENTORY: datagrams a second, appended to $work/rate.INVENTORY.
flood()
{
    local drain recorder containers
    ip netns exec "${prefix}right" "$bin/tests/bench/flood" drain 1 $port >"$work/drain" &
    drain=$!
    ready "$work/drain" ready
    : >"$work/recorder"
    choose "$1" "runc=$work/runc"
    "$bin/nstrail-capture" -w "$work/flood.nst" "${chosen[@]}" 2>"$work/recorder" &
    recorder=$!
    ready "$work/recorder" recording
    come_and_go &
    containers=$!
    ip netns exec "${prefix}left" "$bin/tests/bench/flood" send 0 10.84.0.2 $port 64 "$each" |
        awk '{ print $1 / $2 }' >>"$work/rate.$1"
    kill -TERM "$containers"
    wait "$containers"
    kill -INT "$recorder"
    wait "$recorder"
    kill -TERM "$drain"
    wait "$drain"
}

measure_flood()
{
    local name='packets a second while containers come and go, against no inventory' round
    if ! command -v runc busybox >/dev/null; then
        printf '%s: runc and busybox are not installed SKIP\n' "$name"
        return
    fi
    make_network
    make_bundle
    for ((round = 0; round <= rounds; round++)); do
        if [ $((round % 2)) -eq 0 ]; then
            flood full
            flood none
        else
            flood none
            flood full
        fi
        # The first round fills the caches.
        [ "$round" -gt 0 ] || rm "$work"/rate.*
    done
    if [ -s "$work/runc.words" ]; then
        sort "$work/runc.words" | uniq -c | head >&2
        return 1
    fi
    printf '#   each round: %s\n' \
        "$(paste "$work/rate.full" "$work/rate.none" | awk '{ printf "%.3f ", $1 / $2 }')"
    figure "$name" "$(paste "$work/rate.full" "$work/rate.none" | awk '{ print $1 / $2 }' |
        median)" '>=' 0.97
}

[ $# -lt 2 ] || figures=("${@:2}")
if [[ " ${figures[*]} " == *' s'* ]]; then
    make_containers
    [[ " ${figures[*]} " != *' scan '* ]] || measure_scan
    [[ " ${figures[*]} " != *' size '* ]] || measure_size
    remove_containers
fi
[[ " ${figures[*]} " != *' flood '* ]] || measure_flood
