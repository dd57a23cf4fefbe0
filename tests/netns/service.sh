#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The unit of samples/systemd: systemd understands it, and within its limits, as far as they can be
# had without systemd, the recorder records and finds every namespace. With kprobes and stack
# traces too, because people will add them.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin
need systemd-analyze setpriv unshare
"$bin/tests/netns/confine" 2>/dev/null
[ $? -ne 77 ] || skip_all 'built without libseccomp'
unit=$here/../../samples/systemd/nstrail-capture.service

# value NAME: of the unit's lines with it.
value()
{
    sed -n "s/^$1=//p" "$unit" | tr '\n' ' '
}

# calls NAME...: without groups, but for what is in them. systemd 255 colours those, terminal or not.
calls()
{
    local name
    for name; do
        # shellcheck disable=SC2046 # words are wanted
        case $name in
        @*) calls $(systemd-analyze --no-pager syscall-filter "$name" 2>/dev/null |
            sed -n 's/\x1b\[[0-9]*m//g; s/^    \([@a-z_0-9-]*\)$/\1/p') ;;
        *) echo "$name" ;;
        esac
    done
}

# -- what systemd makes of it

sed "s|=/usr/local/sbin/nstrail-capture|=$bin/nstrail-capture|; /^Documentation=/d" "$unit" \
    >"$work/nstrail-capture.service"
is "$(systemd-analyze verify "$work/nstrail-capture.service" 2>&1)" '' 'systemd-analyze verify'
ok 'systemd-analyze security' systemd-analyze --no-pager --offline=true --threshold=38 security \
    "$work/nstrail-capture.service"

# -- within it

# systemd adds the first group to any list.
# shellcheck disable=SC2046 # words are wanted
allowed=$(calls @default $(value SystemCallFilter) | sort -u | paste -sd,)
families=$(value RestrictAddressFamilies)
families=${families% }
capabilities=$(value CapabilityBoundingSet | tr A-Z a-z | sed 's/cap_/,+/g; s/ //g')
read_only=$(value ReadOnlyPaths)
mkdir "$work/bin"
ln -s "$bin/nstrail" "$bin/tests" "$work/bin"
cat >"$work/bin/nstrail-capture" <<WRAPPER
#!/bin/bash
# LeakSanitizer traces its own process when that ends.
export ASAN_OPTIONS=\${ASAN_OPTIONS-}:detect_leaks=0
exec unshare -m --propagation slave bash -c '
    mount --bind "$work" "$work" && mount -o remount,bind,ro / || exit
    for path in ${read_only//-\//\/}; do
        [ -e "\$path" ] || continue
        mount --rbind "\$path" "\$path" && mount -o remount,bind,ro "\$path" || exit
    done
    ulimit -l unlimited 2>/dev/null # what kernels before 5.11 want
    exec setpriv --bounding-set "-all$capabilities" "$bin/tests/netns/confine" "$allowed" \
        "${families// /,}" "$bin/nstrail-capture" "\$@"' sh "\$@"
WRAPPER
chmod +x "$work/bin/nstrail-capture"

# found FILE: how many namespaces have a name of ours, and the devices of the one that a socket
# keeps: where the kernel lets those be opened.
found()
{
    say "$1"
    told "SELECT count(*),
            (SELECT group_concat(d.value ->> 'name') FROM n, json_each(o, '$.devices') AS d
                WHERE inum = $kept)
        FROM n, json_each(o, '$.names') AS name WHERE name.value ->> 'name' LIKE '{}%'"
}

# records WHAT FILE...: the pings of client, and ends well.
records()
{
    echo >&"${KEEPER[1]}"
    in_ns client ping -q -c 20 -i 0.01 10.9.1.2 >"$work/ping"
    sleep 0.2
    stop
    is "$recorder_status" 0 "$1: status" || diag "$(cat "$recorder_words")"
    is "$(printed --netns "${prefix}client" -f icmp --probe net:netif_receive_skb "${@:2}")" 20 \
        "$1: every packet"
}

network_pair
coproc KEEPER { "$bin/tests/netns/keeper"; }
read -r kept <&"${KEEPER[0]}"
record free "$work/free.nst" || exit
records free "$work/free.nst"
wanted=$(found "$work/free.nst")
like "$wanted" '^2\|' 'free: the names of namespaces'

# As the unit has it; `systemctl reload` in between.
bin=$work/bin
record ring "$work/trail-%Y%m%dT%H%M%S.nst" -C 256M --max-disk 10G || exit
is "$(sed -n 's/^Seccomp:[[:space:]]*//p' "/proc/$recorder/status")" 2 'ring: it is confined'
kill -HUP "$recorder"
sleep 0.5
# In the same second a number is appended.
records ring "$work"/trail-*
is "$(find "$work" -name 'trail-*' | wc -l)" 2 'ring: a new file by SIGHUP'
is "$(found "$(printf '%s\n' "$work"/trail-* | tail -n 1)")" "$wanted" 'ring: finds as many namespaces'

record stacks "$work/stacks.nst" --profile default -p kprobe:ip_rcv --stack || exit
records stacks "$work/stacks.nst"
import stacks "$work/stacks.nst" || exit
is "$(ask "SELECT count(*) > 0 FROM v_stack WHERE trace LIKE '%__dev_queue_xmit+%'")" 1 \
    'stacks: with the names of functions'
done_testing
