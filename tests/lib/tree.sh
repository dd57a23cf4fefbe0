# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash disable=SC2034,SC2154
#
# For tests that look at the tree; sourced after tap.sh, with $here the folder tests/. Goes to the
# tree's top, that of NSTRAIL_CHECKOUT, else of srcdir: $files has the paths of its files, $git is
# empty where it is a released tree, not a checkout.

root=$(cd "${NSTRAIL_CHECKOUT:-${srcdir:-$here/..}}" && pwd -P) && cd "$root" || exit

# Also for a checkout of another owner, as root has it in a container.
in_git()
{
    git -c safe.directory='*' "$@" 2>/dev/null
}

if [ "$(in_git rev-parse --show-toplevel)" = "$root" ]; then
    git=1
    mapfile -t files < <(in_git ls-files -co --exclude-standard | while IFS= read -r f; do
        [ ! -f "$f" ] || printf '%s\n' "$f"; done)
else
    git=
    mapfile -t files < <(find format bpf capture analyze tests samples -type f \
        ! -name '*.o' ! -name '*.lo' ! -name '*.log' ! -name '*.trs' ! -path '*/.*' | sort)
fi

# of PATTERN...: the files whose path matches one of these extended regular expressions.
of()
{
    printf '%s\n' "${files[@]}" | grep -E "$(IFS='|'; printf '%s' "$*")"
}

scripts()
{
    of '\.sh$'
    printf '%s\n' "${files[@]}" | grep -v '\.sh$' | xargs grep -lE -m1 '^#!/bin/(ba)?sh'
}

# nothing DESCRIPTION COMMAND...: it prints no line, and there is such a command.
nothing()
{
    local description=$1 lines
    shift
    lines=$("$@")
    [ $? -ne 127 ] || lines="$1: not found"
    is "$lines" '' "$description"
}
