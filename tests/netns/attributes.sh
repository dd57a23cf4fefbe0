#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What the file says of devices and addresses is what ip says in their namespace: of each kind of
# device that this kernel has, and of what changes while recording, as it was before and after.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin

# ------------------------------------------------------------------ devices of namespace a

devices=('lo:loopback' 'a0:veth, its other end in another namespace')

# made KIND NAME COMMAND...: makes one, if this kernel has such.
made()
{
    local kind=$1 dev=$2
    shift 2
    if "$@" 2>"$work/why"; then
        devices+=("$dev:$kind")
        return
    fi
    if grep -qE 'Unknown device type|not supported|No such (file|device)' "$work/why"; then
        skip "this kernel has none: $(tail -n 1 "$work/why")" "$kind"
    else
        result 1 "$kind: $(cat "$work/why")"
    fi
    return 1
}

# add KIND NAME OPTION...: the same by `ip link add`, and up.
add()
{
    local kind=$1 dev=$2
    shift 2
    made "$kind" "$dev" ip -n "${prefix}a" link add "$dev" "$@" &&
        ip -n "${prefix}a" link set "$dev" up
}

# pair NS DEV1 DEV2: of veth devices in one namespace, up.
pair()
{
    ip -n "$prefix$1" link add "$2" type veth peer name "$3" &&
        ip -n "$prefix$1" link set "$2" up && ip -n "$prefix$1" link set "$3" up
}

# port DEV MASTER KIND: a pair whose one end is a port of what there is.
port()
{
    pair a "$1" "${1}x" && ip -n "${prefix}a" link set "$1" down &&
        ip -n "${prefix}a" link set "$1" master "$2" && ip -n "${prefix}a" link set "$1" up &&
        devices+=("$1:$3")
}

# tuntap NAME MODE
tuntap()
{
    [ -e /dev/net/tun ] || modprobe tun
    ip -n "${prefix}a" tuntap add dev "$1" mode "$2"
}

make_devices()
{
    pair a e0 e1 && devices+=('e0:veth, its other end beside it')
    add bridge br0 type bridge && port p0 br0 'port of a bridge'
    add bond bond0 type bond mode active-backup miimon 100 && port s0 bond0 'port of a bond'
    add dummy dum0 type dummy
    add VLAN vlan0 link a0 type vlan id 7
    add VXLAN vx0 type vxlan id 7 remote 10.9.1.2 dstport 4789 dev a0
    add Geneve gen0 type geneve id 7 remote 10.9.1.2
    add macvlan mac0 link a0 type macvlan mode bridge &&
        ip -n "${prefix}a" link add mac1 link a0 type macvlan mode bridge &&
        ip -n "${prefix}a" link set mac1 netns "${prefix}d" && ip -n "${prefix}d" link set mac1 up
    add ipvlan ipv0 link e1 type ipvlan
    add GRE gre7 type gre local 10.9.1.1 remote 10.9.1.2 dev a0
    add IPIP tun7 type ipip local 10.9.1.1 remote 10.9.1.2
    made tun tun0 tuntap tun0 tun && address a tun0 10.9.8.1/30
    made tap tap0 tuntap tap0 tap
}

# ------------------------------------------------------------------ as ip has it

# note NS: what ip says of it now, for later. Ubuntu's has words amid the JSON of a VXLAN.
note()
{
    ip -n "$prefix$1" -j -d link | sed 's/fan-map *//' >"$work/$1.link" &&
        ip -n "$prefix$1" -j address >"$work/$1.address" &&
        ip -n "$prefix$1" -j netns list-id >"$work/$1.ids"
}

# devices_by_ip NS: a line for each, which begins with both names. ip has names for flags, and
# leaves out RUNNING where it says nothing of a missing carrier; it has dots in the addresses of
# IPv4 tunnels.
devices_by_ip()
{
    query "WITH link AS (SELECT value AS o FROM json_each('$(cat "$work/$1.link")')),
        id AS (SELECT value AS o FROM json_each('$(cat "$work/$1.ids")')),
        bit(name, value) AS (VALUES ('UP', 1), ('BROADCAST', 2), ('DEBUG', 4), ('LOOPBACK', 8),
            ('POINTOPOINT', 16), ('NOARP', 128), ('PROMISC', 256), ('ALLMULTI', 512),
            ('MASTER', 1024), ('SLAVE', 2048), ('MULTICAST', 4096), ('LOWER_UP', 65536),
            ('DORMANT', 131072), ('ECHO', 262144))
        SELECT '$1', o ->> 'ifname', o ->> 'ifindex',
            coalesce(o -> 'linkinfo' ->> 'info_kind', o ->> 'link_type'),
            CASE WHEN o ->> 'address' LIKE '%.%' THEN (SELECT group_concat(printf('%02x', value),
                ':') FROM json_each('[' || replace(o ->> 'address', '.', ',') || ']'))
                ELSE o ->> 'address' END,
            o ->> 'mtu',
            (SELECT sum(bit.value) FROM json_each(o, '$.flags') f JOIN bit ON bit.name = f.value) +
                64 * (o -> 'flags' LIKE '%\"UP\"%' AND o -> 'flags' NOT LIKE '%NO-CARRIER%'),
            lower(nullif(o ->> 'operstate', 'UNKNOWN')),
            (SELECT m.o ->> 'ifindex' FROM link m WHERE m.o ->> 'ifname' = link.o ->> 'master'),
            coalesce(o ->> 'link_index', (SELECT l.o ->> 'ifindex' FROM link l
                WHERE l.o ->> 'ifname' = link.o ->> 'link')),
            CASE WHEN o ->> 'link_netnsid' IS NOT NULL THEN (SELECT id.o ->> 'name' FROM id
                    WHERE id.o ->> 'nsid' = link.o ->> 'link_netnsid')
                WHEN o ->> 'link' IS NOT NULL THEN '$1' END
        FROM link"
}

