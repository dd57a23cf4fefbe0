#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# nstrail export: what it writes, block by block, and what Wireshark's tools and tcpdump make of
# it. The captures are those of tests/unit/export_capture.c.

set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/lib/tap.sh
. "$here/lib/tap.sh"
# shellcheck source=tests/lib/work.sh
. "$here/lib/work.sh"
umask 022

export_()
{
    "$bin/nstrail" export "$@"
}

dump()
{
    "$bin/tests/unit/pcapng_dump" "$1" | sed -E 's/(section .*\|nstrail )[^ ]+/\1VERSION/'
}

# fails STATUS REGEX DESCRIPTION COMMAND...
fails()
{
    local status=$1 regex=$2 description=$3 output
    shift 3
    output=$("$@" 2>&1 >/dev/null)
    is $? "$status" "$description: status $status"
    like "$output" "$regex" "$description: says why"
}

ok 'a capture of web' "$bin/tests/unit/export_capture" web web.nst || exit
ok 'a capture of another host' "$bin/tests/unit/export_capture" other other.nst || exit
ok 'a capture of nothing' "$bin/tests/unit/export_capture" empty empty.nst || exit

# golden NAME OPTION...: the export with these options is what tests/golden/ has.
golden()
{
    local name=$1
    shift
    ok "$name: export $*" export_ -w "$name.pcapng" "$@"
    ok "$name: its blocks follow the rules" "$bin/tests/unit/pcapng_dump" "$name.pcapng"
    dump "$name.pcapng" >"$name.txt"
    ok "$name: as ever" diff -u "$here/golden/export-$name.txt" "$name.txt"
}

golden web web.nst
golden all-events --all-events web.nst
golden raw-ip --raw-ip --dev tun0 web.nst
golden hosts other.nst web.nst --dev eth0
golden empty empty.nst

ok 'the order of files does not matter' export_ -w y.pcapng web.nst --dev=eth0 other.nst
dump y.pcapng | grep ^packet | cut -d' ' -f 2,3,5- >got
ok 'the order of files does not matter: the same packets' \
    diff <(grep ^packet hosts.txt | cut -d' ' -f 2,3,5-) got

export_ -w - - <web.nst | cat >pipe.pcapng
ok 'a pipe gives the same bytes' cmp web.pcapng pipe.pcapng
export_ -w x.pcapng web.nst --netns web --drop
is "$(dump x.pcapng | grep -c '^interface.*web')" 1 'filters: only interfaces that have packets'
is "$(dump x.pcapng | grep -c ^interface)" 2 'filters: and the one for what was lost'
is "$(dump x.pcapng | grep -c ^packet)" 1 'filters: only packets that were asked for'

# packets OPTION...: how many an export with these options has.
packets()
{
    export_ -w x.pcapng "$@" && dump x.pcapng | grep -c ^packet
}
in='--probe net:netif_receive_skb' out='--probe net:net_dev_start_xmit'
# shellcheck disable=SC2086
{
    is "$(packets $in $out web.nst)" 11 'one probe each way: loopback once, all others as they are'
    is "$(packets $in --probe ip_output web.nst)" 5 'a probe of no direction: not what was seen before'
    is "$(packets $in --probe ip_rcv web.nst)" 4 'two probes of one direction: the first'
    is "$(packets $in --probe ip_rcv --all-events web.nst)" 5 'or all of them'
}

# Many files with the same: more than a buffer holds, and as many packets at one moment.
mkdir many.d
for i in $(seq 300); do
    "$bin/tests/unit/export_capture" web "many.d/$i.nst" && printf '%s ' "many.d/$i.nst"
done >many
# shellcheck disable=SC2046
is "$(packets --all-events $(cat many))" 6000 'a large export: all packets'
ok 'a large export: its blocks follow the rules' "$bin/tests/unit/pcapng_dump" x.pcapng
is "$(dump x.pcapng | grep ^packet | cut -d' ' -f 3- | cut -d' ' -f 1-6,8- | sort -u | wc -l)" 19 \
    'a large export: they are the same (two drops of them are alike)'

