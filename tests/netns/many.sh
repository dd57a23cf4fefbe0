#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# 500 namespaces at once, with processes in them and wired to a bridge: what ls, lsns and ip say of
# each, the file says.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin
need sqlite3 lsns

count=$(scaled 500) each=3

# ------------------------------------------------------------------ the host

# numbers FORMAT: for each namespace, with its number.
numbers()
{
    local i
    for ((i = 0; i < count; i++)); do
        # shellcheck disable=SC2059 # the caller's
        printf "${1//%d/$i}\n"
    done
}

make_namespaces()
{
    add_ns host
    printf '%s\n' 'link add br0 type bridge' 'link set br0 up' | ip -n "${prefix}host" -batch - &&
        numbers "netns add ${prefix}n%d" | ip -batch - &&
        numbers "link add v%d type veth peer name eth0 netns ${prefix}n%d
            link set v%d master br0 up" | ip -n "${prefix}host" -batch -
}

populate()
{
    local paths
    mapfile -t paths < <(numbers "/run/netns/${prefix}n%d")
    "$bin/tests/netns/crowd" "$each" "${paths[@]}" >"$work/crowd" &
    crowd=$!
    until_true 30 grep -q ready "$work/crowd"
}

# The first process of the crowd ends up in the last namespace; those that wait are its children.
processes()
{
    pgrep -P "$crowd"
}

# ------------------------------------------------------------------ questions

ask_lsns()
{
    lsns --noheadings --type net --output NS,NPROCS,PID | awk '{ print $1, $2, $3 }' |
        grep -wFf <(cut -d ' ' -f 2 "$work/host.names") | sort >"$work/host.lsns"
}

ask_host()
{
    numbers "/run/netns/${prefix}n%d" | xargs stat -c '{}n%n %i' |
        sed "s:/run/netns/${prefix}n::" | sort >"$work/host.names"
    # shellcheck disable=SC2012 # it is ls that is asked
    processes | sed 's:.*:/proc/&/ns/net:' | xargs ls -l |
        sed -nE 's:.* /proc/([0-9]+)/ns/net -> net.\[([0-9]+)\]:\1 \2:p' | sort >"$work/host.ls"
    processes | awk 'NR % 37 == 1' | while read -r pid; do
        echo "$pid {}$(ip netns identify "$pid" | sed "s/^$prefix//")"
    done | sort >"$work/host.identify"
    numbers 'v%d' | while read -r dev; do
        echo "$dev {}n${dev#v} eth0"
    done | sort >"$work/host.wires"
}

ask_file()
{
    told "SELECT v.value ->> 'name', inum FROM n, json_each(o, '$.names') v
        WHERE v.value ->> 'place' = 'netns' AND v.value ->> 'name' LIKE '{}n%'" >"$work/file.names"
    told "SELECT v.value ->> 'pid', inum FROM n, json_each(o, '$.processes') v
        WHERE v.value ->> 'pid' IN ($(cut -d ' ' -f 1 "$work/host.ls" | paste -sd ,))" \
        >"$work/file.ls"
    told "SELECT inum, count(*), min(v.value ->> 'pid') FROM n, json_each(o, '$.processes') v
        WHERE v.value ->> 'pid' IN ($crowd, $(cut -d ' ' -f 1 "$work/host.ls" | paste -sd ,))
        GROUP BY inum" >"$work/file.lsns"
    cut -d ' ' -f 1 "$work/host.identify" | while read -r pid; do
        echo "$pid|$("$bin/nstrail" netns --netns "pid:$pid" "$work/many.nst" |
            awk 'NR == 2 { print $3 }' | sed "s/$prefix/{}/")"
    done >"$work/file.identify"
    told "SELECT v.value ->> 'name', other.value ->> 'name', v.value -> 'link' ->> 'name'
        FROM n, json_each(n.o, '$.devices') v, n AS far, json_each(far.o, '$.names') other
        WHERE n.inum = $host AND v.value ->> 'kind' = 'veth'
            AND far.inum = v.value -> 'link' ->> 'inum'" >"$work/file.wires"
}

# differences WHAT
differences()
{
    tr '|' ' ' <"$work/file.$1" | sort | diff - "$work/host.$1" | head -n 20
}

# same WHAT DESCRIPTION
same()
{
    is "$(differences "$1")" '' "$2"
}

# For a moment another test's recorder can be in one, too: in the file it is not asked for.
lsns_agrees()
{
    ask_lsns
    [ -z "$(differences lsns)" ]
}

# ------------------------------------------------------------------ the test

make_namespaces || skip_all "cannot make $count namespaces and a bridge here"
populate
result $? "$each processes in each" || done_testing
host=$(inum host)
record many "$work/many.nst" || exit
stop
ask_host
say "$work/many.nst"
ask_file
until_true 10 lsns_agrees
is "$(wc -l <"$work/host.names")" "$count" "$count namespaces"
same names 'their names, as ip netns has them'
same ls "each process's, as ls -l /proc/PID/ns/net has it"
same lsns 'how many processes each has, and the first, as lsns has them'
same identify 'the name of that of a process, as ip netns identify has it'
same wires 'and each port of the bridge is wired to its own'
kill "$crowd"
done_testing
