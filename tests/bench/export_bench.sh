#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# nstrail export against editcap, which only rewrites what export wrote: the same packets, read
# from a file in the cache and written to a new file, in turn. Prints the ratio of the medians.
#
#     export_bench.sh [BUILD-FOLDER [EVENTS [ROUNDS]]]

set -u
export LC_ALL=C
bin=$(cd "${1:-.}" && pwd -P) || exit
events=${2:-1000000}
rounds=${3:-9}
name='export, speed against editcap'
work=$(mktemp -d "${TMPDIR:-/tmp}/nstrail-bench.XXXXXX") || exit
trap 'rm -rf "$work"' EXIT

command -v editcap >/dev/null || {
    printf '%s: editcap is not installed SKIP\n' "$name"
    exit 0
}
"$bin/tests/bench/mix_capture" "$work/in.nst" "$events" || exit
"$bin/nstrail" export -w "$work/in.pcapng" "$work/in.nst" || exit

# timed FILE COMMAND...: appends its seconds to FILE. The output is always a new file.
timed()
{
    local list=$1 start end
    shift
    rm -f "$work/out.pcapng"
    start=$(date +%s%N)
    "$@" || exit
    end=$(date +%s%N)
    echo "$((end - start))" >>"$list"
}

median()
{
    sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

for ((i = 0; i <= rounds; i++)); do
    timed "$work/export" "$bin/nstrail" export -w "$work/out.pcapng" "$work/in.nst"
    timed "$work/editcap" editcap "$work/in.pcapng" "$work/out.pcapng"
    # The first round fills the caches.
    [ "$i" -gt 0 ] || rm "$work/export" "$work/editcap"
done

awk -v name="$name" -v events="$events" -v bytes="$(stat -c %s "$work/in.pcapng")" \
    -v ours="$(median "$work/export")" -v theirs="$(median "$work/editcap")" 'BEGIN {
        ratio = theirs / ours
        printf "%s: %.1f (target >= 8) %s\n", name, ratio, (ratio >= 8 ? "ok" : "MISSED")
        printf "#   %d events, %.0f MB: export %.3f s (%.0f ns an event), editcap %.3f s\n",
            events, bytes / 1e6, ours / 1e9, ours / events, theirs / 1e9
    }'
