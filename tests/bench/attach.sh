#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# attach.sh BIN COUNT: seconds from the start until packets are seen by kprobes on COUNT functions,
# for nstrail-capture and for bpftrace, and the ratio of the two. The functions are the same, and
# among them some that each ping comes to; a packet must be seen at all of these. Each of the
# functions must have been attached to.
set -euo pipefail
bin=$1 count=$2
passed=(ip_rcv icmp_rcv ip_local_deliver ip_output)
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$work"' EXIT

# functions: those of the path, and others that may be traced, to the count.
functions()
{
    printf '%s\n' "${passed[@]}"
    "$bin/nstrail-capture" --list-probes 'kprobe:*' 2>/dev/null | sed 's/^kprobe://' |
        grep -vxF "$(printf '%s\n' "${passed[@]}")" |
        grep -xFf <(cut -d' ' -f1 /sys/kernel/tracing/available_filter_functions | sort | uniq -u) |
        head -n $((count - ${#passed[@]}))
}

# now: CLOCK_MONOTONIC in ns, to a hundredth of a second.
now()
{
    awk '{ printf "%d\n", $1 * 1000000000 }' /proc/uptime
}

# until_said FILE PATTERN
until_said()
{
    local left=3000
    until grep -q "$2" "$1" 2>/dev/null; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || { cat "$1" >&2; return 1; }
        sleep 0.1
    done
}

# since START: seconds to the latest of the times on stdin.
since()
{
    sort -g | tail -n 1 | awk -v start="$1" '{ printf "%.2f\n", ($1 - start) / 1e9 }'
}

by_nstrail()
{
    local start recorder function
    start=$(now)
    # shellcheck disable=SC2046 # words are wanted
    "$bin/nstrail-capture" --inventory=none -w "$work/a.nst" $(sed 's/^/-p kprobe:/' "$work/list") \
        2>"$work/words" &
    recorder=$!
    until_said "$work/words" recording
    sleep 2
    if grep -E 'cannot attach|could not be attached' "$work/words" >&2; then
        kill -INT $recorder
        return 1
    fi
    kill -INT $recorder
    wait $recorder
    for function in "${passed[@]}"; do
        "$bin/nstrail" print --format single-line --probe "kprobe:$function" "$work/a.nst" |
            sed -n '2s/ .*//p'
    done | since "$start"
}

# Its own program counts, as small as can be; the four say when they were first passed.
by_bpftrace()
{
    local start function tracer
    {
        tail -n +$((${#passed[@]} + 1)) "$work/list" | sed 's/^/kprobe:/' | paste -sd,
        echo '{ @ = count(); }'
        for function in "${passed[@]}"; do
            printf 'kprobe:%s /!@seen["%s"]/ { @seen["%s"] = nsecs; printf("%%llu %s\\n", nsecs); }\n' \
                "$function" "$function" "$function" "$function"
        done
    } >"$work/script"
    start=$(now)
    BPFTRACE_MAX_PROBES=2048 bpftrace -B line "$work/script" >"$work/out" 2>&1 &
    tracer=$!
    for function in "${passed[@]}"; do
        until_said "$work/out" " $function\$"
    done
    kill -INT $tracer
    wait $tracer || true
    sed -n 's/^\([0-9][0-9]*\) .*/\1/p' "$work/out" | since "$start"
}

functions >"$work/list"
ping -q -i 0.05 127.0.0.1 >/dev/null &
echo "kprobes: $(wc -l <"$work/list")"
[ "$(wc -l <"$work/list")" -eq "$count" ]
for round in 1 2; do
    ours=$(by_nstrail)
    theirs=$(by_bpftrace)
    echo "round $round: nstrail $ours s, bpftrace $theirs s"
done | tee "$work/rounds"
awk '{ a += $4; b += $7 } END { printf "ratio %.4f\n", a / b }' "$work/rounds"
