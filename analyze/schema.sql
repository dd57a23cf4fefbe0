-- SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
--
-- The tables of a database that `nstrail import` writes. What each column means is in the
-- table doc (doc.sql), which travels with every database; why it is so stands here.
--
-- Times are nanoseconds since 1970. Nothing is named as an SQL keyword is. A change here
-- goes with SCHEMA_VERSION in db.c, doc.sql and the manual.

CREATE TABLE capture(
    id INTEGER PRIMARY KEY,
    uuid BLOB UNIQUE,
    hostname TEXT,
    boot_id BLOB,
    kernel_release TEXT,
    kernel_version TEXT,
    machine TEXT,
    cpus INTEGER,
    tracking_exact INTEGER
) STRICT;

CREATE TABLE file(
    id INTEGER PRIMARY KEY,
    capture_id INTEGER NOT NULL REFERENCES capture,
    salt BLOB NOT NULL UNIQUE,
    sequence INTEGER NOT NULL,
    path TEXT NOT NULL,
    size_bytes INTEGER,
    events INTEGER NOT NULL,
    first_ts_ns INTEGER,
    last_block INTEGER,
    snaplen INTEGER,
    monotonic_ns INTEGER,
    boottime_ns INTEGER,
    realtime_ns INTEGER,
    writer TEXT,
    command_line TEXT,
    capture_filter TEXT,
    drop_reasons TEXT,
    ended INTEGER NOT NULL,
    bad_header INTEGER NOT NULL,
    bad_blocks INTEGER NOT NULL,
    lost_blocks INTEGER NOT NULL,
    duplicate_blocks INTEGER NOT NULL,
    skipped_bytes INTEGER NOT NULL,
    torn_bytes INTEGER NOT NULL
) STRICT;

-- A row whenever the distance between the two clocks changes in a file: mostly by the time that it
-- takes to read them, and where somebody has set the time of day.
CREATE TABLE clock(
    id INTEGER PRIMARY KEY,
    file_id INTEGER NOT NULL REFERENCES file,
    mono_ns INTEGER NOT NULL,
    offset_ns INTEGER NOT NULL
) STRICT;

-- In place of a column of event for CLOCK_MONOTONIC: one row for a block of events, or for several,
-- says how far they are from it. By that clock spans of time are measured where events came with
-- several imports, or somebody has set the time of day.
CREATE TABLE event_clock(
    event_id INTEGER PRIMARY KEY REFERENCES event,
    file_id INTEGER NOT NULL REFERENCES file,
    offset_ns INTEGER NOT NULL
) STRICT;

-- The label is stored, not computed, so that `WHERE netns = 'web'` on a view can begin here
-- and go on by event_netns: SQLite turns a LEFT JOIN round for a plain column only.
CREATE TABLE netns(
    id INTEGER PRIMARY KEY,
    capture_id INTEGER NOT NULL REFERENCES capture,
    cookie INTEGER,
    inum INTEGER NOT NULL,
    life_mono_ns INTEGER,
    name TEXT,
    container TEXT,
    initial INTEGER,
    gone INTEGER,
    owner_uid INTEGER,
    userns_inum INTEGER,
    first_mono_ns INTEGER,
    since_mono_ns INTEGER,
    last_mono_ns INTEGER,
    ended INTEGER,
    first_ts_ns INTEGER,
    last_ts_ns INTEGER,
    label TEXT NOT NULL GENERATED ALWAYS AS (coalesce(name,
        CASE WHEN initial THEN 'host' END, container, CAST(inum AS TEXT))) STORED
) STRICT;

CREATE TABLE netns_name(
    id INTEGER PRIMARY KEY,
    netns_id INTEGER NOT NULL REFERENCES netns,
    name TEXT NOT NULL,
    place TEXT NOT NULL,
    first_mono_ns INTEGER NOT NULL,
    last_mono_ns INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    first_ts_ns INTEGER NOT NULL,
    last_ts_ns INTEGER NOT NULL,
    UNIQUE(netns_id, name, place, first_mono_ns)
) STRICT;

-- In this table and those that follow, a row says what was true from one time to another. Each
-- file of a capture tells of it again: by first_mono_ns it is known to be the same row, and the
-- file that has its end (ended) knows best how long it was true. Times since 1970 are computed from
-- those of CLOCK_MONOTONIC by all rows of clock of the capture, so that the order of imports does
-- not matter.
CREATE TABLE process(
    id INTEGER PRIMARY KEY,
    netns_id INTEGER NOT NULL REFERENCES netns,
    pid INTEGER NOT NULL,
    start_boot_ns INTEGER,
    start_ts_ns INTEGER,
    comm TEXT,
    exe TEXT,
    uid INTEGER,
    cgroup TEXT,
    cmdline TEXT,
    session_leader INTEGER NOT NULL,
    pidns_init INTEGER NOT NULL,
    first_mono_ns INTEGER NOT NULL,
    last_mono_ns INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    first_ts_ns INTEGER NOT NULL,
    last_ts_ns INTEGER NOT NULL,
    UNIQUE(netns_id, pid, first_mono_ns)
) STRICT;

