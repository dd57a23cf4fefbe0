#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Runs every fuzzer over the corpus, and nstrail, where it is built, over its files.

set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/lib/tap.sh
. "$here/../lib/tap.sh"
# shellcheck source=tests/lib/work.sh
. "$here/../lib/work.sh"

fuzzers=$bin/tests/fuzz
"$fuzzers/make_corpus" . || exit

ok 'decode_file' "$fuzzers/decode_file" file/*
ok 'decode_meta' "$fuzzers/decode_meta" frames/*
ok 'decode_packets' "$fuzzers/decode_packets" frames/*
ok 'roundtrip_events' "$fuzzers/roundtrip_events" events/* frames/*

if [ ! -x "$bin/nstrail" ]; then
    skip 'nstrail on the corpus' 'the analyzer is not built'
    done_testing
fi
for path in file/*; do
    name=${path#file/}
    wanted=2 # done in part: the blocks around it
    [[ $name != good-* ]] || wanted=0
    wrong=
    rm -f out.db out.pcapng
    for arguments in "print $path" "import -d out.db $path" "export -w out.pcapng $path"; do
        # shellcheck disable=SC2086
        "$bin/nstrail" $arguments >out 2>errors </dev/null
        status=$?
        [ $status -eq $wanted ] ||
            wrong="$wrong${wrong:+, }$arguments: status $status: $(head -n 3 errors)"
    done
    is "$wrong" '' "nstrail on $name"
done

# What this version lacks is named, once, and the rest is printed: of a file and of a pipe.
# lacks NAME EVENTS
lacks()
{
    local name=unsupported-$1 path=file/unsupported-$1 words from_file
    words="block 1 at byte [0-9]*: .*"
    from_file=$("$bin/nstrail" print --format single-line "$path" 2>errors | wc -l)
    is "$from_file, $(grep -c "^nstrail: $path: $words" errors), $(wc -l <errors)" "$(($2 + 1)), 1, 1" \
        "a file with $name: the rest of it, and why not all"
    "$bin/nstrail" print --format single-line - < <(cat "$path") >out 2>errors
    is "$?, $(wc -l <out), $(grep -c "^nstrail: -: $words" errors), $(wc -l <errors)" \
        "2, $(($2 + 1)), 1, 1" "a pipe with $name"
}
lacks column-critical 4
lacks column-critical-packets 6
lacks column-critical-tables 4
lacks encoding 4
lacks codec-zstd 4
lacks codec-unknown 4
lacks type-critical 2
for option in '--dev=*' '--probe=*'; do
    "$bin/nstrail" print "$option" file/unsupported-codec-zstd >out 2>errors
    is "$(grep -c 'block 1 at' errors)" 1 "nor is it silent, or said twice, with $option"
done

# A file of that block alone: it is as long as the good one before it, which begins behind the
# file header, whose length is in it.
zstd=file/unsupported-codec-zstd
"$bin/nstrail" print "$zstd" >out 2>errors
begin=$(($(od -An -tu4 -j12 -N4 "$zstd")))
end=$(sed -n 's/.*block 1 at byte \([0-9]*\).*/\1/p' errors)
{
    head -c "$begin" "$zstd"
    tail -c +$((end + 1)) "$zstd" | head -c $((end - begin))
} >alone
"$bin/nstrail" print alone >out 2>errors
is $? 1 'nothing else is in the file'
like "$(cat errors)" 'alone: block 1 at byte .*zstd' 'which is said'
"$bin/nstrail" print - < <(cat alone) >out 2>errors
is $? 1 'nor in the pipe'
done_testing
