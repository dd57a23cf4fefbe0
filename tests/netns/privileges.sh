#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What the recorder can still do once it records, whom its files belong to, and what it takes to
# start it.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin
need setpriv

network_pair
ok 'the neighbour is known' in_ns client ping -q -c 1 10.9.1.2
chmod 755 "$work"
capture=$work/nstrail-capture
install -m 755 "$bin/nstrail-capture" "$capture"
mkdir -m 777 "$work/open"
mkdir -m 700 "$work/roots"

# The bits of capabilities in /proc/PID/status.
bpf=$((1 << 39)) kill=$((1 << 5)) dac_override=$((1 << 1)) sys_admin=$((1 << 21))
inventory=$((sys_admin | 1 << 19 | 1 << 12 | 1 << 11 | 1 << 2))

# status PID NAME
status()
{
    sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" | tr -s '[:blank:]' ' '
}

# dropped: the recorder has only just said that it records.
dropped()
{
    [ "$(status "$recorder" NoNewPrivs)" = 1 ]
}

# has SET DESCRIPTION [PID]: the capabilities of the recorder or of another, all of which it uses.
has()
{
    local set pid=${3-$recorder}
    set=$(printf '%016x' "$1")
    until_true 10 dropped
    sleep 0.1
    is "$(status "$pid" CapPrm) $(status "$pid" CapEff) $(status "$pid" CapInh) $(
        status "$pid" CapAmb)" "$set $set 0000000000000000 0000000000000000" "$2"
}

# records DESCRIPTION FILE...: the pings of client, and ends well.
records()
{
    in_ns client ping -q -c 20 -i 0.01 10.9.1.2 >/dev/null
    sleep 0.2
    stop
    is "$(printed --netns "${prefix}client" -f icmp "${@:2}") $recorder_status" '40 0' "$1"
}

# is_filtered PID TEXT
is_filtered()
{
    if grep -q 'libseccomp\.so' "$bin/nstrail-capture" && ! sanitized; then
        is "$(status "$1" Seccomp)" 2 "$2"
    else
        skip 'built without libseccomp, or with a sanitizer' "$2"
    fi
}

# -- root

record root "$work/roots/root.nst" || exit
has "$bpf" 'root keeps CAP_BPF alone'
is "$(status "$recorder" Uid)" '0 0 0 0' 'root stays root'
is_filtered "$recorder" 'it has a seccomp filter'
records 'and records' "$work/roots/root.nst"
unlike "$(cat "$recorder_words")" 'Operation not permitted|ended;' 'with nothing that it misses'

record 'name' "$work/roots/name.nst" --netns "${prefix}cl*" || exit
has $((bpf | sys_admin)) '--netns PATTERN: which may match what comes later'
records '--netns PATTERN: records' "$work/roots/name.nst"
unlike "$(cat "$recorder_words")" CAP_SYS_ADMIN '--netns PATTERN: by cookies'
record 'name' "$work/roots/later.nst" --netns "${prefix}lat*" || exit
until_true 10 dropped
add_ns later
in_ns later ping -q -c 5 -i 0.01 127.0.0.1 >/dev/null
sleep 0.2
stop
ok '--netns PATTERN: one that came later is found, in the sandbox too' \
    test "$(printed "$work/roots/later.nst")" -ge 10

# -- the inventory

# niceness PID
niceness()
{
    sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 17
}

# inventory_of FILE OPTION...: records, and $worker is the process that looks at the host.
inventory_of()
{
    record inventory "$@" || exit
    worker=$(pgrep -P "$recorder" -x nstrail-inv)
    ok 'the inventory is a process of its own' test -n "$worker"
}

inventory_of "$work/roots/stopped.nst"
has $inventory 'with CAP_SYS_ADMIN, SYS_PTRACE, NET_ADMIN, NET_BROADCAST and DAC_READ_SEARCH' \
    "$worker"
is "$(status "$worker" NoNewPrivs)" 1 'which can get no others'
is_filtered "$worker" 'and has a seccomp filter'
ok 'and comes after others' test "$(niceness "$worker")" -ge $(($(niceness "$recorder") + 10))
kill -STOP "$worker"
until_true 10 grep -q '^State:.*stopped' "/proc/$worker/status"
records 'while it does nothing, all packets are recorded' "$work/roots/stopped.nst"
unlike "$(cat "$recorder_words")" 'the inventory' 'of which nothing need be said'
ok 'and it is gone with the recorder' test ! -e "/proc/$worker"

inventory_of "$work/roots/killed.nst"
kill -KILL "$worker"
ok 'when it has ended, that is said' until_true 10 grep -q 'the inventory ended' "$recorder_words"
records 'and all packets are recorded' "$work/roots/killed.nst"

# -- the caller under sudo

