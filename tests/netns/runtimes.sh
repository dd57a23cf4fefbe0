#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Containers of runc with what Docker, containerd's and CRI-O's CRI and podman leave beside them:
# cgroups of version 1 and 2, state files, annotations of the bundle, log folders. From the file
# alone each has its id, name, image and pod, and is found by them.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin
need sqlite3
# shellcheck source=tests/netns/runc.sh
. "$here/runc.sh"
need_containers

# ------------------------------------------------------------------ containers

# id NAME: 64 digits that are its own.
id()
{
    printf %s "$prefix$cgroup_version$1" | sha256sum | cut -c 1-64
}

# uid NAME: of a pod.
uid()
{
    printf %s "$prefix$cgroup_version$1" | sha256sum |
        sed -E 's/(.{8})(.{4})(.{4})(.{4})(.{12}).*/\1-\2-\3-\4-\5/'
}

# run NAME FOLDER CGROUP [ANNOTATIONS]: a container that only sleeps, with its bundle there and
# its cgroup below one of ours, in the network namespace of $netns_path or in a new one. Its
# process is $pid.
run()
{
    local annotations=${4-} cgroup_path=/$prefix$3
    mkdir -p "$2" && bundle "$2" "$1" /bin/sleep 600 &&
        create "$cgroup_version$1" "$2" && runc start "$prefix$cgroup_version$1"
    result $? "$version: $1" && return
    diag "$(cat "$work/$cgroup_version$1.words")"
    return 1
}

# wanted NAME PID RUNTIME NAME IMAGE POD-NAMESPACE POD POD-UID POD-CONTAINER: what is to be said.
wanted()
{
    local name=$1 of=$2
    shift 2
    # shellcheck disable=SC2154 # runc.sh has it
    (IFS='|'; printf '%s\n' "$*|$(id "$name")|$of|$(stat -L -c %i "/proc/$of/ns/net")") \
        >>"$work/wanted.$cgroup_version"
}

docker()
{
    local folder=$work/docker/containers
    mkdir -p "$folder/$(id "$1")"
    printf '{"ID": "%s", "Name": "/%s", "Config": {"Image": "%s", "Labels": {}}}' \
        "$(id "$1")" "$1" "registry.example/$1:2" >"$folder/$(id "$1")/config.v2.json"
    run "$1" "$work/bundles/$cgroup_version$1" "$2" &&
        wanted "$1" "$pid" docker "$1" "registry.example/$1:2" '' '' '' ''
}

# containerd NAME CGROUP TYPE CONTAINER: one of the pod "cart" in "shop".
containerd()
{
    local pod
    pod=$(uid cart)
    run "$1" "$work/containerd/io.containerd.runtime.v2.task/k8s.io/$(id "$1")" "$2" '
        "io.kubernetes.cri.container-type": "'"$3"'", "io.kubernetes.cri.sandbox-id": "'"$(id sandbox)"'",
        "io.kubernetes.cri.sandbox-name": "cart-7", "io.kubernetes.cri.sandbox-namespace": "shop",
        "io.kubernetes.cri.sandbox-uid": "'"$pod"'", "io.kubernetes.cri.container-name": "'"$4"'",
        "io.kubernetes.cri.image-name": "registry.example/'"$1"':3"' || return
    [ "$3" = container ] && set -- "$1" "$2" "$3" "$4" || set -- "$1" "$2" "$3" POD
    wanted "$1" "$pid" containerd '' "registry.example/$1:3" shop cart-7 "$pod" "$4"
}

crio()
{
    local pod
    pod=$(uid mail)
    run "$1" "$work/storage/overlay-containers/$(id "$1")/userdata" "$2" '
        "io.kubernetes.container.name": "'"$1"'", "io.kubernetes.pod.name": "mail-0",
        "io.kubernetes.pod.namespace": "post", "io.kubernetes.pod.uid": "'"$pod"'",
        "io.kubernetes.cri-o.ContainerType": "container", "io.kubernetes.cri-o.KubeName": "mail-0",
        "io.kubernetes.cri-o.Namespace": "post", "io.kubernetes.cri-o.ImageName": "quay.example/'"$1"':4",
        "io.kubernetes.cri-o.Name": "k8s_'"$1"'_mail-0_post_'"$pod"'_0",
        "io.container.manager": "cri-o"' || return
    wanted "$1" "$pid" crio "k8s_$1_mail-0_post_${pod}_0" "quay.example/$1:4" post mail-0 \
        "$(uid mail)" "$1"
}

# podman has its containers in one list, with what it knows of each as JSON in a string.
podman()
{
    local folder=$work/storage/overlay-containers
    run "$1" "$folder/$(id "$1")/userdata" "$2" '"io.container.manager": "libpod"' || return
    printf '[{"id": "%s", "names": ["%s"], "image": "%s", "metadata":
        "{\\"image-name\\":\\"quay.example/%s:5\\",\\"name\\":\\"%s\\"}"}]' \
        "$(id "$1")" "$1" "$(id image)" "$1" "$1" >"$folder/containers.json"
    wanted "$1" "$pid" podman "$1" "quay.example/$1:5" '' '' '' ''
}

# NAME CGROUP [RUNTIME]: of one there are log folders alone, of the other its pod's alone.
logged()
{
    local runtime=${3-}
    mkdir -p "$work/pods/web_front-2_$(uid front)/$1" "$work/logs"
    ln -sf "$work/pods/web_front-2_$(uid front)/$1/0.log" "$work/logs/front-2_web_$1-$(id "$1").log"
    run "$1" "$work/bundles/$cgroup_version$1" "$2" &&
        wanted "$1" "$pid" "$runtime" '' '' web front-2 "$(uid front)" "$1"
}

