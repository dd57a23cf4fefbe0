#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# run.sh [--all] [NAME]...: the programs that were built here, on each kernel of the matrix (or those
# named). TAP; each check begins with the kernel's release. A kernel that cannot be had, for which
# fetch says 77, is skipped by its name. The programs come from $builddir (default: the current
# folder).
#
#   --all         each test on each kernel, and all of it: an hour. Else each kernel has the first of
#                 the lists below, and of the second those for which it is another one than the rest
#   KERNEL_TESTS  these tests, on each kernel: KERNEL_TESTS='netns/pair.sh'
#
# To add a kernel: a line in the file "matrix". To add a test: its name in the lists below. It runs
# in the machine that boot describes, as it does on the host, with the programs in the place that
# NSTRAIL_BIN names.
set -u

here=$(dirname "$(readlink -f "$0")")
builddir=${builddir:-.}
PATH=$PATH:/usr/sbin:/sbin
limit=1400 # seconds a kernel: the processors may have other things to do
machines=2 # at a time: each has two processors, and seldom needs both
everywhere=(
    kernels/differences.sh
    netns/drops.sh
    netns/pair.sh
)
# By what differs there. A kernel that is not here has the tests above.
declare -A there=(
    # No cookies, no drop reasons, no cmpxchg in BPF; maps are locked memory.
    [5.10]='kernels/who.sh netns/secret.sh'
    # Debian 12's.
    [6.1]='kernels/probes.sh'
    # Debian 13's, and the first where programs read whole packets.
    [6.12]='netns/skb.sh'
    # The newest.
    [sid]='netns/follow.sh'
)
# It takes longest, so it begins.
first=6.1
# The other way to attach is tried on the oldest and the newest of them.
raw_tp='5.10 sid'
# With --all alone.
more=(
    kernels/changes.sh
    kernels/losses.sh
    kernels/room.sh
    kernels/netns_filter.sh
    netns/attributes.sh
    netns/bridge.sh
    netns/bytes.sh
    netns/control.sh
    netns/elsewhere.sh
    netns/filter.sh
    netns/heard.sh
    netns/journeys.sh
    netns/live.sh
    netns/loopback.sh
    netns/losses.sh
    netns/names.sh
    netns/pipe.sh
    netns/privileges.sh
    netns/probes.sh
    netns/processes.sh
    netns/reuse.sh
    netns/rotate.sh
    netns/routed.sh
    netns/tracking.sh
    netns/vlan.sh
    netns/who.sh
)
programs=(
    nstrail
    nstrail-capture
    tests/kernels/cookie
    tests/netns/callers
    tests/netns/chatter
    tests/netns/keeper
    tests/netns/mapless
    tests/netns/progs
    tests/netns/traffic
    tests/unit/pcapng_dump
)
# What busybox has not, or with fewer options.
tools=(date grep install jq mountpoint nft pgrep ping script setpriv sqlite3 taskset
    tcpdump)
count=0
failures=0

# check STATUS TEXT
check()
{
    count=$((count + 1))
    if [ "$1" -eq 0 ]; then
        printf 'ok %d - %s\n' "$count" "$2"
    else
        failures=$((failures + 1))
        printf 'not ok %d - %s\n' "$count" "$2"
    fi
}

# relay RELEASE TESTS: what so many tests in a machine print becomes part of our own TAP. Each of them
# ends with its plan, and that is how one shows that stopped half way.
relay()
{
    local release=$1 tests=$2 line seen=0 plans=0
    while IFS= read -r line; do
        case $line in
        'ok '*) check 0 "$release: ${line#ok * - }" ;;
        'not ok '*) check 1 "$release: ${line#not ok * - }" ;;
        '1..0 # SKIP '*)
            plans=$((plans + 1))
            check 0 "$release: a test # SKIP ${line#1..0 # SKIP }"
            continue
            ;;
        '1..'*)
            plans=$((plans + 1))
            [ "${line#1..}" = "$seen" ] || check 1 "$release: $seen checks of ${line#1..} were made"
            seen=0
            continue
            ;;
        '#'*) echo "$line"; continue ;;
        *) echo "# $line"; continue ;;
        esac
        seen=$((seen + 1))
    done
    [ "$plans" -eq "$tests" ] || check 1 "$release: $plans of $tests tests ran to their end"
}

