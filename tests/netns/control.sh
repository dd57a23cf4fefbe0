#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# When and how a recording ends, what the recorder says then, and what it leaves behind.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin

network_pair
ok 'the neighbour is known' in_ns client ping -q -c 1 10.9.1.2

# run SECONDS COMMAND...: status in $status, what it said in $words. It ends by itself.
run()
{
    local limit=$1
    shift
    timeout -k 5 "$limit" "$@" >"$work/out" 2>"$work/words" </dev/null
    status=$?
    words=$(cat "$work/words")
}

# pings FILE: the echo requests and replies that client sent and received.
pings()
{
    printed "$1" --netns "${prefix}client" -f icmp
}

capture=$bin/nstrail-capture
ping20=(ip netns exec "${prefix}client" ping -q -c 20 -i 0.002 10.9.1.2)

# -- an end of its own

ip netns exec "${prefix}client" ping -q -i 0.002 10.9.1.2 >/dev/null &
traffic=$!
run 30 "$capture" -w "$work/count.nst" -c 50
is "$status" 0 '-c 50: status'
is "$(printed "$work/count.nst")" 50 '-c 50: as many events'
started=$SECONDS
run 30 "$capture" -w "$work/duration.nst" --duration 2
is "$status" 0 '--duration 2: status'
ok '--duration 2: takes about as long' test $((SECONDS - started)) -ge 2 -a $((SECONDS - started)) -le 10
ok '--duration 2: and records' test "$(pings "$work/duration.nst")" -gt 100
kill "$traffic"
wait "$traffic"

run 30 "$capture" -w "$work/cmd.nst" --cmd "${ping20[*]}"
is "$status" 0 '--cmd: status'
is "$(pings "$work/cmd.nst")" 40 '--cmd: all that the command sent and received'
run 30 "$capture" -q -w "$work/cmd.nst" --cmd true
is "$status $words" '0 ' '--cmd: with -q nothing is said of one that went well'
run 30 "$capture" -w "$work/cmd.nst" --cmd 'exit 7'
is "$status" 0 "--cmd: its status is not ours"
like "$words" '[^0-9]7([^0-9]|$)' '--cmd: but is said'

# -- signals: what is in the rings still goes to the file

for signal in INT TERM; do
    record "SIG$signal" "$work/$signal.nst" || continue
    "${ping20[@]}" >/dev/null
    stop $signal
    is "$recorder_status" 0 "SIG$signal: status"
    is "$(pings "$work/$signal.nst")" 40 "SIG$signal: nothing stays behind in the rings"
    like "$(cat "$recorder_words")" "(^|[^0-9])$(printed "$work/$signal.nst") events recorded" \
        "SIG$signal: says how many events the file has"
    like "$(cat "$recorder_words")" "[^0-9]$(stat -c %s "$work/$signal.nst") bytes" \
        "SIG$signal: and how many bytes"
    is "$(sed '1d; s/^[0-9]* //; s/\(recursion\): unknown, .*/\1/' "$recorder_words")" 'events recorded
bytes written
events lost by the rings
events lost by the disk
events lost by recursion' "SIG$signal: and what was lost, in five lines"
done
is "$(stat -c %a "$work/INT.nst")" 600 'nobody else may read the file'

# -- to a pipe

run 30 sh -c "'$capture' -w - --cmd '${ping20[*]}' | cat >'$work/pipe.nst'"
is "$(pings "$work/pipe.nst")" 40 '-w -: through a pipe to a file'
run 30 sh -c "'$capture' -w - --cmd '${ping20[*]}' | '$bin/nstrail' print --json - \
    --netns '${prefix}client' -f icmp"
is "$(grep -c '"kernel":' "$work/out")" 40 '-w -: read while it is written'
run 30 bash -c "'$capture' -w - --cmd '${ping20[*]}; sleep 3; ${ping20[*]}' | head -c 100 >'$work/head'
    exit \${PIPESTATUS[0]}"
is "$status" 0 '-w -: a reader that goes away is no failure'
if command -v script >/dev/null; then
    run 30 script -qec "'$capture' -w - -c 1" /dev/null
    is "$status" 1 '-w -: no binary to a terminal'
    like "$(cat "$work/out")" 'terminal' '-w -: and says so'
else
    skip 'script is not installed' '-w -: no binary to a terminal'
fi

# gone OPTION...: prints to a reader that has gone already.
gone()
{
    run 30 bash -c '(sleep 0.3; exec "$@") | :; exit "${PIPESTATUS[0]}"' bash "$capture" "$@"
    is "$status" 0 "$*: a reader that goes away is no failure"
    unlike "$words" 'standard output' "$*: nor is it said"
}

for option in --help --version --list-probes; do
    gone "$option"
    trap '' PIPE
    gone "$option"
    trap - PIPE
