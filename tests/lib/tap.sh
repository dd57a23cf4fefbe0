# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# TAP for tests in bash; sourced. A test calls ok, is, like or skip for each thing that it
# checks and done_testing at its end. Without done_testing there is no plan, and a test that
# stops half way is an error for whoever reads its output.

tap_count=0
tap_failures=0

# diag TEXT...: what helps to understand a failure.
diag()
{
    printf '%s\n' "$@" | sed 's/^/# /'
}

# scaled COUNT: so many, or fewer where programs are slow, emulated or with sanitizers: the
# $NSTRAIL_SCALE-th part.
scaled()
{
    echo $(($1 / ${NSTRAIL_SCALE:-1}))
}

# result STATUS DESCRIPTION
result()
{
    tap_count=$((tap_count + 1))
    if [ "$1" -eq 0 ]; then
        printf 'ok %d - %s\n' "$tap_count" "$2"
        return 0
    fi
    tap_failures=$((tap_failures + 1))
    printf 'not ok %d - %s\n' "$tap_count" "$2"
    return 1
}

# ok DESCRIPTION COMMAND...: it succeeds.
ok()
{
    local description=$1 output
    shift
    if output=$("$@" 2>&1); then
        result 0 "$description"
    else
        result 1 "$description"
        diag "failed: $*" "$output"
        return 1
    fi
}

# is GOT WANTED DESCRIPTION: the same, byte for byte.
is()
{
    if [ "$1" = "$2" ]; then
        result 0 "$3"
    else
        result 1 "$3"
        diag "got:    $1" "wanted: $2"
        return 1
    fi
}

# like GOT REGEX DESCRIPTION: an extended regular expression is found in it.
like()
{
    if [[ $1 =~ $2 ]]; then
        result 0 "$3"
    else
        result 1 "$3"
        diag "got:          $1" "wanted match: $2"
        return 1
    fi
}

# unlike GOT REGEX DESCRIPTION
unlike()
{
    if [[ $1 =~ $2 ]]; then
        result 1 "$3"
        diag "got: $1" "unwanted match: $2"
        return 1
    else
        result 0 "$3"
    fi
}

# skip REASON DESCRIPTION: one thing that cannot be checked here.
skip()
{
    tap_count=$((tap_count + 1))
    printf 'ok %d - %s # SKIP %s\n' "$tap_count" "$2" "$1"
}

# skip_all REASON: nothing of this test can be checked here.
skip_all()
{
    printf '1..0 # SKIP %s\n' "$1"
    exit 0
}

done_testing()
{
    printf '1..%d\n' "$tap_count"
    [ "$tap_failures" -eq 0 ]
    exit
}