# tests_of NAME: those that this kernel has.
tests_of()
{
    if [ -n "${KERNEL_TESTS-}" ]; then
        xargs -rn 1 <<<"$KERNEL_TESTS"
        return
    fi
    printf '%s\n' "${everywhere[@]}"
    if [ -n "$all" ]; then
        xargs -rn 1 <<<"${there[*]} ${more[*]}" | sort -u
    else
        xargs -rn 1 <<<"${there[$1]-}"
    fi
}

# in_machine NAME: boots it, with the tests and the programs where they have each other.
in_machine()
{
    local files=() file
    for file in lib/tap.sh netns/lib.sh $(tests_of "$1"); do
        files+=("$here/../$file=/test/tests/$file")
    done
    files+=("$here/../../capture/profiles/stack=/test/capture/profiles/stack")
    for file in "${programs[@]}"; do
        files+=("$builddir/$file=/test/$file")
    done
    for file in "${tools[@]}"; do
        ! file=$(command -v "$file") || files+=("$file=/bin/${file##*/}")
    done
    [ -z "$all" ] || files+=("$work/all=/test/all")
    [[ -n $all || " $raw_tp " = *" $1 "* ]] || files+=("$work/tp_btf=/test/tp_btf")
    nice "$here/boot" -t "$limit" "$1" "$here/guest" "${files[@]}"
}

# try_kernel NAME: what came of it is in $work/NAME: errors and status, and once it was booted release
# and output.
try_kernel()
{
    local name=$1 dir place=$work/$1
    mkdir "$place"
    dir=$("$here/fetch" "$name" 2>"$place/errors") || { echo $? >"$place/status"; return; }
    cat "$dir/release" >"$place/release"
    in_machine "$name" >"$place/output" 2>"$place/errors"
    echo $? >"$place/status"
}

# report NAME: as TAP.
report()
{
    local name=$1 place=$work/$1 release=$1 status
    status=$(cat "$place/status")
    [ ! -s "$place/release" ] || release=$(cat "$place/release")
    if [ "$status" -eq 77 ]; then
        check 0 "$release # SKIP $(tail -n 1 "$place/errors")"
        return
    fi
    if [ ! -s "$place/release" ]; then
        sed 's/^/# /' "$place/errors"
        check 1 "$release: fetch ended with status $status"
        return
    fi
    relay "$release" "$(tests_of "$name" | wc -l)" <"$place/output"
    sed 's/^/# /' "$place/errors"
    [ "$status" -lt 124 ] || check 1 "$release: $(tail -n 1 "$place/errors")"
}

all=
if [ "${1-}" = --all ]; then
    all=yes limit=3600
    shift
fi
for program in "${programs[@]}"; do
    [ -x "$builddir/$program" ] || { echo "1..0 # SKIP $program was not built"; exit 0; }
done
work=$(mktemp -d "${TMPDIR:-/tmp}/nstrail-kernels.XXXXXX") || exit
trap 'rm -rf "$work"' EXIT
: >"$work/all"
: >"$work/tp_btf"
# shellcheck disable=SC2046 # words are wanted
[ $# -gt 0 ] || set -- "$first" $(sed -n 's/^\([^# ][^ ]*\) .*/\1/p' "$here/matrix" | grep -vxF "$first")
for name; do
    [ "$(jobs -pr | wc -l)" -lt "$machines" ] || wait -n
    try_kernel "$name" &
done
wait
for name; do
    report "$name"
done
echo "1..$count"
[ "$failures" -eq 0 ]