done
run 30 sh -c "exec '$capture' --help >/dev/full"
is "$status $words" '1 nstrail-capture: standard output: No space left on device' \
    '--help: to a full disk is one'

# -- a start that fails, because here are no kprobes: the last thing that can

cp "$work/count.nst" "$work/before.nst"
run 30 "$capture" -w "$work/before.nst" -p kprobe:ip_rcv --duration 0.1
if [ "$status" -eq 0 ]; then
    skip 'this kernel has kprobes' 'a start that fails: what was there before'
else
    ok 'a start that fails: what was there before is' cmp "$work/count.nst" "$work/before.nst"
    run 30 "$capture" -w "$work/never.nst" -p kprobe:ip_rcv --duration 0.1
    ok 'a start that fails: what was not is not' test ! -e "$work/never.nst"
fi

# -- a pipe that nobody reads yet

mkfifo "$work/fifo"
timeout --preserve-status -s INT 0.5 "$capture" -w "$work/fifo" 2>"$work/words" </dev/null
like "$? $(cat "$work/words")" '^1 nstrail-capture: .*fifo: stopped before anybody read it$' \
    'a pipe that nobody reads: SIGINT ends it'
"$capture" -w "$work/fifo" --duration 0.5 2>"$work/words" </dev/null &
sleep 0.3
cat "$work/fifo" >"$work/late.nst"
wait $!
is "$? $("$bin/nstrail" info --json "$work/late.nst" | jq '.files[0].ended' 2>/dev/null)" '0 true' \
    'a pipe that is read late: the reader has all of it'
like "$(cat "$work/words")" $'\n0 events lost by the reader of the pipe\n' \
    'a pipe that is read late: which is said'

cat "$work/fifo" >"$work/first.nst" &
reader=$!
: >"$recorder_words"
"$capture" -w "$work/fifo" 2>"$recorder_words" </dev/null &
recorder=$!
until_true 20 recording
kill -HUP "$recorder"
until_true 5 test -e "$work/fifo1"
stop
wait "$reader"
is "$recorder_status $(grep -Ec '^0 events lost by (the reader of the pipe|the disk)$' "$recorder_words")" '0 2' \
    'a pipe, and by SIGHUP a file: both are said to have lost nothing'
rm "$work/fifo1"

# -- what other users could read, or lead elsewhere

mkdir -m 777 "$work/shared"
: >"$work/shared/theirs"
: >"$work/shared/target"
ln -s target "$work/shared/link"
chown -h 65534 "$work/shared/theirs" "$work/shared/link"
for file in theirs link; do
    run 10 "$capture" -w "$work/shared/$file" --duration 0.1
    like "$status $words" '^1 nstrail-capture: .*: is a (file|link) of user 65534, who could read or' \
        "another user's $file is not written to"
done
is "$(stat -c %s:%a "$work/shared/target")" 0:644 'nor what their link leads to'
SUDO_UID=65534 SUDO_GID=65534 run 10 "$capture" -w "$work/shared/theirs" --duration 0.1
is "$status" 0 'it is to, if they are who calls'

# -- SIGHUP that was ignored before

cat <"$work/fifo" >"$work/nohup.nst" &
reader=$!
: >"$recorder_words"
trap '' HUP
"$capture" -w - >"$work/fifo" 2>"$recorder_words" &
recorder=$!
trap 'exit 1' HUP
until_true 20 recording
kill -HUP "$recorder"
sleep 0.3
"${ping20[@]}" >/dev/null
stop
wait "$reader"
is "$recorder_status $(pings "$work/nohup.nst")" '0 40' 'nohup: SIGHUP does not end a recording to a pipe'
if command -v script >/dev/null; then
    # Ends by itself, for it is not the test's own process.
    script -qec "trap '' HUP; echo \$\$ >'$work/pid'; exec '$capture' -w '$work/tty.nst' \
        --duration 30 2>'$work/tty.words'" /dev/null </dev/null >/dev/null 2>&1 &
    terminal=$!
    until_true 20 grep -qs recording "$work/tty.words"
    read -r pid <"$work/pid"
    kill -KILL "$terminal"
    wait "$terminal" 2>/dev/null
    ok 'nohup: when the terminal goes, a new file is begun' until_true 10 test -s "$work/tty.nst1"
    sleep 0.3
    "${ping20[@]}" >/dev/null
    kill -INT "$pid"
    ok 'nohup: SIGINT ends it' until_true 10 grep -q 'events recorded' "$work/tty.words"
    is "$(pings "$work/tty.nst1")" 40 'nohup: and until then the recording goes on'
else
    skip 'script is not installed' 'nohup: when the terminal goes'
fi

# -- two at once

