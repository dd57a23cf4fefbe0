#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What holds for the tree as a whole: which folder may include what, a licence line in every
# source, nothing generated under version control, scripts and manuals that parse.
#
# Without git it is a released tree: then the questions about version control are skipped.

set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/lib/tap.sh
. "$here/lib/tap.sh"
# shellcheck source=tests/lib/tree.sh
. "$here/lib/tree.sh"

# includes DIR PATTERN: what sources in DIR include, as `file:#include ...`, where it matches.
includes()
{
    of "^$1/.*\.[chS]\$" | xargs -r grep -nHE "^[[:space:]]*#[[:space:]]*include[[:space:]]*$2"
}

# Quoted includes of DIR that match none of the allowed PATTERNs.
foreign()
{
    local dir=$1
    shift
    includes "$dir" '"' | grep -vE "\"($(IFS='|'; printf '%s' "$*"))\""
}

shared_headers()
{
    includes capture '"bpf/' | sed 's/.*"\(.*\)".*/\1/' | sort -u
}

unlicensed()
{
    of '\.(c|h|S|sh|py|sql|lua|awk|am|ac|inc|[1-8])$' '^samples/[a-z-]+$' '^tests/([a-z]+/)?run$' \
        '^tests/lib/' '^\.ci/' | while IFS= read -r file; do
        head -n 3 "$file" | grep -qF 'SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause' ||
            printf '%s\n' "$file"
    done
}

top_level()
{
    printf '%s\n' "${files[@]}" | sed 's:/.*::' | sort -u | grep -vxE \
        '\..*|format|bpf|capture|analyze|tests|samples|README\.md|LICENSE|NEWS|Makefile\.am|configure\.ac'
}

# Written in pieces, or this file would find itself.
unfinished()
{
    of '\.(c|h|S|sh|py|sql|lua|am|ac|inc|md|[1-8])$' | xargs grep -nHwE 'TO''DO|FIX''ME|XX''X'
}

# A file that needs headings is several files.
banners()
{
    of '\.[chS]$' | xargs grep -nHE '/\* ?[-=*]{4}'
}

# Of the build host: programs are compiled for whatever kernel runs them.
build_wants_btf()
{
    of '^configure\.ac$' '^Makefile\.am$' '/Makefile\.inc$' |
        xargs grep -nHE '/sys/kernel|vmlinux|bpftool|pahole'
}

do_not_parse()
{
    scripts | while IFS= read -r file; do
        bash -n "$file" 2>&1
    done
}

cannot_run()
{
    local file
    printf '%s\n' "${files[@]}" | xargs grep -l -m1 '^#!/' | while IFS= read -r file; do
        [ "$(head -c 2 "$file")" != '#!' ] || [ -x "$file" ] || echo "$file"
    done
}

nothing 'format/ includes only itself' foreign format 'config\.h' 'format/[^"]*'
nothing 'bpf/ includes only itself' foreign bpf 'bpf/[^"]*'
nothing 'capture/ includes itself, format/ and bpf/' \
    foreign capture 'config\.h' 'capture/[^"]*' 'format/[^"]*' 'bpf/[^"]*'
nothing 'analyze/ includes itself and format/' \
    foreign analyze 'config\.h' 'analyze/[^"]*' 'format/[^"]*'
ok 'capture/ and bpf/ share one header' test "$(shared_headers | wc -l)" -le 1
nothing 'no libbpf outside of capture/ and bpf/' includes '(format|analyze)' '<bpf/'
nothing 'no SQLite outside of analyze/' includes '(format|capture|bpf)' '<sqlite3'
nothing 'every source names its licence' unlicensed
nothing 'nothing is marked as unfinished' unfinished
nothing 'no source has banners' banners
nothing 'the build looks at no kernel, and needs no bpftool' build_wants_btf
nothing 'shell scripts parse' do_not_parse
nothing 'what begins with #! can be run' cannot_run

manuals=$(of '\.[1-8]$')

# A second .Ql of a line begins before the first has ended.
nested_quotations()
{
    # shellcheck disable=SC2086
    mandoc -T utf8 $manuals | grep $'\xe2\x80\x99\xe2\x80\x99'
}

if [ -z "$manuals" ]; then
    skip 'there is none' 'manuals parse'
elif command -v mandoc >/dev/null; then
    # shellcheck disable=SC2086
    nothing 'manuals parse' mandoc -T lint -W warning $manuals
    nothing 'no quotation in them is within another' nested_quotations
else
    skip 'mandoc is not installed' 'manuals parse'
    skip 'mandoc is not installed' 'no quotation in them is within another'
fi

if [ -n "$git" ]; then
    nothing 'nothing generated is under version control' in_git ls-files -ci --exclude-standard
    nothing 'only the known names at the top' top_level
else
    skip 'not a git checkout' 'nothing generated is under version control'
    skip 'not a git checkout' 'only the known names at the top'
fi

done_testing
