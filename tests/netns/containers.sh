#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Containers of runc on a bridge, wired as Docker does it: each is created, gets one end of a pair
# of veth devices as its eth0, and is started. Each one's traffic is recorded with its own
# namespace, that of those too which live for less than a second and use each other's inum again.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin
# shellcheck source=tests/netns/runc.sh
. "$here/runc.sh"
need_containers

count=$(scaled 1000) short_lived=5 each=20

# ------------------------------------------------------------------ containers

# wire NAME ADDRESS: the container of $pid gets an eth0 whose other end is a port of the bridge, with
# a name of its own: those of the dead stay a while. The namespace's inum and cookie are added to the
# file $work/NAME.id.
wire()
{
    local port=v$pid
    ip -n "${prefix}host" link add "$port" type veth peer name eth0 netns "$pid" &&
        ip -n "${prefix}host" link set "$port" master br0 up &&
        nsenter --net="/proc/$pid/ns/net" sh -c "ip link set lo up && ip link set eth0 up &&
            ip address add $2/24 dev eth0" || return
    printf '%s,%s\n' "$(stat -L -c %i "/proc/$pid/ns/net")" \
        "$(nsenter --net="/proc/$pid/ns/net" "$bin/tests/kernels/cookie")" >>"$work/$1.id"
}

# make NAME COMMAND...: a container that waits for its start.
make()
{
    bundle "$work/$1" "$@" && create "$1" "$work/$1"
}

# live NAME ADDRESS COMMAND...: the whole life of a container.
live()
{
    local name=$1 address=$2
    shift 2
    make "$name" "$@" && wire "$name" "$address" && runc start "$prefix$name" &&
        until_true 20 gone "$name" && runc delete "$prefix$name"
}

# serve PORT COUNT: a container "server" that ends when it has so many datagrams.
serve()
{
    make server /test/tests/netns/traffic udp-sink 10.9.7.2 "$1" "$2" && wire server 10.9.7.2 &&
        runc start "${prefix}server" && until_true 10 grep -q ready "$work/server.out"
    result $? "a server at port $1" || diag "$(cat "$work/server.words" "$work/server.out")"
}

# ------------------------------------------------------------------ questions

# id NAME: inum and cookie of each container that had that name.
id()
{
    cat "$work/$1.id"
}

# seen PORT: who saw datagrams to that port of the server, and how many.
seen()
{
    ask "SELECT n.inum, n.cookie, v.dev, v.probe, count(*)
        FROM main.v_event v JOIN event e ON e.id = v.id JOIN netns n ON n.id = e.netns_id
        WHERE v.protocol = 17 AND v.dst = '10.9.7.2' AND v.dport = $1 AND v.probe LIKE 'net:%'
        GROUP BY 1, 2, 3, 4 ORDER BY min(v.ts_ns)"
}

# ways PORT: the cookies of the namespaces that those datagrams passed, in that order.
ways()
{
    ask "SELECT way, count(*) FROM (SELECT (SELECT group_concat(cookie, ' > ') FROM
                (SELECT n.cookie FROM hop h JOIN netns n ON n.id = h.netns_id
                    WHERE h.journey_id = j.id ORDER BY h.ordinal)) AS way, j.first_ts_ns
            FROM journey j JOIN packet p ON p.id = j.packet_id
            WHERE p.protocol = 17 AND p.dst = '10.9.7.2' AND p.dport = $1)
        GROUP BY 1 ORDER BY min(first_ts_ns)"
}

# ------------------------------------------------------------------ the test

network_host
host=$(in_ns host "$bin/tests/kernels/cookie")

record containers "$work/containers.nst" || exit
serve 7001 "$count"
ok 'a client, until it has sent' live client 10.9.7.1 \
    /test/tests/netns/traffic udp-send 10.9.7.2 7001 "$count" 100 20000
ok 'until the server has all' until_true 10 gone server
is "$(sed -n 2p "$work/server.out")" "$count" 'all arrived'
runc delete "${prefix}server"

serve 7002 $((short_lived * each))
for ((i = 0; i < short_lived; i++)); do
    ok "short-lived $i" live short 10.9.7.3 \
        /test/tests/netns/traffic udp-send 10.9.7.2 7002 "$each" 100 20000
done
ok 'until the server has all of these' until_true 10 gone server
stop
import containers "$work/containers.nst" || exit

lost_nothing containers
client=$(id client) server=$(id server | head -n 1)
is "$(seen 7001 | grep -v ',v')" "$client,eth0,net:net_dev_start_xmit,$count
$server,eth0,net:netif_receive_skb,$count" 'each datagram in the namespaces of its containers'
is "$(ways 7001)" "${client#*,} > $host > ${server#*,},$count" 'on its way over the bridge'

server=$(id server | tail -n 1)
is "$(wc -l <"$work/short.id") $(id short | cut -d , -f 2 | sort -u | wc -l)" \
    "$short_lived $short_lived" 'each that lived shortly had a namespace of its own'
is "$(seen 7002 | grep -v ',v' | grep -v receive)" \
    "$(id short | sed "s/\$/,eth0,net:net_dev_start_xmit,$each/")" 'and was not missed'
is "$(ways 7002)" "$(id short | sed "s/.*,\(.*\)/\1 > $host > ${server#*,},$each/")" \
    'nor taken for another'

done_testing