addresses_by_ip()
{
    query "SELECT '$1', o.value ->> 'ifname', a.value ->> 'local', a.value ->> 'prefixlen'
        FROM json_each('$(cat "$work/$1.address")') o, json_each(o.value, '$.addr_info') a"
}

# ------------------------------------------------------------------ as the file has it

# known_devices: what `nstrail netns --json` says, as the beginning of a question.
known_devices()
{
    echo "WITH n AS (SELECT value AS o, value ->> 'label' AS label FROM json_each($known)),
        device AS (SELECT label, o.value AS o FROM n, json_each(n.o, '$.devices') o)"
}

# What was so when the recording ended, in the same lines.
devices_said()
{
    query "$(known_devices) SELECT label, o ->> 'name', o ->> 'ifindex', o ->> 'kind',
            o ->> 'mac', o ->> 'mtu', o ->> 'flags', o ->> 'operstate', o ->> 'master',
            o -> 'link' ->> 'ifindex',
            (SELECT label FROM n WHERE n.o ->> 'inum' = device.o -> 'link' ->> 'inum')
        FROM device WHERE o ->> 'at_end'"
}

addresses_said()
{
    query "$(known_devices) SELECT label, d.o ->> 'name', a.value ->> 'address',
            a.value ->> 'prefix'
        FROM n JOIN device d USING (label), json_each(n.o, '$.addresses') a
        WHERE a.value ->> 'at_end' AND d.o ->> 'at_end'
            AND d.o ->> 'ifindex' = a.value ->> 'ifindex'"
}

# devices_in TABLE: by a table that has them, s, beside their names, d.
devices_in()
{
    query "SELECT n.name, d.name, d.ifindex, s.kind, s.mac, s.mtu, s.flags, s.state,
            s.master_ifindex, s.link_ifindex, l.name
        FROM device d JOIN $1 JOIN netns n ON n.id = d.netns_id
        LEFT JOIN netns l ON l.id = s.link_netns_id
        WHERE n.name LIKE '$prefix%' AND s.last_ts_ns = n.last_ts_ns"
}

addresses_in()
{
    query "SELECT n.name, d.name, a.address, a.prefix
        FROM address a JOIN device d ON d.id = a.device_id JOIN netns n ON n.id = a.netns_id
        WHERE n.name LIKE '$prefix%' AND a.last_ts_ns = n.last_ts_ns
            AND a.family = CASE WHEN a.address LIKE '%:%' THEN 6 ELSE 4 END"
}

# counted: equal lines as one, with how many there are.
counted()
{
    LC_ALL=C sort | uniq -c | sed 's/^ *//'
}

# as_ip_says NS DEV DESCRIPTION: by JSON and by two tables.
as_ip_says()
{
    local wanted
    wanted=$(grep "^$1,$2," "$work/wanted")
    is "$(grep "^[0-9]* $1,$2," "$work/got")" "3 ${wanted:-of what ip lists}" "$3"
}

# ------------------------------------------------------------------ what changes

# states COLUMN NAME...: the devices of these names with each of their values in turn, and whether
# it was from the beginning until the changes were seen, or from then on to the end.
states()
{
    local column=$1 names
    shift
    names=$(printf "'%s'," "$@")
    query "SELECT d.name, $column,
            CASE WHEN min(s.first_ts_ns) < $began AND max(s.last_ts_ns) < max(n.last_ts_ns)
                    AND max(s.last_ts_ns) BETWEEN $began AND $stopped THEN 'before'
                WHEN min(s.first_ts_ns) BETWEEN $began AND $stopped
                    AND max(s.last_ts_ns) = max(n.last_ts_ns) THEN 'after'
                ELSE min(s.first_ts_ns) || ' to ' || max(s.last_ts_ns) || ', not by ' || $began
            END AS at
        FROM device_state s JOIN device d ON d.id = s.device_id JOIN netns n ON n.id = d.netns_id
        WHERE n.name LIKE '$prefix%' AND d.name IN (${names%,})
        GROUP BY 1, 2 ORDER BY min(s.first_ts_ns)"
}