"$capture" -w "$work/second.nst" 2>"$work/second.words" &
second=$!
until_true 20 grep -q recording "$work/second.words"
record "two recorders" "$work/first.nst" || exit
"${ping20[@]}" >/dev/null
stop
kill -INT "$second"
wait "$second"
is $? 0 'two recorders: status of the other'
is "$(pings "$work/first.nst") $(pings "$work/second.nst")" '40 40' 'two recorders: both see all'

# -- killed

# programs PID: the BPF programs that it holds, directly or by a link.
programs()
{
    sed -n 's/^prog_id:[[:space:]]*//p' /proc/"$1"/fdinfo/* 2>/dev/null | sort -un
}

left_behind()
{
    # shellcheck disable=SC2086 # ids
    [ -z "$("$bin/tests/netns/progs" $ids)" ]
}

record SIGKILL "$work/killed.nst" || exit
ids=$(programs "$recorder" | tr '\n' ' ')
"${ping20[@]}" >/dev/null
sleep 2 # what is in the rings or in an open block is lost with its process
like "$ids" '[0-9]' 'SIGKILL: the recorder holds programs'
ok 'SIGKILL: they are the ones that the kernel has' \
    test "$("$bin/tests/netns/progs" $ids | wc -w)" -eq "$(wc -w <<<"$ids")"
kill -KILL "$recorder"
ended 2>/dev/null
ok 'SIGKILL: no program stays behind' until_true 5 left_behind
run 10 "$bin/nstrail" print --json "$work/killed.nst"
is "$status" 0 'SIGKILL: the file can be read'
like "$words" 'killed\.nst' 'SIGKILL: that it has no end is said'
is "$(pings "$work/killed.nst")" 40 'SIGKILL: with all that was written'

# -- misuse

# refused DESCRIPTION REGEX OPTION...
refused()
{
    local description=$1 regex=$2
    shift 2
    run 20 "$@"
    is "$status" 1 "$description: status 1"
    like "$words" "$regex" "$description: says why"
    is "$(wc -l <"$work/words")" 1 "$description: in one line"
}

refused 'bad filter' 'syntax error.*no such filter' "$capture" -w "$work/x" -c 1 no such filter
refused 'snaplen' '65535' "$capture" -w "$work/x" -c 1 -s 65536
refused 'negative snaplen' '-s' "$capture" -w "$work/x" -c 1 -s -1
refused 'no such folder' "$work/none" "$capture" -w "$work/none/x" -c 1
mkdir "$work/disk"
if mount -t tmpfs -o ro tmpfs "$work/disk" 2>/dev/null; then
    refused 'a disk that cannot be written' 'disk/x: Read-only' "$capture" -w "$work/disk/x" -c 1
else
    skip 'may not mount a tmpfs' 'a disk that cannot be written'
fi
refused 'a name that no namespace has' "netns.*${prefix}none" \
    "$capture" -w "$work/x" -c 1 --netns "${prefix}none"
refused 'a path that is no namespace' 'netns.*/etc/passwd' \
    "$capture" -w "$work/x" -c 1 --netns /etc/passwd
refused 'a path that is not there' "netns.*$work/none" \
    "$capture" -w "$work/x" -c 1 --netns "$work/none"
refused 'a process that is not there' 'netns.*pid:4194305' \
    "$capture" -w "$work/x" -c 1 --netns pid:4194305
refused 'rings that no machine has the memory for' '-B 1099511627776: the kernel has no memory' \
    "$capture" -w "$work/x" -c 1 -B 1099511627776
inum=$(inum client)
refused 'a namespace that is wanted and left out' \
    "netns ${prefix}client and !$inum are the same namespace" \
    "$capture" -w "$work/x" -c 1 --netns "${prefix}client" --netns "!$inum"
refused 'the same by two paths' "netns /run/.*client are the same namespace" "$capture" -w "$work/x" \
    -c 1 --netns "!${prefix}client" --netns "/run/../run/netns/${prefix}client"
run 20 "$capture" -w "$work/but.nst" --cmd "${ping20[*]}" --netns "${prefix}*" --netns "!$inum"
is "$status $(pings "$work/but.nst") $(printed "$work/but.nst" --netns "${prefix}server" -f icmp)" \
    '0 0 40' 'a pattern may mean one that is left out'
run 20 "$capture" -w "$work/any.nst" --cmd "${ping20[*]}" -i any -i "${prefix}0"
is "$status $(pings "$work/any.nst")" '0 40' '-i any and another: all devices'
like "$words" '-i any: all devices' '-i any and another: is said'
unlike "$words" 'no device' '-i any and another: and nothing else of it'
refused '-i with a namespace before the device' "-i client/eth0: .* no '/'; --netns is for its namespace" \
    "$capture" -w "$work/x" -c 1 -i client/eth0
refused '-i any and a name that none can have' 'has 1 to 15 bytes' \
    "$capture" -w "$work/x" -c 1 -i any -i 0123456789abcdef
run 20 "$capture" --list-probes 'tp::*'
like "$status $words" '^1 .*no probe matches tp::\*' \
    'a tracepoint of an unknown group is not listed, and so matches nothing'
if unshare -m true 2>/dev/null; then
    # shellcheck disable=SC2016 # for the shell inside
    refused 'a kernel without BTF' 'btf/vmlinux: No such.*CONFIG_DEBUG_INFO_BTF' unshare -m sh -c \
        'mount -t tmpfs none /sys/kernel/btf && exec "$@"' sh "$capture" -w "$work/x" -c 1
else
    skip 'may not make a mount namespace' 'a kernel without BTF'
fi
mapless=$bin/tests/netns/mapless
refused 'a kernel without BPF rings' 'no BPF ring buffer.*Linux 5\.8' \
    "$mapless" 22 "$capture" -w "$work/x" -c 1
refused 'a kernel without memory' 'BPF ring buffer: Cannot allocate memory$' \
    "$mapless" 12 "$capture" -w "$work/x" -c 1
refused 'a kernel that lets us make no map' 'is this a container' \
    "$mapless" 1 "$capture" -w "$work/x" -c 1
refused 'no drops to have a reason' 'none of the probes records drops' \
    "$capture" -w "$work/x" -c 1 --profile ifdump --drop-reason NO_SOCKET
if command -v setpriv >/dev/null; then
    chmod 755 "$work"
    install -m 755 "$capture" "$work/capture"
    refused 'not root' 'needs root, or CAP_BPF and CAP_PERFMON, which this process lacks' \
        setpriv --reuid=65534 --regid=65534 --clear-groups "$work/capture" -w /dev/null -c 1
else
    skip 'setpriv is not installed' 'not root'
fi

# -- a device that goes

record gone "$work/gone.nst" -i "${prefix}0" || exit
like "$(cat "$recorder_words")" "-i ${prefix}0: no device has such a name now, as far as the inv" \
    'a device that is not there: is said'
run 20 "$capture" -w "$work/x" --duration 0.1 -i c0 -i 's[0]'
unlike "$words" 'no device' 'devices of other namespaces: nothing is'
run 20 "$capture" -w "$work/x" --duration 0.1 -i c0 --inventory=none
like "$words" '-i c0: no device here has such a name now; one that comes, or of another namespace, is' \
    'devices of other namespaces, without an inventory: that is said'
for round in 1 2; do
    ip -n "${prefix}client" link add "${prefix}0" type veth peer name gone1 netns "${prefix}server"
    ip -n "${prefix}client" link set "${prefix}0" up
    ip -n "${prefix}server" link set gone1 up
    address client "${prefix}0" 10.9.2.1/24
    address server gone1 10.9.2.2/24
    ok "a device that comes: ping $round" in_ns client ping -q -c 10 -i 0.01 10.9.2.2
    ip -n "${prefix}client" link delete "${prefix}0"
done
stop
is "$recorder_status" 0 'a device that goes: status'
is "$("$bin/nstrail" print --json --dev "${prefix}0" -f icmp "$work/gone.nst" 2>/dev/null |
    grep -c '"kernel":')" 40 'a device that goes, and one that comes by its name: both are recorded'