CREATE TABLE container(
    id INTEGER PRIMARY KEY,
    netns_id INTEGER NOT NULL REFERENCES netns,
    container_id TEXT NOT NULL,
    runtime TEXT,
    name TEXT,
    image TEXT,
    pod_namespace TEXT,
    pod_name TEXT,
    pod_uid TEXT,
    pod_container TEXT,
    pid INTEGER,
    first_mono_ns INTEGER NOT NULL,
    last_mono_ns INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    first_ts_ns INTEGER NOT NULL,
    last_ts_ns INTEGER NOT NULL,
    UNIQUE(netns_id, container_id, first_mono_ns)
) STRICT;

CREATE TABLE device(
    id INTEGER PRIMARY KEY,
    capture_id INTEGER NOT NULL REFERENCES capture,
    netns_id INTEGER REFERENCES netns,
    ifindex INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT,
    mac TEXT,
    mtu INTEGER,
    flags INTEGER,
    state TEXT,
    master_ifindex INTEGER,
    link_netns_id INTEGER REFERENCES netns,
    link_ifindex INTEGER,
    first_ts_ns INTEGER,
    last_ts_ns INTEGER
) STRICT;

-- Apart from device, which has one row that all events at it refer to.
CREATE TABLE device_state(
    id INTEGER PRIMARY KEY,
    device_id INTEGER NOT NULL REFERENCES device,
    kind TEXT,
    mac TEXT,
    mtu INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    state TEXT,
    master_ifindex INTEGER,
    link_netns_id INTEGER REFERENCES netns,
    link_ifindex INTEGER,
    first_mono_ns INTEGER NOT NULL,
    last_mono_ns INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    first_ts_ns INTEGER NOT NULL,
    last_ts_ns INTEGER NOT NULL,
    UNIQUE(device_id, first_mono_ns)
) STRICT;

CREATE TABLE address(
    id INTEGER PRIMARY KEY,
    netns_id INTEGER NOT NULL REFERENCES netns,
    ifindex INTEGER NOT NULL,
    device_id INTEGER REFERENCES device,
    family INTEGER NOT NULL,
    address TEXT NOT NULL,
    prefix INTEGER NOT NULL,
    first_mono_ns INTEGER NOT NULL,
    last_mono_ns INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    first_ts_ns INTEGER NOT NULL,
    last_ts_ns INTEGER NOT NULL,
    UNIQUE(netns_id, ifindex, address, first_mono_ns)
) STRICT;

CREATE TABLE probe(
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    symbol TEXT NOT NULL
) STRICT;

CREATE TABLE drop_reason(
    id INTEGER PRIMARY KEY,
    number INTEGER NOT NULL,
    subsys TEXT,
    name TEXT,
    label TEXT NOT NULL GENERATED ALWAYS AS
        (coalesce(subsys || '/', '') || coalesce(name, CAST(number AS TEXT))) STORED
) STRICT;

CREATE TABLE task(
    id INTEGER PRIMARY KEY,
    capture_id INTEGER NOT NULL REFERENCES capture,
    pid INTEGER NOT NULL,
    tgid INTEGER NOT NULL,
    comm TEXT NOT NULL
) STRICT;

-- What most events of a journey share, stored once. The bytes come last: SQLite reads a row
-- from its front, and long ones go to pages of their own.
CREATE TABLE packet(
    id INTEGER PRIMARY KEY,
    layer INTEGER NOT NULL,
    vlan_proto INTEGER,
    vlan_tci INTEGER,
    cut INTEGER NOT NULL,
    ethertype INTEGER,
    family INTEGER,
    protocol INTEGER,
    src TEXT,
    dst TEXT,
    sport INTEGER,
    dport INTEGER,
    bytes BLOB,
    protocol_name TEXT GENERATED ALWAYS AS (CASE protocol WHEN 1 THEN 'icmp' WHEN 2 THEN 'igmp'
        WHEN 4 THEN 'ipip' WHEN 6 THEN 'tcp' WHEN 17 THEN 'udp' WHEN 41 THEN 'ipv6'
        WHEN 47 THEN 'gre' WHEN 50 THEN 'esp' WHEN 51 THEN 'ah' WHEN 58 THEN 'icmpv6'
        WHEN 89 THEN 'ospf' WHEN 112 THEN 'vrrp' WHEN 132 THEN 'sctp' END) VIRTUAL
) STRICT;

