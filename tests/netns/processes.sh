#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What the file says of processes is what /proc says of them: when they were started, their user,
# program and cgroup, and whether they lead a session or are the first of a pid namespace.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin
need setpriv

# ------------------------------------------------------------------ processes of namespace a

processes=()

# live DESCRIPTION COMMAND...: one that becomes a sleep, or whose child does; none is started in the
# same tick as another. It is $pid.
live()
{
    local what=$1
    shift
    sleep 0.05
    ip netns exec "${prefix}a" "$@" 600 &
    started=$!
    until_true 5 sleeps && processes+=("$pid:$what")
}

sleeps()
{
    for pid in "$started" $(pgrep -P "$started"); do
        tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qE '^[^ ]*sleep 600 $' && return
    done
}

# into_cgroup PID: one of our own, of version 2.
into_cgroup()
{
    local dir
    for dir in /sys/fs/cgroup/unified /sys/fs/cgroup; do
        [ -f "$dir/cgroup.procs" ] && mkdir "$dir/${prefix}group" &&
            echo "$1" >"$dir/${prefix}group/cgroup.procs" && return
    done
}

# ------------------------------------------------------------------ as /proc has it

# status PID NAME [FIELD]: the last one there, or that.
status()
{
    sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" | tr -s '[:blank:]' '\n' | sed -n "${3-\$}p"
}

# stat_of PID FIELD: from the third on, as proc(5) numbers them.
stat_of()
{
    sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f $(($2 - 2))
}

# cgroup PID: of version 2, or the longest where that is the root.
cgroup()
{
    local path
    path=$(sed -n 's/^0:://p' "/proc/$1/cgroup")
    [ ${#path} -gt 1 ] || path=$(sed 's/^[^:]*:[^:]*://' "/proc/$1/cgroup" |
        awk 'length > length(longest) { longest = $0 } END { print longest }')
    echo "$path"
}

# wanted PID: a line without our prefix, as answers are.
wanted()
{
    echo "$1,$(cat "/proc/$1/comm"),$(readlink "/proc/$1/exe"),$(status "$1" Uid 2),$(cgroup "$1"),$(
        [ "$(stat_of "$1" 6)" -ne "$1" ]; echo $?),$([ "$(status "$1" NSpid)" -ne 1 ]; echo $?)" |
        sed "s/$prefix//g"
}

# ------------------------------------------------------------------ as the file has it

# said: of those that were there in the end, in the same lines, by JSON and by the database.
said()
{
    query "SELECT p.value ->> 'pid', p.value ->> 'comm', p.value ->> 'exe', p.value ->> 'uid',
            p.value ->> 'cgroup', p.value ->> 'session_leader', p.value ->> 'pidns_init'
        FROM json_each($(known "$work/processes.nst" a)) n, json_each(n.value, '$.processes') p
        WHERE p.value ->> 'at_end'"
    query "SELECT pid, comm, exe, uid, cgroup, session_leader, pidns_init
        FROM process p JOIN netns n ON n.id = p.netns_id
        WHERE n.name = '${prefix}a' AND p.last_ts_ns = n.last_ts_ns"
}

# started: the same way, when each was.
started()
{
    query "SELECT p.value ->> 'pid', p.value ->> 'start_time_ns'
        FROM json_each($(known "$work/processes.nst" a)) n, json_each(n.value, '$.processes') p
        WHERE p.value ->> 'at_end'"
    query "SELECT pid, start_ts_ns FROM process p JOIN netns n ON n.id = p.netns_id
        WHERE n.name = '${prefix}a' AND p.last_ts_ns = n.last_ts_ns"
}

# ------------------------------------------------------------------ the test

add_ns a
live 'a process' sleep
live 'the leader of a session' setsid sleep
live 'the first of a pid namespace' unshare -p -f sleep
first=$pid
live 'a process with another effective user' \
    setpriv --ruid 65534 --euid 65533 --clear-groups sleep
live 'a process with another user altogether, who leads a session' \
    setpriv --reuid 65534 --clear-groups setsid sleep
cp -L "$(command -v sleep)" "$work/sleep"
live 'a process whose program has been removed' "$work/sleep"
rm "$work/sleep"
live 'a process in a cgroup' sleep
into_cgroup "$pid" || diag 'no cgroup of our own'

record processes "$work/processes.nst" || done_testing
live 'a process that is started while recording' setsid sleep
stop
import processes "$work/processes.nst" || done_testing

said | LC_ALL=C sort | uniq -c | sed 's/^ *//' >"$work/said"
started >"$work/started"
for process in "${processes[@]}"; do
    pid=${process%%:*}
    is "$(grep "^[0-9]* $pid," "$work/said")" "2 $(wanted "$pid")" "${process#*:}"
done

# Programs are told of ticks since the boot, a hundred in a second; that was at one time for all, but
# for what the recorder takes to read one clock after the other.
for process in "${processes[@]}"; do
    pid=${process%%:*}
    sed -n "s/^$pid,//p" "$work/started" | while read -r start; do
        echo $((start - $(stat_of "$pid" 22) * 10000000))
    done
done | sort -n >"$work/boots"
boot=$(head -n 1 "$work/boots")
is "$(wc -l <"$work/boots")" $((2 * ${#processes[@]})) 'when each was started'
ok 'as long after the boot as /proc says' \
    test $(($(tail -n 1 "$work/boots") - boot)) -lt 1000000 || diag "$(cat "$work/boots")"
since=$((boot - $(sed -n 's/^btime //p' /proc/stat) * 1000000000))
ok 'which was when /proc says, but for what is left of a second' \
    test $since -gt -100000000 -a $since -lt 1100000000

kill "${processes[@]%%:*}"
# Which heeds no other signal.
kill -KILL "$first"
remove_cgroups
done_testing