now_ns()
{
    echo "${EPOCHREALTIME/[.,]/}000"
}

change()
{
    ip -n "${prefix}c" -batch - <<EOF
link set mtu0 mtu 1400
link set hw0 address 02:00:00:00:09:01
link set off0 down
link set old0 down
link set old0 name new0
link set move0 netns ${prefix}b
address delete 10.9.3.1/24 dev mtu0
address add 10.9.4.1/24 dev mtu0
EOF
}

# ------------------------------------------------------------------ the test

# All that leads from d to another is what hangs on a device there.
add_ns a b c d
with_ipv6 a b c d
link a a0 b b0
address a a0 10.9.1.1/24 10.9.2.1/32 fd09:1::1/64
address b b0 10.9.1.2/24 fd09:1::2/64
ip -n "${prefix}a" address add 10.9.6.1 peer 10.9.6.2/32 dev a0
make_devices
for dev in mtu hw off old move; do
    pair c ${dev}0 ${dev}1
done
address c mtu0 10.9.3.1/24
# The kernel looks once a second whether links are up.
sleep 1.5
mac=$(in_ns c cat /sys/class/net/hw0/address)
ifindex=$(in_ns c cat /sys/class/net/old0/ifindex)

record attributes "$work/attributes.nst" || done_testing
# What it sees while it looks has the time when it began to.
sleep 1.2
began=$(($(now_ns) - 1000000000))
ok 'changes' change
# It looks every two seconds, and once more when it stops.
sleep 2.5
note a && note b && note c && note d
stop
stopped=$(now_ns)
import attributes "$work/attributes.nst" || done_testing

known=$(known "$work/attributes.nst" a b c d)
for ns in a b c d; do
    devices_by_ip $ns >>"$work/wanted"
    addresses_by_ip $ns >>"$work/addresses"
done
{
    devices_said
    devices_in 'device_state s ON s.device_id = d.id'
    devices_in 'device s ON s.id = d.id'
} | counted >"$work/got"
is "$({ addresses_said; addresses_in; } | counted)" \
    "$(LC_ALL=C sort "$work/addresses" | sed 's/^/2 /')" 'addresses of both families'
for dev in "${devices[@]}"; do
    as_ip_says a "${dev%%:*}" "${dev#*:}"
done
as_ip_says b b0 'the other end of the veth'
if grep -q '"mac1"' "$work/d.link"; then
    as_ip_says d mac1 'macvlan, the device below in another namespace'
else
    skip 'this kernel has none' 'macvlan, the device below in another namespace'
fi
for dev in mtu0 hw0 off0 off1 new0 move1; do
    as_ip_says c $dev "$dev after the changes"
done

is "$(states s.mtu mtu0)" 'mtu0,1500,before
mtu0,1400,after' 'another MTU'
is "$(states s.mac hw0)" "hw0,$mac,before
hw0,02:00:00:00:09:01,after" 'another MAC address'
is "$(states 's.flags & 1' off0)" 'off0,1,before
off0,0,after' 'one that is down'
is "$(states s.state off1)" 'off1,up,before
off1,lowerlayerdown,after' 'and the other end of it'
is "$(states d.ifindex old0 new0)" "old0,$ifindex,before
new0,$ifindex,after" 'another name'
is "$(states n.name move0)" 'move0,c,before
move0,b,after' 'another namespace'
is "$(query "SELECT a.address, a.first_ts_ns > $began, a.last_ts_ns = n.last_ts_ns
        FROM address a JOIN netns n ON n.id = a.netns_id
        WHERE n.name = '${prefix}c' AND a.address LIKE '10.%' ORDER BY 1")" '10.9.3.1,0,0
10.9.4.1,1,1' 'another address'
is "$(query "$(known_devices) SELECT o ->> 'mtu', o ->> 'first_time_ns',
            o ->> 'last_time_ns', o ->> 'at_end'
        FROM device WHERE o ->> 'name' = 'mtu0' ORDER BY 2")" \
    "$(query "SELECT s.mtu, s.first_ts_ns, s.last_ts_ns, s.last_ts_ns = n.last_ts_ns
        FROM device_state s JOIN device d ON d.id = s.device_id JOIN netns n ON n.id = d.netns_id
        WHERE n.name = '${prefix}c' AND d.name = 'mtu0' ORDER BY 2")" \
    'times in JSON are those in the database'
done_testing
