#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The library and a reader written from nstrail(5) alone agree about every field.

set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/lib/tap.sh
. "$here/../lib/tap.sh"

command -v python3 >/dev/null || skip_all 'there is no python3'
dump=${builddir:-.}/tests/unit/format_dump
work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT

ok 'a file is written' "$dump" -w "$work/file.nst"
"$dump" "$work/file.nst" >"$work/library"
is "$(wc -l <"$work/library")" 2800 'the library reads it'
python3 "$here/format_manual.py" "$work/file.nst" >"$work/manual" 2>"$work/errors"
is "$(cat "$work/errors")" '' 'a reader made from the manual reads it'
ok 'they say the same' cmp "$work/library" "$work/manual"
done_testing
