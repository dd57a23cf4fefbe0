#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Imports that cannot be done: one clear message, status 1, nothing left behind, and a database
# that was there before is as it was.

set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/lib/tap.sh
. "$here/../lib/tap.sh"
# shellcheck source=tests/lib/work.sh
. "$here/../lib/work.sh"

trap 'exec 9>&-; rm -rf "$work"' EXIT
"$bin/tests/sql/make_captures" . || exit
mkdir d
"$bin/nstrail" import alpha.0.nst -d d/old.db || exit
cp d/old.db old.db

import()
{
    "$bin/nstrail" import "$@"
}

# says WORDS ARGUMENT...: status 1, these words, and the folder d as it was.
says()
{
    local words=$1 output
    shift
    output=$(import "$@" 2>&1)
    is "$?: $output" "1: $words" "says: import $(printf '%q ' "$@")"
    left_alone "$(printf '%q ' "$@")"
}

left_alone()
{
    is "$(ls -A d)" old.db "nothing left: $1"
    ok "unchanged: $1" cmp old.db d/old.db
}

says 'nstrail: import: into which database? Name it with -d DB' alpha.0.nst
says 'nstrail: import: expects FILE...; see nstrail import --help' -d d/new.db
says 'nstrail: a database cannot be written to standard output' alpha.0.nst -d -
says 'nstrail: d: not a regular file' alpha.0.nst -d d
says 'nstrail: none/new.db: No such file or directory' alpha.0.nst -d none/new.db
says 'nstrail: none.nst: cannot open: No such file or directory' none.nst -d d/new.db
says 'nstrail: none.nst: cannot open: No such file or directory' beta.nst none.nst -d d/old.db
for db in d/new.db d/old.db; do
    output=$(import events.csv -d $db 2>&1)
    is $? 1 "not a capture, into $db: status"
    like "$output" '^nstrail: events.csv: ' "not a capture, into $db: said"
    left_alone "not a capture, into $db"
    output=$(import --netns nobody beta.nst -d $db 2>&1)
    is $? 1 "an unknown namespace, into $db: status"
    like "$output" 'nobody' "an unknown namespace, into $db: said"
    left_alone "an unknown namespace, into $db"
done
says "nstrail: ''\\x0a: cannot open: No such file or directory" "''"$'\n' -d d/new.db

# Databases that are not ours.
cp events.csv text.db
says 'nstrail: text.db: not a database' alpha.0.nst -d text.db
ok 'text is left alone' cmp events.csv text.db
# altered OFFSET BYTES: old.db with these at that place; 60 is user_version, 68 application_id.
altered()
{
    cp old.db "$3"
    printf '%b' "$2" | dd of="$3" bs=1 seek="$1" conv=notrunc status=none
    cp "$3" "$3.before"
}
altered 68 '\0\0\0\1' other.db
says 'nstrail: other.db: a database of another program, not of nstrail' beta.nst -d other.db
ok 'a database of another program is left alone' cmp other.db other.db.before
altered 60 '\0\0\0\143' version.db
like "$(import beta.nst -d version.db 2>&1)" \
    '^nstrail: version.db: its tables are those of version 99, this program knows version [0-9]+; import' \
    'a database of another version'
ok 'and is left alone' cmp version.db version.db.before

# An empty file is an empty database.
: >empty.db
ok 'into an empty file' import beta.nst -d empty.db
is "$("$bin/nstrail" query --csv empty.db 'SELECT count(*) FROM v_event')" 'count(*)
2100' 'into an empty file: all of it'
# And a name is but a name.
ok 'a name that SQLite would take for something else' import beta.nst -d :memory:
ok 'it is a file' test -s :memory:
ok 'a name that SQLite would take for a URI' import beta.nst -d 'file:x?mode=ro'
ok 'it is a file, too' test -s 'file:x?mode=ro'

# limited BLOCKS FILE DB: an import when files cannot be longer than so many half KiB.
limited()
{
    (ulimit -f "$1" && import "$2" -d "$3" 2>&1)
}
for blocks in 0 1 20 200 300; do
    for db in d/new.db d/old.db; do
        output=$(limited $blocks beta.nst $db)
        is $? 1 "no room after $blocks, into $db: status"
        like "$output" "^nstrail: $db: [A-Z][a-z ]+$" "no room after $blocks, into $db: one message"
        left_alone "no room after $blocks, into $db"
    done
done