pod_logged()
{
    local runtime=${3-}
    mkdir -p "$work/pods/web_back-3_$(uid back)/$1"
    run "$1" "$work/bundles/$cgroup_version$1" "$2" &&
        wanted "$1" "$pid" "$runtime" '' '' web back-3 "$(uid back)" ''
}

# Paths as the runtimes' own drivers make them.
by_cgroupfs()
{
    docker web "/docker/$(id web)"
    containerd sandbox "/kubepods/burstable/pod$(uid cart)/$(id sandbox)" sandbox ''
    netns_path=/proc/$pid/ns/net containerd counter \
        "/kubepods/burstable/pod$(uid cart)/$(id counter)" container counter
    crio postfix "/kubepods/besteffort/pod$(uid mail)/crio-$(id postfix)"
    podman db "/libpod_parent/libpod-$(id db)"
    logged nginx "/kubepods/pod$(uid front)/$(id nginx)"
    pod_logged redis "/kubepods/pod$(uid back)/$(id redis)"
}

# in_slices POD: the folders of a pod's containers, where systemd makes them.
in_slices()
{
    printf '/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod%s.slice' "${1//-/_}"
}

by_systemd()
{
    docker web "/system.slice/docker-$(id web).scope"
    containerd sandbox "$(in_slices "$(uid cart)")/cri-containerd-$(id sandbox).scope" sandbox ''
    netns_path=/proc/$pid/ns/net containerd counter \
        "$(in_slices "$(uid cart)")/cri-containerd-$(id counter).scope" container counter
    crio postfix "$(in_slices "$(uid mail)")/crio-$(id postfix).scope"
    podman db "/machine.slice/libpod-$(id db).scope"
    logged nginx "$(in_slices "$(uid front)")/cri-containerd-$(id nginx).scope" containerd
    pod_logged redis "$(in_slices "$(uid back)")/crio-$(id redis).scope" crio
}

# ------------------------------------------------------------------ questions

# said: what the file says of our containers.
said()
{
    say "$work/$version.nst"
    told "SELECT coalesce(v.value ->> 'runtime', ''), coalesce(v.value ->> 'name', ''),
            coalesce(v.value ->> 'image', ''), coalesce(v.value ->> 'pod_namespace', ''),
            coalesce(v.value ->> 'pod_name', ''), coalesce(v.value ->> 'pod_uid', ''),
            coalesce(v.value ->> 'pod_container', ''), v.value ->> 'id', v.value ->> 'pid', inum
        FROM n, json_each(o, '$.containers') v WHERE v.value ->> 'id' IN
            ($(sed "s/.*|\(.*\)|.*|.*/'\1',/" "$work/wanted.$cgroup_version")'')
        GROUP BY 8"
}

# found WHO...: the namespace that is meant.
found()
{
    "$bin/nstrail" netns --netns "$1" "$work/$version.nst" | sed 1d | awk '{ print $2 }'
}

# inum_of NAME: of a container's namespace, as it was seen on the host.
inum_of()
{
    sed -n "s/.*|$(id "$1")|.*|//p" "$work/wanted.$cgroup_version"
}

# record_with SOURCE...: those are looked at, in our folders, and no others.
record_with()
{
    local source options=()
    for source in docker containerd storage runc crun machines pods logs; do
        case " $* " in
        *" $source "*) options+=("--inventory-path=$source=$work/$source") ;;
        *) options+=("--inventory-path=$source=") ;;
        esac
    done
    record "$version" "$work/$version.nst" "${options[@]}"
}

try()
{
    rm -rf "$work"/{docker,containerd,storage,pods,logs}
    "$1"
    record_with docker containerd storage pods logs || return
    stop
    is "$(said)" "$(sort -t '|' -k 8,8 "$work/wanted.$cgroup_version")" \
        "$version: runtime, name, image, pod, id, process and namespace of each"
    is "$(found container:web)" "$(inum_of web)" "$version: container:NAME"
    is "$(found "container:$(id postfix)")" "$(inum_of postfix)" "$version: container:ID"
    is "$(found "container:$(id db | cut -c 1-12)")" "$(inum_of db)" \
        "$version: container:ID, its first digits"
    is "$(found pod:shop/cart-7)" "$(inum_of sandbox)" "$version: pod:NAMESPACE/NAME"
    is "$(found pod:web/back-3)" "$(inum_of redis)" "$version: the same, from its log folder"
}

# ------------------------------------------------------------------ the test

if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then
    skip 'this host has cgroups of version 2 alone' 'cgroups of version 1'
    version='paths as of cgroupfs' cgroup_version='' && try by_cgroupfs
    remove_containers
    version='paths as of systemd' cgroup_version='' && try by_systemd
else
    version='cgroups of version 1' cgroup_version=1 && try by_cgroupfs
    version='cgroups of version 2' cgroup_version=2 && try by_systemd
fi

# What only runc itself knows.
cgroup_version='' version='by runc alone'
run plain "$work/bundles/plain" /plain '"io.kubernetes.pod.name": "plain-1",
    "io.kubernetes.pod.namespace": "default"'
record_with runc || done_testing
stop
say "$work/$version.nst"
is "$(told "SELECT v.value ->> 'runtime', v.value ->> 'id', v.value ->> 'pod_namespace',
        v.value ->> 'pod_name', inum FROM n, json_each(o, '$.containers') v
        WHERE v.value ->> 'pid' = $pid")" \
    "runc|{}plain|default|plain-1|$(stat -L -c %i "/proc/$pid/ns/net")" "$version: id and pod"
done_testing
