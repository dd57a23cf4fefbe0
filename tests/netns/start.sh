#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# How a recorder attaches and how much memory its rings have: what it says of that at its start, and
# that it is so.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin

network_pair
ok 'the neighbour is known' in_ns client ping -q -c 1 10.9.1.2

# starts [OPTION...]: records 20 pings; status in $status, what it said in $words.
starts()
{
    "${runner[@]}" "$bin/nstrail-capture" -w "$work/x" "$@" \
        --cmd "ip netns exec ${prefix}client ping -q -c 20 -i 0.002 10.9.1.2" >/dev/null 2>"$work/words"
    status=$?
    words=$(cat "$work/words")
}
runner=()

# starts_untyped [OPTION...]: the same where the kernel does not take tp_btf's programs.
starts_untyped()
{
    local runner=("$bin/tests/netns/untyped")
    starts "$@"
}

# refused: the options with which the kernel does not take tp_btf's programs, without a word unless
# asked for: it is attached otherwise then.
refused()
{
    local filter skb where snaplen
    for filter in '' 'udp port 7'; do
        for where in '' '--netns host -i lo'; do
            for skb in '' '--skb --stack'; do
                for snaplen in '' '-s 0'; do
                    # shellcheck disable=SC2086
                    "$bin/nstrail-capture" -w "$work/x" -B 1024 --attach tp_btf --inventory none \
                        --cmd true $where $skb $snaplen $filter >"$work/words" 2>&1 ||
                        printf '[%s]: %s\n' "$where $skb $snaplen $filter" "$(tail -n 1 "$work/words")"
                done
            done
        done
    done
}

# -- how it attaches

starts --attach raw_tp
like "$status $words" '^0 .* by raw_tp, ' '--attach raw_tp: is said'
starts --attach tp_btf
if [ "$status" -eq 0 ]; then
    like "$words" ' by tp_btf, ' '--attach tp_btf: is said'
    starts
    like "$words" ' by tp_btf, ' 'which comes first where nothing is asked for'
    is "$(grep -c 'does not take' "$work/words")" 0 'and is the best that there is'
    is "$(refused)" '' 'nor does the kernel refuse it with any options'
else
    skip 'this kernel does not take it' '--attach tp_btf'
fi

starts_untyped
like "$status $words" '^0 .*the kernel does not take the best of the BPF programs .* by raw_tp, ' \
    'a kernel that does not take tp_btf: that is said, and raw_tp it is'
is "$(printed "$work/x" --netns "${prefix}client" -f icmp)" 40 \
    'a kernel that does not take tp_btf: all is recorded'
starts_untyped --attach tp_btf
like "$status $words" '^1 .*the kernel does not take the BPF programs' \
    'a kernel that does not take tp_btf: which was asked for'

# -- memory for the rings

# memory KIB: -B KIB is a power of two for each CPU, of which there is room for some packets at least.
memory()
{
    local each=256 cpus
    record "-B $1" "$work/x" -B "$1" || return
    cpus=$(sed -n 's/.* for each of \([0-9]*\) CPUs$/\1/p' "$recorder_words")
    while [ $((2 * each * cpus)) -le "$1" ]; do
        each=$((2 * each))
    done
    like "$(cat "$recorder_words")" " with $each KiB of memory for each of $cpus CPUs\$" "-B $1: is said"
    # With a little more, for what begins near the end of a part.
    ok "-B $1: and it is so much" mapped $((each * cpus)) $((each * cpus * 33 / 32))
    stop
}

# mapped MIN MAX: the recorder has a BPF map of so many KiB in its memory, but less than MAX.
mapped()
{
    local from to file
    while IFS='- ' read -r from to _ _ _ _ file; do
        [[ $file != *bpf-map* ]] || echo $(((16#$to - 16#$from) / 1024))
    done <"/proc/$recorder/maps" | awk -v min="$1" -v max="$2" '
        { sizes = sizes " " $1 } min <= $1 && $1 < max { found = 1 }
        END { print "KiB:" sizes; exit !found }'
}

memory 64
memory 5000
memory 10000

done_testing
