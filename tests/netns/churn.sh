#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Containers that come and go for a minute, several at a time, while they send: the events of each
# carry its own name and none another's, though they use each other's addresses and inums.
#
#   NSTRAIL_CHURN  seconds, 60 by default
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin
# shellcheck source=tests/netns/runc.sh
. "$here/runc.sh"
need_containers

seconds=${NSTRAIL_CHURN:-60} at_a_time=4 each=20 first_port=20000

# live NUMBER PLACE: the whole life of a container, as Docker's: it sends to a port of its own and
# lives on for a second and a half.
live()
{
    local name=c$1 port=$((first_port + $1)) id folder dev cgroup_path
    id=$(printf %s "$prefix$1" | sha256sum | cut -c 1-64)
    folder=$work/docker/containers/$id dev=v$1
    mkdir -p "$folder"
    printf '{"ID": "%s", "Name": "/%s", "Config": {"Image": "image"}}' "$id" "$prefix$name" \
        >"$folder/config.v2.json"
    cgroup_path=/$prefix/docker/$id bundle "$work/$name" "$name" /bin/sh -c \
        "/test/tests/netns/traffic udp-send 10.9.7.1 $port $each 100 200 && sleep 1.5" &&
        create "$name" "$work/$name" &&
        ip -n "${prefix}host" link add "$dev" type veth peer name eth0 netns "$pid" &&
        ip -n "${prefix}host" link set "$dev" master br0 up &&
        nsenter --net="/proc/$pid/ns/net" sh -c "ip link set eth0 up &&
            ip address add 10.9.7.$((10 + $2))/24 dev eth0" && runc start "$prefix$name" &&
        until_true 20 gone "$name" && runc delete "$prefix$name" &&
        printf '%s,%s,%s\n' "$port" "{$name}" "$(tail -n 1 "$work/$name.out")"
}

# come_and_go PLACE: one after the other, as many as the time allows.
come_and_go()
{
    local number=$1 end=$((SECONDS + seconds))
    while [ $SECONDS -lt $end ]; do
        live "$number" "$1" || cat "$work/c$number.words"
        number=$((number + at_a_time))
    done
}

# ------------------------------------------------------------------ the test

network_host
address host br0 10.9.7.1/24

record churn "$work/churn.nst" "--inventory-path=docker=$work/docker" || exit
places=()
for ((place = 0; place < at_a_time; place++)); do
    come_and_go "$place" >"$work/sent.$place" 2>&1 &
    places+=($!)
done
wait "${places[@]}"
stop
import churn "$work/churn.nst" || exit

sort -n "$work"/sent.* >"$work/wanted"
diag "$(wc -l <"$work/wanted") containers"
is "$(awk -F , -v each=$each '$3 != each || NF != 3' "$work/wanted")" '' 'each container sent'
lost_nothing churn
# differences: what of the events of ours there should not be, or should.
differences()
{
    diff "$work/wanted" - | grep '^[<>]' | head -n 20
}
is "$(ask "SELECT dport, netns, count(*) FROM main.v_event WHERE protocol = 17
        AND dport >= $first_port AND dst = '10.9.7.1' AND src LIKE '10.9.7.%' AND dev = 'eth0'
        GROUP BY 1, 2 ORDER BY 1, 2" | differences)" '' \
    'in the database the events of each have its own name'
is "$("$bin/nstrail" print --names --format single-line -f 'udp and dst host 10.9.7.1' \
    "$work/churn.nst" |
    sed -nE "s/.* > 10\.9\.7\.1\.([0-9]+) .* netns $prefix(c[0-9]+) .*/\1,{\2}/p" |
    sort -n | uniq -c | awk '{ print $2 "," $1 }' | differences)" '' 'so they have printed'
is "$(ask "SELECT name, count(DISTINCT netns_id) FROM container
    WHERE name LIKE '{c}%' GROUP BY 1 HAVING count(DISTINCT netns_id) > 1" | head -n 20)" '' \
    'none was in another namespace, not even while it was made'
for number in 0 1 2 3; do
    is "$(printed "$work/churn.nst" --netns "container:${prefix}c$number" -f udp)" "$each" \
        "and by the name of container $number there are those"
done
done_testing
