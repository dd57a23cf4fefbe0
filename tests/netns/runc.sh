# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash disable=SC2034,SC2154
#
# For tests with containers of runc; sourced after begin. Names of containers are short here, as
# those of namespaces in lib.sh. All are removed when the test ends.

# The host's cgroups as runc sees them: '' as they are; on a host with version 1, 1 as one where
# version 2 is systemd's alone, and 2 as one that has no other.
cgroup_version=''

runc()
{
    # shellcheck disable=SC2016 # for the shell inside
    case $cgroup_version in
    1) unshare --mount sh -c 'if mountpoint -q /sys/fs/cgroup/unified; then
            mkdir -p "/sys/fs/cgroup/unified/$0" && echo 0 >"/sys/fs/cgroup/unified/$0/cgroup.procs" &&
                umount /sys/fs/cgroup/unified
        fi && exec runc "$@"' "${prefix}session" --root "$work/runc" "$@" ;;
    2) unshare --mount sh -c 'umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup /sys/fs/cgroup &&
        exec runc "$@"' sh --root "$work/runc" "$@" ;;
    *) command runc --root "$work/runc" "$@" ;;
    esac
}

# shellcheck disable=SC2317 # called by the trap
remove_containers()
{
    local status=$? name
    for name in $(runc list --quiet); do
        runc delete --force "$name" 2>/dev/null
    done
    remove_cgroups
    return "$status"
}
trap 'remove_containers; end' EXIT

# mounts: the programs of the host, and ours as /test.
mounts()
{
    local path
    for path in /usr /bin /sbin /lib*; do
        [ -L "$path" ] || ! [ -d "$path" ] || printf '%s:%s\n' "$path" "$path"
    done
    printf '%s:/test\n' "$bin"
}

# bundle FOLDER NAME COMMAND...: for a container of that host name. What is in $annotations, as
# members of a JSON object, $cgroup_path and $netns_path, of a network namespace to share, goes
# into it.
bundle()
{
    local dir=$1 name=$2 list='' args='' line word
    shift 2
    mkdir -p "$dir/root"
    for line in /bin /sbin /lib*; do
        [ ! -L "$line" ] || [ -L "$dir/root$line" ] || cp -P "$line" "$dir/root$line"
    done
    while IFS= read -r line; do
        list+=$(printf ', {"destination": "%s", "type": "bind", "source": "%s", "options": ["rbind", "ro"]}' \
            "${line#*:}" "${line%%:*}")
    done < <(mounts)
    for word; do
        args+=${args:+, }\"$word\"
    done
    # udp-sink wants more room than is anybody's right.
    cat >"$dir/config.json" <<JSON
{
    "ociVersion": "1.0.2",
    "process": {"args": [$args], "cwd": "/", "user": {"uid": 0, "gid": 0},
        "capabilities": {"bounding": ["CAP_NET_ADMIN"], "permitted": ["CAP_NET_ADMIN"],
            "effective": ["CAP_NET_ADMIN"]},
        "env": ["PATH=/usr/bin:/bin", "ASAN_OPTIONS=detect_leaks=0"]},
    "root": {"path": "root", "readonly": true},
    "hostname": "$name",
    "annotations": {${annotations-}},
    "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}$list],
    "linux": {"cgroupsPath": "${cgroup_path-}",
        "namespaces": [{"type": "pid"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"},
            {"type": "network", "path": "${netns_path-}"}]}
}
JSON
}

# create NAME FOLDER: of the bundle there. Its namespaces are there, its command waits for `runc
# start`. Its process is $pid.
create()
{
    local name=$1
    runc create --bundle "$2" --pid-file "$work/$name.pid" "$prefix$name" \
        >"$work/$name.out" 2>"$work/$name.words" </dev/null || return
    pid=$(cat "$work/$name.pid")
}

# gone NAME: its first process has ended. To ask runc so often would take as much of a processor as
# all the rest of a container's life.
gone()
{
    local stat
    { read -r stat <"/proc/$(<"$work/$1.pid")/stat"; } 2>/dev/null || return 0
    [[ ${stat##*) } = [ZX]* ]]
}

# need_containers: what a test calls that goes no further without.
need_containers()
{
    need runc nsenter unshare
    bundle "$work/probe" probe /bin/true
    create probe "$work/probe" ||
        skip_all "no containers here: $(tail -n 1 "$work/probe.words")"
    runc delete --force "${prefix}probe"
}