export SUDO_UID=54321 SUDO_GID=54322
record sudo "$work/open/sudo.nst" -G 600 --cmd 'grep -E "^(Uid|CapEff|NoNewPrivs|Seccomp):" \
    /proc/self/status; sleep 60' >"$work/command" || exit
has "$bpf" 'under sudo CAP_BPF alone'
is "$(status "$recorder" Uid) $(status "$recorder" Gid) $(status "$recorder" Groups)" \
    '54321 54321 54321 54321 54322 54322 54322 54322 54322 ' 'under sudo it becomes the caller'
is "$(tr -s '[:blank:]' ' ' <"$work/command" | xargs)" \
    'Uid: 54321 54321 54321 54321 CapEff: 0000000000000000 NoNewPrivs: 0 Seccomp: 0' \
    '--cmd is the caller too, without our filter'
child=$(pgrep -P "$recorder" -x 'sh|sleep')
kill -HUP "$recorder"
until_true 10 test -s "$work/open/sudo.nst1"
records 'and goes on in another file' "$work"/open/sudo.nst*
is "$(stat -c %u:%g:%a "$work"/open/sudo.nst*)" $'54321:54322:600\n54321:54322:600' \
    'both of which are the caller'"'"'s'
ok '--cmd is ended' test ! -e "/proc/$child"

# It may not be killed by who is not root any more.
inventory_of "$work/open/held.nst"
has $inventory 'which stays root' "$worker"
kill -STOP "$worker"
records 'and does not hold up the end' "$work/open/held.nst"
kill -CONT "$worker"
ok 'it leaves as soon as it can' until_true 10 test ! -e "/proc/$worker"

record sudo "$work/roots/sudo.nst" -G 1 -W 2 || exit
has $((bpf | dac_override)) 'a ring where only root may write: CAP_DAC_OVERRIDE stays'
until_true 10 test -s "$work/roots/sudo.nst1"
stop
is "$(stat -c %u "$work/roots/sudo.nst1")" 54321 'and its files are the caller'"'"'s all the same'

# Root who calls it is root who runs it.
export SUDO_UID=0 SUDO_GID=0
record root "$work/open/both.nst" -G 600 || exit
until_true 10 dropped
kill -HUP "$recorder"
ok 'under sudo of root the next file is begun' until_true 10 test -s "$work/open/both.nst1"
stop
is "$(stat -c %u:%a "$work"/open/both.nst*)" $'0:600\n0:600' 'and both are root'"'"'s'
unlike "$(cat "$recorder_words")" 'Operation not permitted' 'with nothing refused'
unset SUDO_UID SUDO_GID

# -- another user

if id daemon >/dev/null 2>&1; then
    record user "$work/roots/user.nst" -Z daemon --cmd 'sleep 60' || exit
    has $((bpf | kill)) '-Z: CAP_KILL for the command, which is root'"'"'s'
    is "$(status "$recorder" Uid)" "$(id -u daemon)${IFS:0:1}$(id -u daemon) $(id -u daemon) $(
        id -u daemon)" '-Z: becomes that user'
    child=$(pgrep -P "$recorder" -x 'sh|sleep')
    records '-Z: records' "$work/roots/user.nst"
    is "$(stat -c %U "$work/roots/user.nst")" daemon '-Z: the file is that user'"'"'s'
    ok '-Z: the command is ended' test ! -e "/proc/$child"
else
    skip 'there is no user daemon' '-Z'
fi

# -- no root at all

# with CAPABILITY,...: what $with runs then is nobody who has these alone.
with()
{
    local set=-all,+${1//,/,+}
    with=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps="$set"
        --ambient-caps="$set" --bounding-set="$set")
}

# refused REGEX CAPABILITY,... OPTION...
refused()
{
    with "$2"
    "${with[@]}" "$capture" "${@:3}" >/dev/null 2>"$work/words" </dev/null
    is $? 1 "with $2: refused"
    like "$(cat "$work/words")" "$1" "with $2: names what is missing"
}

# Before 5.11 maps are locked memory, which is limited.
more=
case $(uname -r) in
5.10.*) more=,sys_resource ;;
esac
with bpf,perfmon$more
: >"$recorder_words"
"${with[@]}" "$capture" -w "$work/open/caps.nst" 2>"$recorder_words" &
recorder=$!
until_true 20 recording
is "$(status "$recorder" Uid)" '65534 65534 65534 65534' 'nobody, with CAP_BPF and CAP_PERFMON'
has "$bpf" 'keeps the first'
in_ns client ping -q -c 20 -i 0.01 10.9.1.2 >/dev/null
sleep 0.2
stop
is "$(printed --netns "$(inum client)" -f icmp "$work/open/caps.nst") $recorder_status" '40 0' \
    'and records'