ok 'a capture of many probes' "$bin/tests/unit/export_capture" probes probes.nst || exit
ok 'more probes than a number has room for' timeout 60 "$bin/nstrail" export -w probes.pcapng probes.nst
is "$(dump probes.pcapng | grep -c ^packet)" 70000 'and the packet of each'

is "$(stat -c %a web.pcapng)" 600 'a new file is for its owner alone'
printf 'old' >x.pcapng
chmod 644 x.pcapng
ln -s x.pcapng link.pcapng
ok 'over a file that a link means' export_ -w link.pcapng web.nst
ok 'over a file that a link means: it is replaced' cmp web.pcapng x.pcapng
ok 'over a file that a link means: the link stays' test -L link.pcapng
is "$(stat -c %a x.pcapng)" 600 'what replaces a file is for its owner alone'

fails 1 'OUT is missing' 'without -w' export_ web.nst
fails 1 'No space left' 'to a full disk' export_ -w /dev/full web.nst
fails 1 'overwritten' 'over its own input' export_ -w web.nst web.nst
ok 'over its own input: it is untouched' export_ -w x.pcapng web.nst
cp other.nst kept.nst
ln -s kept.nst kept
for out in kept.nst kept; do
    fails 1 "$out: is a capture itself" 'over another capture' export_ -w "$out" web.nst
done
ok 'over another capture: it is untouched' cmp other.nst kept.nst
"$bin/nstrail" import -d kept.db web.nst
cp kept.db before.db
fails 1 'kept.db: is a database itself: it is not overwritten' 'over a database' export_ -w kept.db web.nst
ok 'over a database: it is untouched' cmp before.db kept.db
ok 'over an export: it is replaced' export_ -w x.pcapng other.nst
mkdir folder
(ulimit -f 1 && export_ -w folder/x.pcapng --all-events web.nst) 2>words
is $? 1 'a file that grows too large: status 1'
like "$(cat words)" 'folder/x.pcapng: File too large' 'a file that grows too large: says so'
fails 1 'No such file' 'no such folder' export_ -w nowhere/x.pcapng web.nst
fails 1 'No such file' 'no such input' export_ -w folder/x.pcapng web.nst none.nst
head -c 100 web.nst >cut.nst
fails 1 'cut.nst' 'an input without a whole header or block' export_ -w folder/x.pcapng cut.nst
is "$(ls -A folder)" '' 'a failure leaves nothing behind'
head -c -200 web.nst >cut.nst
fails 2 'cut.nst' 'a torn file' export_ -w torn.pcapng cut.nst
ok 'a torn file: what is whole is exported' "$bin/tests/unit/pcapng_dump" torn.pcapng
if command -v script >/dev/null; then
    like "$(script -qec "'$bin/nstrail' export -w - web.nst" /dev/null </dev/null)" 'terminal' \
        'a terminal is refused'
else
    skip 'script is not installed' 'a terminal is refused'
fi
# shellcheck disable=SC2046
export_ --all-events -w - $(cat many) 2>words | head -c 1 >/dev/null
is "${PIPESTATUS[0]} $(cat words)" '0 ' 'a reader that goes away is no failure'
# shellcheck disable=SC2046
export_ --all-events -w /dev/stdout $(cat many) 2>words | head -c 1 >/dev/null
is "${PIPESTATUS[0]} $(cat words)" '0 ' 'nor is it one of /dev/stdout'
mkfifo fifo
head -c 1 fifo >/dev/null &
# shellcheck disable=SC2046
export_ --all-events -w fifo $(cat many) 2>words
is "$? $(cat words)" '0 ' 'nor of a named pipe'
wait

# fields FILE FIELD...: by tshark.
fields()
{
    local file=$1 args=() field
    shift
    for field; do
        args+=(-e "$field")
    done
    tshark -n -r "$file" -T fields -E separator='|' -E occurrence=f "${args[@]}" 2> >(grep -v '^Running as user' >tshark.words)
}

# What tshark has to say of each packet, from the lines of pcapng_dump.
wanted()
{
    awk '
        /^interface / { i = $2; sub(/^interface [0-9]+ [0-9]+ [0-9]+ /, ""); name[i] = $0; next }
        /^packet / {
            comment = $0
            sub(/^[^|]*\|/, "", comment)
            direction = $7 == "0x0" ? "" : sprintf("0x%08x", substr($7, 3))
            print $2 "|" $3 "|" name[$4] "|" $5 "|" $6 "|" direction "|" ($8 == "0" ? "" : $8) \
                "|" ($9 == "0" ? "" : $9) "|" comment
        }' "$1"
}