# -- namespaces that are not there

run 30 "$capture" -w "$work/x" --duration 0.1 --netns 1 --netns '!2' --netns "$(inum client)"
is "$status" 0 'an inum that is not there: status'
like "$words" '--netns 1: no namespace here has this inum now, .* is recorded' \
    'an inum that is not there: is said'
like "$words" '--netns !2: no namespace here has this inum now, .* is left out' \
    'an inum that is not there, to be left out: is said'
unlike "$words" "--netns $(inum client)" 'an inum that is there: nothing is said'
run 30 "$capture" -q -w "$work/x" --duration 0.1 --netns 1
is "$words" '' 'an inum that is not there: nothing is said with -q'
run 30 "$capture" -w "$work/x" --duration 0.1 --netns 0x7ffffffffffffff1
if [ "$("$bin/tests/kernels/cookie")" = null ]; then
    unlike "$words" 'no namespace' 'a cookie: nobody knows any here'
else
    like "$words" '--netns 0x7ffffffffffffff1: no namespace here has this cookie now' \
        'a cookie that is not there: is said'
fi

# -- whose file it is

run 30 env SUDO_UID=65534 SUDO_GID=65534 SUDO_USER=nobody "$capture" -w "$work/sudo.nst" --duration 1
is "$status $(stat -c %u:%a "$work/sudo.nst")" '0 65534:600' "under sudo the file is its caller's"

done_testing