CREATE TABLE journey(
    id INTEGER PRIMARY KEY,
    capture_id INTEGER NOT NULL REFERENCES capture,
    track INTEGER NOT NULL,
    first_mono_ns INTEGER NOT NULL,
    first_head INTEGER NOT NULL,
    first_skb INTEGER NOT NULL,
    first_ts_ns INTEGER NOT NULL,
    last_ts_ns INTEGER NOT NULL,
    duration_ns INTEGER NOT NULL,
    events INTEGER NOT NULL,
    hops INTEGER NOT NULL,
    drops INTEGER NOT NULL,
    guessed INTEGER NOT NULL,
    len_bytes INTEGER NOT NULL,
    packet_id INTEGER NOT NULL REFERENCES packet,
    from_netns_id INTEGER REFERENCES netns,
    to_netns_id INTEGER REFERENCES netns
) STRICT;

-- LAG() over the events takes seconds where this, filled while importing, takes milliseconds.
-- Spans of time are stored and the moments computed from them, because spans are short, are
-- what the index needs, and are exact where two clock anchors meet.
CREATE TABLE hop(
    id INTEGER PRIMARY KEY,
    journey_id INTEGER NOT NULL REFERENCES journey,
    ordinal INTEGER NOT NULL,
    netns_id INTEGER NOT NULL REFERENCES netns,
    entered_ts_ns INTEGER NOT NULL,
    stay_ns INTEGER NOT NULL,
    events INTEGER NOT NULL,
    first_event_id INTEGER NOT NULL REFERENCES event,
    prev_netns_id INTEGER REFERENCES netns,
    latency_ns INTEGER,
    left_ts_ns INTEGER GENERATED ALWAYS AS (entered_ts_ns + stay_ns) VIRTUAL,
    prev_left_ts_ns INTEGER GENERATED ALWAYS AS (entered_ts_ns - latency_ns) VIRTUAL
) STRICT;

-- A stack trace is known by the row of its innermost function; from there callers lead outwards.
-- Traces that have their outer functions in common share the rows of these.
CREATE TABLE stack(
    id INTEGER PRIMARY KEY,
    caller_id INTEGER REFERENCES stack,
    function TEXT NOT NULL
) STRICT;

-- One row an event: narrow, because there are millions.
CREATE TABLE event(
    id INTEGER PRIMARY KEY,
    file_id INTEGER NOT NULL REFERENCES file,
    ts_ns INTEGER NOT NULL,
    cpu INTEGER NOT NULL,
    probe_id INTEGER NOT NULL REFERENCES probe,
    netns_id INTEGER REFERENCES netns,
    netns_source INTEGER NOT NULL,
    device_id INTEGER REFERENCES device,
    rx_ifindex INTEGER,
    journey_id INTEGER REFERENCES journey,
    packet_id INTEGER NOT NULL REFERENCES packet,
    task_id INTEGER REFERENCES task,
    drop_reason_id INTEGER REFERENCES drop_reason,
    len_bytes INTEGER NOT NULL,
    caplen_bytes INTEGER NOT NULL,
    stack_id INTEGER REFERENCES stack
) STRICT;

-- Apart from event, because few captures have it.
CREATE TABLE skb(
    event_id INTEGER PRIMARY KEY REFERENCES event,
    len_bytes INTEGER NOT NULL,
    data_len_bytes INTEGER NOT NULL,
    mark INTEGER NOT NULL,
    hash INTEGER,
    priority INTEGER NOT NULL,
    protocol INTEGER,
    ip_summed INTEGER NOT NULL,
    csum_level INTEGER,
    csum INTEGER,
    csum_start INTEGER,
    csum_offset INTEGER,
    gso_type INTEGER,
    gso_size_bytes INTEGER,
    gso_segs INTEGER,
    shared_flags INTEGER NOT NULL,
    frags INTEGER NOT NULL,
    cloned INTEGER NOT NULL,
    nohdr INTEGER NOT NULL,
    fclone INTEGER NOT NULL,
    users INTEGER NOT NULL,
    dataref INTEGER NOT NULL,
    payload_dataref INTEGER NOT NULL
) STRICT;

CREATE TABLE loss(
    id INTEGER PRIMARY KEY,
    file_id INTEGER NOT NULL REFERENCES file,
    ts_ns INTEGER NOT NULL,
    counter TEXT NOT NULL,
    probe TEXT,
    cpu INTEGER,
    value INTEGER
) STRICT;

CREATE TABLE doc(
    name TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    unit TEXT,
    description TEXT NOT NULL
) STRICT;
