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
done_testing
