#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Containers and pods that --netns asks for while it records: those that run already and those that
# come, one more that comes by the same name, and none of the others. The containers are runc's,
# with what Docker, containerd's CRI and CRI-O leave beside them.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin
need sqlite3
# shellcheck source=tests/netns/runc.sh
. "$here/runc.sh"
need_containers

count=20

# ------------------------------------------------------------------ containers

# id NAME: 64 digits, of which the first are the same for all of ours.
id()
{
    printf %s%s "$(printf %s "$prefix" | sha256sum | cut -c 1-8)" \
        "$(printf %s "$1" | sha256sum | cut -c 9-64)"
}

# wire ADDRESS: the container of $pid to the bridge.
wire()
{
    ip -n "${prefix}host" link add "v$pid" type veth peer name eth0 netns "$pid" &&
        ip -n "${prefix}host" link set "v$pid" master br0 up &&
        nsenter --net="/proc/$pid/ns/net" sh -c "ip link set eth0 up &&
            ip address add 10.9.7.$1/24 dev eth0"
}

# run NAME FOLDER [ADDRESS]: a container that sleeps, with its bundle there; without an address, in
# the namespace of $netns_path. Its process is $pid.
run()
{
    local name=$1
    mkdir -p "$2" && bundle "$2" "$name" /bin/sleep 600 && create "$name" "$2" &&
        { [ $# -lt 3 ] || wire "$3"; } && runc start "$prefix$name"
    result $? "$name runs" || diag "$(cat "$work/$name.words")"
}

# docker NAME KNOWN-AS [ADDRESS]
docker()
{
    local folder
    folder=$work/docker/containers/$(id "$1")
    mkdir -p "$folder"
    printf '{"ID": "%s", "Name": "/%s", "Config": {"Image": "image"}}' "$(id "$1")" "$prefix$2" \
        >"$folder/config.v2.json"
    cgroup_path=/$prefix/docker/$(id "$1") run "$1" "$work/$1" "${@:3}"
}

containerd()
{
    annotations='"io.kubernetes.cri.container-type": "sandbox",
        "io.kubernetes.cri.sandbox-id": "'$(id "$1")'", "io.kubernetes.cri.sandbox-name": "cart-7",
        "io.kubernetes.cri.sandbox-namespace": "'${prefix}shop'"' \
        cgroup_path=/$prefix/kubepods/cri-containerd-$(id "$1").scope \
        run "$1" "$work/containerd/io.containerd.runtime.v2.task/k8s.io/$(id "$1")" "$2"
}

crio()
{
    annotations='"io.kubernetes.cri-o.ContainerType": "container",
        "io.kubernetes.container.name": "'$prefix$1'", "io.kubernetes.pod.name": "mail-0",
        "io.kubernetes.pod.namespace": "'${prefix}post'", "io.container.manager": "cri-o"' \
        cgroup_path=/$prefix/kubepods/crio-$(id "$1").scope \
        run "$1" "$work/storage/overlay-containers/$(id "$1")/userdata" "$2"
}

# send NAME PORT: datagrams from there, once those who look have had the time for it.
send()
{
    nsenter --net="/proc/$(cat "$work/$1.pid")/ns/net" "$bin/tests/netns/traffic" \
        udp-send 10.9.7.1 "$2" "$count" 100 2000 >/dev/null
}

# ------------------------------------------------------------------ recorders

# watch NAME WORD...: a recorder more, to $work/NAME.nst.
watch()
{
    watch_by "$1" "$bin/nstrail-capture" -B 4096 -w "$work/$1.nst" "${paths[@]}" "${@:2}"
}

# got NAME: the ports whose datagrams it has, each with its count of those that were sent.
got()
{
    "$bin/nstrail" print --format single-line --probe net_dev_start_xmit --dev eth0 \
        -f 'udp and dst host 10.9.7.1 and dst portrange 7001-7009' "$work/$1.nst" 2>/dev/null |
        sed -nE 's/.* > 10\.9\.7\.1\.(700[0-9]) .*/\1/p' | sort | uniq -c |
        awk '{ print $2 "x" $1 }' | xargs
}

# wanted PORT...: what got is to say.
wanted()
{
    printf "%sx$count " "$@" | xargs
}

# knows NAME STILL RECORDER...: whether what these have written so far tells of that container as one
# that is there (1) or is over (0); asked once a second.
# shellcheck disable=SC2317 # called by until_true
knows()
{
    local id still=$2 name
    id=$(id "$1")
    shift 2
    sleep 1
    for name; do
        say "$work/$name.nst" 2>/dev/null
        [ "$(told "SELECT v.value ->> 'at_end' FROM n, json_each(o, '$.containers') v
            WHERE v.value ->> 'id' = '$id'")" = "$still" ] || return
    done
}

# ------------------------------------------------------------------ the test

network_host
address host br0 10.9.7.1/24

mkdir -p "$work"/{docker,containerd,storage}
paths=(--inventory-path="docker=$work/docker" --inventory-path="containerd=$work/containerd"
    --inventory-path="storage=$work/storage")
docker web web 11
web=$(stat -L -c %i "/proc/$pid/ns/net")
docker other other 12
containerd cart 13
netns_path=/proc/$pid/ns/net docker guest guest

watch name --netns "container:${prefix}web"
watch several --netns "container:$(id web | cut -c 1-14)" --netns "pod:${prefix}shop/cart-7"
watch late --netns "container:${prefix}late" --netns "container:${prefix}mail"
watch guest --netns "container:${prefix}guest" --netns "pod:${prefix}post/mail-0"
watch but --netns "!container:${prefix}web" --netns "!container:${prefix}late"
watched
like "$(cat "$work/late.words")" "--netns container:${prefix}late: no container here goes by this now" \
    'a container that is not there: is said'
like "$(cat "$work/guest.words")" "--netns pod:${prefix}post/mail-0: no pod here goes by this now" \
    'a pod that is not there: is said'
like "$(cat "$work/but.words")" "--netns !container:${prefix}late: .*; one that comes is left out" \
    'one that would be left out: is said'
unlike "$(cat "$work/name.words" "$work/several.words")" 'as far as' 'nothing of those that are there'

send web 7001
send other 7002
send cart 7003
docker late late 14
crio mail 15
ok 'one that comes is seen' until_true 1 knows late 1 late but
ok 'another that comes is seen' until_true 1 knows mail 1 late guest
send late 7004
send mail 7005
send cart 7006
ok 'one ends' runc delete --force "${prefix}late"
ok 'another ends' runc delete --force "${prefix}guest"
docker again late 16
ok 'the end of one is seen' until_true 1 knows guest 0 guest
ok 'who comes by the same name is seen' until_true 1 knows again 1 late but
send again 7007
send cart 7008
sleep 0.5
unwatch

is "$(got name)" "$(wanted 7001)" 'container:NAME, which ran before'
is "$(got several)" "$(wanted 7001 7003 7006 7008)" \
    'container:ID, the first digits, and pod:NAMESPACE/NAME, of containerd'
is "$(got late)" "$(wanted 7004 7005 7007)" \
    'container:NAME, which came later and came again, and as its pod calls it'
is "$(got guest)" "$(wanted 7003 7005 7006)" \
    'one in the namespace of another, until it ends, and a pod of CRI-O, which came later'
is "$(got but)" "$(wanted 7002 7003 7005 7006 7008)" '!container:NAME: all but these'
is "$(printed "$work/name.nst" --netns "$web" -f 'udp and dst port 7001')" "$count" \
    'at the namespace of the container'

"$bin/nstrail-capture" -w "$work/x" "${paths[@]}" --netns "container:$(id web | cut -c 1-8)" \
    2>"$work/words"
is $? 1 'what begins the ids of several: status 1'
like "$(cat "$work/words")" 'the ids of several containers begin so' 'what begins the ids of several: is said'
ok 'what begins the ids of several: no file' test ! -e "$work/x"
done_testing
