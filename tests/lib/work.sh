# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash disable=SC2034
#
# For tests of programs that were built; sourced. $bin is the build's folder; the test works in
# a folder of its own, $work, which goes when it ends.

bin=$(cd "${builddir:-.}" && pwd -P)
work=$(mktemp -d "${TMPDIR:-/tmp}/nstrail-test.XXXXXX") && cd "$work" || exit
trap 'rm -rf "$work"' EXIT
