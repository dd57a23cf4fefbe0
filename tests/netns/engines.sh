#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Containers of the real thing: podman, Docker, containerd, as far as they are installed. What each
# says of its containers, the file says too, and nobody was asked.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin
need sqlite3 runc busybox
! ldd "$(command -v busybox)" >/dev/null 2>&1 || skip_all 'busybox is not linked statically'

# Daemons that this starts end with it.
removers=()
# shellcheck disable=SC2317 # called by the trap
remove_containers()
{
    local status=$? remover
    for remover in "${removers[@]}"; do
        "$remover" >>"$work/remove.words" 2>&1
    done
    remove_cgroups
    return "$status"
}
trap 'remove_containers; end' EXIT

make_root()
{
    mkdir -p "$work"/root/{bin,proc,dev,sys,etc,run} &&
        cp "$(command -v busybox)" "$work/root/bin/busybox" &&
        tar -C "$work/root" -cf "$work/root.tar" .
}

# limits: what an engine gives is often more than may be given here.
limits=(--ulimit nofile=1024:1024 --ulimit nproc=1024:1024)

# inum_of PID
inum_of()
{
    stat -L -c %i "/proc/$1/ns/net"
}

# try NAME WANTED OPTION...: records, and compares with what the engine says, a line a container:
# runtime|id|name|image|pod namespace|pod|container in the pod|pid|inum.
try()
{
    local name=$1 wanted=$2 ids
    shift 2
    ids=$(cut -d '|' -f 2 <<<"$wanted" | sed "s/.*/'&',/")
    record "$name" "$work/$name.nst" "$@" || return
    stop
    say "$work/$name.nst"
    is "$(told "SELECT v.value ->> 'runtime', v.value ->> 'id', coalesce(v.value ->> 'name', ''),
            coalesce(v.value ->> 'image', ''), coalesce(v.value ->> 'pod_namespace', ''),
            coalesce(v.value ->> 'pod_name', ''), coalesce(v.value ->> 'pod_container', ''),
            v.value ->> 'pid', inum
        FROM n, json_each(o, '$.containers') v WHERE v.value ->> 'id' IN ($ids '')
        ORDER BY v.value ->> 'pid'")" "${wanted//$prefix/{\}}" "$name: as it says itself"
}

# started WHAT STATUS: whether it could be run at all.
started()
{
    result "$2" "$1: run" && return
    diag "$(tail -n 5 "$work/$1.words")"
    return 1
}

# ------------------------------------------------------------------ podman

# crun does not run where both versions of cgroups are mounted.
podman()
{
    local wrapper=(command)
    [ "$runtime" != crun ] || wrapper=("${for_crun[@]}")
    "${wrapper[@]}" podman --root "$work/podman/storage" --runroot "$work/podman/run" \
        --tmpdir "$work/podman/tmp" --storage-driver vfs --cgroup-manager cgroupfs \
        --events-backend file --runtime "$runtime" "$@"
}

# shellcheck disable=SC2317 # called by the trap
remove_podman()
{
    runtime=runc podman rm --all --force --time 0
}

# run_podman NAME OPTION...
run_podman()
{
    local name=$prefix$1
    shift
    podman run --detach --name "$name" --cgroup-parent "/$prefix" "${limits[@]}" "$@" \
        localhost/tiny:1 /bin/busybox sleep 600 >>"$work/podman with $runtime.words" 2>&1
}

# inspect_podman NAME
inspect_podman()
{
    local pid
    pid=$(podman inspect --format '{{.State.Pid}}' "$prefix$1")
    printf 'podman|%s||||%s|%s\n' "$(podman inspect --format \
        '{{.Id}}|{{.Name}}|{{.ImageName}}' "$prefix$1")" "$pid" "$(inum_of "$pid")"
}

try_podman()
{
    local runtime=$1
    local what="podman with $runtime"
    command -v "$runtime" >/dev/null || { skip "$runtime is not installed" "$what"; return; }
    { runtime=runc podman import "$work/root.tar" localhost/tiny:1 &&
        run_podman "$runtime-web" --network none &&
        run_podman "$runtime-log" --network "container:$prefix$runtime-web"; } \
        >>"$work/$what.words" 2>&1
    started "$what" $? && try "$what" \
        "$(inspect_podman "$runtime-web"; inspect_podman "$runtime-log")" \
        "--inventory-path=storage=$work/podman/storage:$work/podman/run"
}

# ------------------------------------------------------------------ Docker

docker()
{
    command docker --host "unix://$work/docker/socket" "$@"
}

# shellcheck disable=SC2317 # called by the trap
remove_docker()
{
    local id
    for id in $(docker ps --all --quiet); do
        docker rm --force "$id"
    done
}

