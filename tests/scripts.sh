#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What shellcheck says of the tree's scripts, each with what it sources.

set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/lib/tap.sh
. "$here/lib/tap.sh"
# shellcheck source=tests/lib/tree.sh
. "$here/lib/tree.sh"

shellcheck_all()
{
    scripts | xargs -n 4 -P "$(nproc)" shellcheck -x -S warning -f gcc
}

if command -v shellcheck >/dev/null; then
    nothing 'shellcheck finds nothing' shellcheck_all
else
    skip 'shellcheck is not installed' 'shellcheck finds nothing'
fi
done_testing