# A full disk: a file system in memory, in a user namespace where we are not root.
full_disk()
{
    mkdir -p full
    mount -t tmpfs -o size="$1" none full || exit 77
    [ -z "$2" ] || cp "$2" full/x.db || exit 77
    import beta.nst -d full/x.db
    printf 'status %s, left: %s\n' "$?" "$(ls -A full)"
    [ -z "$2" ] || cmp "$2" full/x.db
}
export -f full_disk import
export bin
in_user_namespace()
{
    unshare -Urm true 2>/dev/null || return 77
    unshare -Urm bash -c "$1" 2>&1
}
for size in 64k 400k; do
    output=$(in_user_namespace "full_disk $size ''")
    if [ $? -eq 77 ]; then
        skip 'no user namespaces here' "a full disk of $size"
    else
        is "$output" 'nstrail: full/x.db: No space left on device
status 1, left: ' "a full disk of $size"
    fi
done
room=$((($(wc -c <old.db) + 200000) / 1024))k
output=$(in_user_namespace "full_disk $room old.db")
if [ $? -eq 77 ]; then
    skip 'no user namespaces here' 'a full disk, a database that was there'
else
    is "$output" 'nstrail: full/x.db: No space left on device
status 1, left: x.db' 'a full disk, a database that was there'
fi

# Somebody else writes: an import that waits for its input.
mkfifo pipe
# waits DB: starts one, which has begun once this is back.
waits()
{
    "$bin/nstrail" import - -d "$1" <pipe 2>words &
    waiter=$!
    exec 9>pipe
    head -c 4096 beta.nst >&9
}
# until_true COMMAND...
until_true()
{
    local i
    for ((i = 0; i < 200; i++)); do
        "$@" && return
        sleep 0.05
    done
    return 1
}
locked()
{
    ! "$bin/nstrail" query d/old.db 'SELECT 1' >/dev/null 2>&1 || [ -e d/old.db-journal ]
}
new_file()
{
    [ "$(ls -A d | wc -l)" -gt 1 ]
}

waits d/old.db
sleep 0.5
output=$(import beta.nst -d d/old.db 2>&1)
is "$?: $output" \
    '1: nstrail: d/old.db: another program is using it; try again when that has finished' 'a busy database'
is "$("$bin/nstrail" query --csv d/old.db 'SELECT count(*) FROM file')" 'count(*)
1' 'a busy database can be read'
kill -TERM $waiter
tail -c +4097 beta.nst >&9
exec 9>&-
wait $waiter
is "$?: $(cat words)" '1: nstrail: d/old.db: interrupted' 'SIGTERM'
left_alone SIGTERM

waits d/new.db
ok 'a new database grows beside its place' until_true new_file
is "$(ls d/new.db 2>/dev/null)" '' 'and not in it'
kill -TERM $waiter
tail -c +4097 beta.nst >&9
exec 9>&-
wait $waiter
is "$?: $(cat words)" '1: nstrail: d/new.db: interrupted' 'SIGTERM: a new one'
left_alone 'SIGTERM: a new one'

# Whenever it comes. Its status is the signal's own where the program had not begun.
traps=$(trap -p EXIT HUP INT TERM)
for ms in 001 002 003 004 006 008 010 013 016 020 030 040; do
    # A signal that comes before the program has begun must not have the shell's child clean up.
    trap - EXIT HUP INT TERM
    "$bin/nstrail" import beta.nst -d d/new.db 2>words &
    waiter=$!
    eval "$traps"
    sleep "0.$ms"
    kill -TERM $waiter 2>/dev/null
    wait $waiter
    case $? in
    0) [ "$(ls -A d)" = $'new.db\nold.db' ] && rm d/new.db ;;
    1 | 143) [ "$(ls -A d)" = old.db ] ;;
    *) false ;;
    esac || { ms="not after $ms"; break; }
done 2>/dev/null
is "$ms" 040 'SIGTERM within 40 ms: all or nothing'
left_alone 'SIGTERM within 40 ms'

waits d/new.db
until_true new_file
cp old.db d/new.db
tail -c +4097 beta.nst >&9
exec 9>&-
wait $waiter
is "$?: $(cat words)" '1: nstrail: d/new.db: File exists' 'another one came meanwhile'
ok 'and is left alone' cmp old.db d/new.db
rm d/new.db

# Ctrl-C is for who writes into the pipe.
waits d/new.db
until_true new_file
kill -INT $waiter
tail -c +4097 beta.nst >&9
exec 9>&-
wait $waiter
is "$?: $(cat words)" '0: ' 'SIGINT while a pipe is read'
is "$("$bin/nstrail" query --csv d/new.db 'SELECT count(*) FROM event')" 'count(*)
2100' 'SIGINT while a pipe is read: what came is there'
rm d/new.db
left_alone 'another one came meanwhile'

done_testing