start_docker()
{
    mkdir -p "$work/docker" && echo '{}' >"$work/docker/daemon.json"
    dockerd --config-file "$work/docker/daemon.json" --data-root "$work/docker/root" \
        --exec-root "$work/docker/exec" --pidfile "$work/docker/pid" \
        --host "unix://$work/docker/socket" --bridge none --iptables=false --ip6tables=false \
        --storage-driver vfs --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/$prefix" \
        >"$work/Docker.words" 2>&1 &
    until_true 30 docker version >/dev/null 2>&1
}

run_docker()
{
    local name=$prefix$1
    shift
    docker run --detach --name "$name" "${limits[@]}" "$@" tiny:2 /bin/busybox sleep 600
}

inspect_docker()
{
    local pid
    pid=$(docker inspect --format '{{.State.Pid}}' "$prefix$1")
    printf 'docker|%s||||%s|%s\n' "$(docker inspect --format \
        '{{.Id}}|{{slice .Name 1}}|{{.Config.Image}}' "$prefix$1")" "$pid" "$(inum_of "$pid")"
}

try_docker()
{
    removers+=(remove_docker)
    { start_docker && docker import "$work/root.tar" tiny:2 && run_docker web --network none &&
        run_docker log --network "container:${prefix}web"; } >>"$work/Docker.out" 2>&1
    started Docker $? && try Docker "$(inspect_docker web; inspect_docker log)" \
        "--inventory-path=docker=$work/docker/root"
}

# ------------------------------------------------------------------ containerd

ctr()
{
    command ctr --address "$work/containerd/socket" "$@"
}

# shellcheck disable=SC2317 # called by the trap
remove_containerd()
{
    local space id
    for space in k8s.io default; do
        for id in $(ctr --namespace "$space" task ls --quiet); do
            ctr --namespace "$space" task delete --force "$id"
            ctr --namespace "$space" container delete "$id"
        done
    done
}

start_containerd()
{
    mkdir -p "$work/containerd"
    cat >"$work/containerd/config.toml" <<TOML
version = 2
root = "$work/containerd/root"
state = "$work/containerd/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "$work/containerd/socket"
TOML
    containerd --config "$work/containerd/config.toml" >"$work/containerd.words" 2>&1 &
    until_true 30 ctr version >/dev/null 2>&1
}

# run_containerd SPACE ID OPTION...
run_containerd()
{
    local space=$1 id=$2
    shift 2
    ctr --namespace "$space" run --detach --runc-root "$work/containerd/runc" "$@" --rootfs \
        "$work/root" "$id" /bin/busybox sleep 600
}

pid_of()
{
    ctr --namespace "$1" task ls | awk -v id="$2" '$1 == id { print $2 }'
}

# As the kubelet has it; and as ctr alone has it, which leaves no name and no image.
try_containerd()
{
    local id uid=0f3b8c1e-5d2a-4b7c-9e61-a1b2c3d4e5f6 pid
    id=$(printf %s "$prefix" | sha256sum | cut -c 1-64)
    removers+=(remove_containerd)
    { start_containerd && run_containerd k8s.io "$id" \
        --cgroup "/$prefix/kubepods/burstable/pod$uid/$id" \
        --annotation io.kubernetes.cri.container-type=container \
        --annotation io.kubernetes.cri.sandbox-namespace=shop \
        --annotation io.kubernetes.cri.sandbox-name=cart-7 \
        --annotation io.kubernetes.cri.container-name=web \
        --annotation io.kubernetes.cri.image-name=registry.example/web:3 &&
        run_containerd default "${prefix}plain" --cgroup "/$prefix/default/plain"; } \
        >>"$work/containerd.out" 2>&1
    started containerd $? || return
    pid=$(pid_of k8s.io "$id")
    try containerd "containerd|$id||registry.example/web:3|shop|cart-7|web|$pid|$(inum_of "$pid")" \
        "--inventory-path=containerd=$work/containerd/state"
    pid=$(pid_of default "${prefix}plain")
    try ctr "runc|${prefix}plain||||||$pid|$(inum_of "$pid")" \
        "--inventory-path=runc=$work/containerd/runc/default"
}

# ------------------------------------------------------------------ the test

make_root || exit
for_crun=(command)
! mountpoint -q /sys/fs/cgroup/unified ||
    for_crun=(unshare --mount sh -c 'umount /sys/fs/cgroup/unified && exec "$0" "$@"')
if type -P podman >/dev/null; then
    removers+=(remove_podman)
    try_podman runc
    try_podman crun
else
    skip 'podman is not installed' podman
fi
if type -P dockerd docker >/dev/null; then
    try_docker
else
    skip 'Docker is not installed' Docker
fi
if type -P containerd ctr >/dev/null; then
    try_containerd
else
    skip 'containerd is not installed' containerd
fi
remove_containers
done_testing