if command -v tshark >/dev/null; then
    for name in web all-events hosts; do
        wanted "$name.txt" >want
        fields "$name.pcapng" frame.number frame.time_epoch frame.interface_name \
            frame.interface_description frame.cap_len frame.len frame.packet_flags_direction \
            frame.packet_id frame.drop_count frame.comment >got
        ok "tshark reads $name as it was written" diff -u want got
    done
    ok 'tshark finds nothing to complain about' test ! -s tshark.words
    is "$(tshark -n -r web.pcapng -Y 'frame.number <= 7 && !frame.comment contains "drop"' \
        -T fields -e ip.src -e ip.dst -e icmp.type 2>/dev/null | sort -u)" \
        $'10.0.0.1\t10.0.0.2\t8' 'tshark: addresses'
    is "$(tshark -n -r web.pcapng -Y ipv6 -T fields -e eth.src -e vlan.id -e ipv6.src -e udp.dstport \
        2>/dev/null)" $'00:00:00:00:00:00\t\t2001:db8::1\t9
00:00:00:00:00:00\t100\t2001:db8::1\t9' 'tshark: an Ethernet header and a tag before L3'
    is "$(tshark -n -r web.pcapng -Y 'ieee8021ad.id == 5 && icmp' -T fields -e eth.src 2>/dev/null)" \
        '02:00:00:00:00:01' 'tshark: a VLAN tag is in its place'
    is "$(tshark -n -r raw-ip.pcapng -Y 'ipv6 && !eth && udp.dstport == 9' 2>/dev/null | wc -l)" 2 \
        'tshark: raw IP'
    is "$(tshark -n -r web.pcapng -Y _ws.malformed 2>/dev/null | wc -l)" 0 'tshark: nothing malformed'
else
    skip 'tshark is not installed' 'what tshark reads'
fi

if command -v capinfos >/dev/null; then
    capinfos -M web.pcapng >words 2>&1
    like "$(cat words)" 'Number of packets: +17' 'capinfos: packets'
    like "$(cat words)" 'Number of interfaces in file: 6' 'capinfos: interfaces'
    like "$(cat words)" 'Name = web/eth0' 'capinfos: names'
    like "$(cat words)" 'Description = ns 0x1005/4026532177 \(web\) if 2 \(eth0\)' \
        'capinfos: descriptions'
    like "$(cat words)" 'Capture oper-sys: +Linux 6.1.0 #1 SMP' 'capinfos: the system'
    like "$(cat words)" 'Number of stat entries = 1' 'capinfos: statistics'
else
    skip 'capinfos is not installed' 'what capinfos reads'
fi

if command -v tshark >/dev/null && command -v editcap >/dev/null && command -v mergecap >/dev/null; then
    ok 'editcap rewrites it' editcap web.pcapng edited.pcapng
    ok 'mergecap merges it' mergecap -w merged.pcapng web.pcapng hosts.pcapng
    what=(frame.time_epoch frame.interface_name frame.interface_description
        frame.packet_flags_direction frame.packet_id frame.drop_count frame.comment)
    fields web.pcapng "${what[@]}" >want
    fields edited.pcapng "${what[@]}" >got
    ok 'editcap keeps what we say' diff -u want got
    fields hosts.pcapng "${what[@]}" | sort - want >both
    fields merged.pcapng "${what[@]}" | sort >got
    ok 'mergecap keeps what we say' diff -u both got
else
    skip 'editcap, mergecap or tshark is not installed' 'editcap and mergecap'
fi

if command -v tcpdump >/dev/null; then
    is "$(tcpdump -nn -r web.pcapng 2>/dev/null | wc -l)" 17 'tcpdump reads every packet'
    like "$(tcpdump -nn -e -r web.pcapng vlan 5 2>&1)" 'vlan 5.*10.0.0.1 > 10.0.0.2' 'tcpdump: VLAN'
else
    skip 'tcpdump is not installed' 'what tcpdump reads'
fi

done_testing
