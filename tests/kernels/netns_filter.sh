#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A namespace that has the inum of one that --netns means by its name and that is gone: it is
# another, also where the kernel gives no cookie, or does not tell it to who may not enter the
# namespace.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/../netns/lib.sh"
begin
need setpriv

pings=3

# watch NAME WORD...: a recorder more, to $work/NAME.nst.
watch()
{
    watch_by "$1" "${with[@]}" "$work/open/nstrail-capture" -B 1024 -w "$work/open/$1.nst" "${@:2}"
}

# talk NS ADDRESS: it pings itself there, once whoever looks at names has had the time for it.
talk()
{
    sleep 0.5
    in_ns "$1" ping -q -c $pings -i 0.2 "$2" >"$work/ping"
}

# again INUM NAME: adds namespaces of that name and a number, until one has the inum. It is $found.
again()
{
    local i
    for i in {1..100}; do
        found=$2$i
        add_ns "$found"
        [ "$(inum "$found")" != "$1" ] || return 0
        sleep 0.05
    done
    return 1
}

# got NAME: how many events of the pings of each of the three it has.
got()
{
    echo "$(printed "$work/open/$1.nst" --netns "$inum" -f 'icmp and host 127.0.0.2')" \
        "$(printed "$work/open/$1.nst" --netns "$inum" -f 'icmp and host 127.0.0.3')" \
        "$(printed "$work/open/$1.nst" --netns "$(inum wished)" -f 'icmp and host 127.0.0.4')"
}

# ------------------------------------------------------------------ the test

chmod 755 "$work"
mkdir -m 777 "$work/open"
install -m 755 "$bin/nstrail-capture" "$work/open"
add_ns wished
with=()
watch name --netns "${prefix}wished"
watch pattern --netns "${prefix}w?shed"
watch but --netns "!${prefix}wished"
# Before 5.11 maps are locked memory, which is limited.
caps=-all,+bpf,+perfmon
case $(uname -r) in
5.10.*) caps+=,+sys_resource ;;
esac
with=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps="$caps" --ambient-caps="$caps"
    --bounding-set="$caps")
watch unprivileged --netns "${prefix}wished"
watched

inum=$(inum wished)
talk wished 127.0.0.2
ip netns delete "${prefix}wished"
again "$inum" other
result $? 'an inum is used again'
talk "$found" 127.0.0.3
# The name comes back, for a namespace with another inum.
add_ns wished
talk wished 127.0.0.4
sleep 0.3
unwatch

# Each ping is sent and received at lo, and so is its answer.
n=$((4 * pings))
is "$(got name)" "$n 0 $n" '--netns NAME: while it is its name'
is "$(got pattern)" "$n 0 $n" '--netns PATTERN: while it has such a name'
is "$(got unprivileged)" "$n 0 $n" '--netns NAME, without CAP_SYS_ADMIN: while it is its name'
is "$(got but)" "0 $n 0" '--netns !NAME: while it is its name'
done_testing