unlike "$(cat "$recorder_words")" 'inventory ended' 'with what inventory there can be'
[ -z "$more" ] || refused 'CAP_SYS_RESOURCE' bpf,perfmon -w "$work/open/x"
refused 'CAP_PERFMON, which' bpf -w "$work/open/x"
refused 'CAP_BPF, which' perfmon -w "$work/open/x"
refused 'CAP_BPF and CAP_PERFMON, which' net_admin -w "$work/open/x"
refused 'CAP_SYS_PTRACE' bpf,perfmon$more -w "$work/open/x" --netns pid:1
[ -e /run/netns/host ] || refused 'CAP_SYS_PTRACE' bpf,perfmon$more -w "$work/open/x" --netns host
if [ "$(cat /proc/sys/kernel/kptr_restrict)" -gt 0 ] ||
    [ "$(cat /proc/sys/kernel/perf_event_paranoid)" -gt 1 ]; then
    refused 'CAP_SYSLOG' bpf,perfmon$more -w "$work/open/x" -p kprobe:ip_rcv
    with bpf,perfmon$more
    : >"$recorder_words"
    "${with[@]}" "$capture" -w "$work/open/stack.nst" --stack 2>"$recorder_words" &
    recorder=$!
    until_true 20 recording
    like "$(cat "$recorder_words")" 'stack traces have addresses for names; .*CAP_SYSLOG' \
        '--stack without CAP_SYSLOG: is said'
    in_ns client ping -q -c 5 -i 0.01 10.9.1.2 >/dev/null
    sleep 0.2
    stop
    "$bin/nstrail" print --format single-line --netns "$(inum client)" -f icmp \
        "$work/open/stack.nst" >"$work/printed" 2>/dev/null
    is "$(grep -cE '\[0xf[0-9a-f]{15}(, 0xf[0-9a-f]{15})+\]' "$work/printed")" 10 \
        '--stack without CAP_SYSLOG: each trace is of addresses'
else
    skip 'addresses of functions are no secret here' 'kprobes and names without CAP_SYSLOG'
fi
refused 'roots/x: Permission denied$' bpf,perfmon$more -w "$work/roots/x"
# Root without it is as anybody else.
mkdir -m 700 "$work/theirs"
chown 65534 "$work/theirs"
with=(setpriv --inh-caps=-all --bounding-set="-all,+bpf,+perfmon${more//,/,+}")
"${with[@]}" "$capture" -w "$work/theirs/x" 2>"$work/words" </dev/null
is "$?" 1 'root without CAP_DAC_OVERRIDE: refused'
like "$(cat "$work/words")" 'theirs/x: Permission denied; root needs CAP_DAC_OVERRIDE' \
    'root without CAP_DAC_OVERRIDE: names what is missing'
# Where there are cookies they are hidden.
with bpf,perfmon$more
"${with[@]}" "$capture" -w "$work/open/x" --netns "${prefix}client" --duration 0.1 2>"$work/words"
is "$?" 0 '--netns NAME without CAP_SYS_ADMIN'
if [ "$("$bin/tests/kernels/cookie")" = null ]; then
    unlike "$(cat "$work/words")" CAP_SYS_ADMIN '--netns NAME: by its inum, as for everybody'
else
    like "$(cat "$work/words")" "--netns ${prefix}client: without CAP_SYS_ADMIN .* inode number" \
        '--netns NAME: by its inum, which is said'
    "${with[@]}" "$capture" -q -w "$work/open/x" --netns "${prefix}client" --duration 0.1 \
        2>"$work/words"
    is "$(cat "$work/words")" '' '--netns NAME: not with -q'
fi
refused 'CAP_CHOWN' bpf,perfmon,setuid,setgid$more -w "$work/open/given" -Z daemon --duration 1
ok 'and the file that it could not give away is gone' test ! -e "$work/open/given"
if id daemon >/dev/null 2>&1; then
    with bpf,perfmon,chown,setuid,setgid$more
    "${with[@]}" "$capture" -w "$work/open/given" -Z daemon --duration 1 2>"$work/words" </dev/null
    is "$? $(stat -c %U:%a "$work/open/given")" '0 daemon:600' "with them the first file is that user's"
else
    skip 'there is no user daemon' '-Z without root'
fi
: >"$work/open/old"
chmod 666 "$work/open/old"
refused 'CAP_FOWNER' bpf,perfmon$more -w "$work/open/old" --duration 1
refused 'CAP_SETUID and CAP_SETGID' bpf,perfmon,chown,dac_override$more -w "$work/roots/x" -Z daemon
refused 'no such user' bpf,perfmon -w "$work/open/x" -Z "$prefix"

# -- as a service

unit=$here/../../samples/systemd/nstrail-capture.service
if command -v systemd-analyze >/dev/null; then
    sed '/^Documentation=/d; s:/usr/local/sbin/nstrail-capture:/bin/true:' "$unit" \
        >"$work/nstrail-capture.service"
    ok 'the systemd unit is sound' systemd-analyze verify "$work/nstrail-capture.service"
else
    skip 'systemd-analyze is not installed' 'the systemd unit is sound'
fi

done_testing
