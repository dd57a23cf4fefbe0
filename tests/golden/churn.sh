#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Thousands of namespaces that had one inum after the other: each is told from the rest, with its
# name and its events, by every command. So are thousands of ports of a bridge. What looks at all
# of them for each takes minutes.

set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/lib/tap.sh
. "$here/../lib/tap.sh"
# shellcheck source=tests/lib/work.sh
. "$here/../lib/work.sh"

nstrail=$bin/nstrail
lives=$(scaled 4000)
export LC_ALL=C TZ=UTC

seq -f 'life%.0f 2' 0 $((lives - 1)) >named
seq -f 'life%.0f' 0 $((lives - 1)) >names

# one_by_one FILE WHAT: the commands that tell namespaces apart, of a file and of its database.
one_by_one()
{
    "$nstrail" netns "$1" >table
    awk '$2 == 4026532177 { print $3, $(NF - 2) }' table >got
    ok "$2: netns: each has its name and its events" cmp named got
    "$nstrail" netns --json "$1" | grep -o '"label":"life[0-9]*"' | cut -d'"' -f4 >got
    ok "$2: netns --json: likewise" cmp names got
    "$nstrail" print --names "$1" | sed -n 's/.* netns \(life.*\) src \1$/\1/p' | uniq -c |
        awk '{ print $2, $1 }' >got
    ok "$2: print --names: likewise, and its address is its own" cmp named got
    "$nstrail" export -w - "$1" | grep -ao 'life[0-9]*/eth0' | cut -d/ -f1 >got
    ok "$2: export: each has an interface" cmp names got
    rm -f x.db
    "$nstrail" import -d x.db "$1"
    "$nstrail" netns x.db >got
    ok "$2: the same from a database" cmp table got
}

"$bin/tests/golden/make_churn" with.nst "$lives" 0x1000 1 1 || exit
one_by_one with.nst 'with cookies'
"$nstrail" info with.nst | sed -n '/ namespace$/,/^$/s/.*(\(life[0-9]*\))$/\1/p' >got
ok 'with cookies: info: each has its line' cmp names got
"$nstrail" netns --tree --netns host with.nst | sed -n 's/^   .- port/port/p' >got
awk 'BEGIN { for (i = 1; i <= '$lives'; i++) printf "port%d 10.0.%d.%d/16\n", i, i / 256, i % 256 }' \
    >wanted
ok 'netns --tree: each port of a bridge with its address' cmp wanted got
"$nstrail" netns -l --netns host with.nst | sed -n 's/^  Device .* \(port[0-9]*\),.*port of bridge$/\1/p
    s#^  *\(10.0.[0-9.]*/16\)$#\1#p' | sed 1d | paste -d ' ' - - >got
ok 'netns -l: likewise' cmp wanted got
"$bin/tests/golden/make_churn" without.nst "$lives" 0 1 1 || exit
one_by_one without.nst 'without'

# So many that nothing may be looked through for each of their events.
lives=$(scaled 24000)
seq -f 'life%.0f 2' 0 $((lives - 1)) >named
for cookie in 0x1000 0; do
    "$bin/tests/golden/make_churn" many.nst "$lives" "$cookie" 1 1 || exit
    timeout 60 "$nstrail" print --names many.nst | sed -n 's/.* netns \(life.*\) src \1$/\1/p' |
        uniq -c | awk '{ print $2, $1 }' >got
    ok "print --names: many more that had one address, cookies from $cookie on" \
        cmp named got
done
lives=$(scaled 8000)
seq -f 'life%.0f' 0 $((lives - 1)) >names
seq -f 'life%.0f 2' 0 $((lives - 1)) >named
for cookie in 0x1000 0; do
    "$bin/tests/golden/make_churn" block.nst "$lives" "$cookie" "$lives" 1 || exit
    timeout 60 "$nstrail" export -w - block.nst >exported
    grep -ao 'life[0-9]*/eth0' exported | cut -d/ -f1 >got
    ok "export: many in one block, cookies from $cookie on, each with its interface" cmp names got
    grep -ao '(life[0-9]*) if 2 (eth0) at' exported | tr -d '()' | cut -d ' ' -f 1 | uniq -c |
        awk '{ print $2, $1 }' >got
    ok 'and its events' cmp named got
done

"$bin/tests/golden/make_churn" turns.nst "$lives" 0 "$lives" "$(scaled 2000)" || exit
"$nstrail" netns turns.nst >table
rm -f x.db
timeout 60 "$nstrail" import -d x.db turns.nst
"$nstrail" netns x.db >got
ok 'import: thousands of inums in one block, each of which passes on' cmp table got
"$nstrail" query --csv x.db 'SELECT n.name, count(*) FROM event e JOIN netns n ON n.id = e.netns_id
    JOIN device d ON d.id = e.device_id AND d.netns_id = n.id GROUP BY n.id ORDER BY min(e.id)' |
    sed '1d; s/,/ /' >got
ok 'and each life has its device and its events' cmp named got

done_testing
