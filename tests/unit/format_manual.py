#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Reads a capture file by what nstrail(5) says and by nothing else, and prints every event with
all that it refers to, as tests/unit/format_dump does with the library. Slow, and for files that
are whole."""

import struct
import sys

M64 = (1 << 64) - 1


def crc32c_table():
    table = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
        table.append(n)
    return table


TABLE = crc32c_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def lz4_block(data, size):
    out = bytearray()
    pos = 0

    def length(n):
        nonlocal pos
        more = n == 15
        while more:
            n += data[pos]
            more = data[pos] == 255
            pos += 1
        return n

    while pos < len(data):
        token = data[pos]
        pos += 1
        n = length(token >> 4)
        out += data[pos:pos + n]
        pos += n
        if pos == len(data):
            break
        distance = struct.unpack_from('<H', data, pos)[0]
        pos += 2
        for _ in range(length(token & 15) + 4):
            out.append(out[-distance])
    assert len(out) == size
    return bytes(out)


class Column:
    """What is missing is as many zeros as are asked of it."""

    def __init__(self, data=None):
        self.data = data
        self.pos = 0

    def bytes(self, n):
        if self.data is None:
            return bytes(n)
        assert n <= len(self.data) - self.pos
        self.pos += n
        return self.data[self.pos - n:self.pos]

    def byte(self):
        return self.bytes(1)[0]

    def varint(self):
        v = shift = 0
        while True:
            byte = self.byte()
            v |= (byte & 127) << shift
            if byte < 128:
                assert v <= M64
                return v
            shift += 7

    def zigzag(self):
        v = self.varint()
        return -((v + 1) // 2) if v & 1 else v // 2

    def string(self):
        n = self.varint()
        return self.bytes(n - 1) if n else None


class Frame:
    def __init__(self, plain):
        self.columns = {}
        if not plain:
            return
        count = struct.unpack_from('<I', plain)[0]
        pos = 4 + 8 * count
        for i in range(count):
            ident, _encoding, _flags, length = struct.unpack_from('<HBBI', plain, 4 + 8 * i)
            self.columns[ident] = Column(plain[pos:pos + length])
            pos += length

    def __getitem__(self, ident):
        return self.columns.setdefault(ident, Column())


def inflate(data, codec, plain, crc):
    assert crc32c(data) == crc
    return data if codec == 0 else lz4_block(data, plain)


def index(column):
    """Of what may be missing."""
    return column.varint() - 1


def text(name):
    return '-' if name is None else name.hex() or '""'


class Addresses:
    def __init__(self, refs, values):
        self.refs, self.values, self.known = refs, values, []

    def next(self):
        n = self.refs.varint()
        if n:
            return self.known[n - 1]
        before = self.known[-1] if self.known else 0
        self.known.append((before + self.values.zigzag()) & M64)
        return self.known[-1]


class Block:
    """An EVENTS block."""

    def __init__(self, meta, pkt, events):
        self.meta, self.pkt = Frame(meta), Frame(pkt)
        self.read_dictionaries()
        self.events = []
        self.site_after = {}
        self.task_of_cpu, self.journey_of_cpu = {}, {}
        self.skbs = Addresses(self.meta[40], self.meta[45])
        self.heads = Addresses(self.meta[44], self.meta[46])
        self.scale = self.meta[47].varint()
        self.begun = [0] * 18
        for _ in range(events):
            self.events.append(self.event())

    def read_dictionaries(self):
        c = self.meta
        counts = [c[1].varint() for _ in range(7)]
        self.snaplen = c[2].varint()
        self.netns = [f'{c[3].varint()}/{c[4].varint()}' for _ in range(counts[0])]
        self.devices = []
        for _ in range(counts[1]):
            netns = index(c[5])
            self.devices.append(f'{self.netns[netns] if netns >= 0 else "-"}/{c[6].varint()}/'
                                f'{text(c[7].string())}')
        self.tasks = []
        for _ in range(counts[2]):
            pid = c[8].varint()
            tgid = (pid + c[9].zigzag()) & 0xFFFFFFFF
            self.tasks.append(f'{pid}/{tgid}/{text(c[10].string())}')
        self.probes = [f'{c[11].varint()}/{text(c[12].string())}' for _ in range(counts[3])]
        self.reasons = [f'{c[13].varint()}/{text(c[14].string())}/{text(c[15].string())}'
                        for _ in range(counts[4])]
        self.sites = [{
            'probe': c[16].varint(), 'netns': index(c[17]), 'source': c[18].byte(),
            'device': index(c[19]), 'rxif': c[20].varint(), 'reason': index(c[21]),
            'flags': c[22].byte(), 'vlan': c[23].varint(), 'stack': index(c[24])}
            for _ in range(counts[5])]
        self.frames = []
        for own in range(counts[6]):
            caller = index(c[25])
            assert caller < own
            self.frames.append((caller, text(c[26].string())))

    def stack(self, frame):
        names = []
        while frame >= 0:
            frame, name = self.frames[frame]
            names.append(name + ',')
        return '[' + ''.join(names) + ']'

    def event(self):
        c = self.meta
        last = self.events[-1] if self.events else None
        ts = ((last['ts'] if last else 0) + c[32].zigzag()) & M64
        chain = c[33].varint()
        before = self.events[-chain] if chain else None
        changes = c[34].byte()
        place = before['site'] if before else None
        site = c[35].varint() if changes & 1 else self.site_after.get(place, 0)
        self.site_after[place] = site
        ev = dict(self.sites[site], site=site, ts=ts)
        ev['cpu'] = (c[36].varint() if changes & 2 else
                     before['cpu'] if before else last['cpu'] if last else 0)
        slot = ev['cpu'] % 1024
        if changes & 4:
            self.task_of_cpu[slot] = index(c[37])
        ev['task'] = self.task_of_cpu.get(slot, -1)
        self.lengths(ev, before, changes)
        ev['skb'] = before['skb'] if before and not changes & 32 else self.skbs.next()
        self.journey(ev, before, changes)
        mode = 0 if not ev['caplen'] else 2 if before else 1
        if changes & 64:
            mode = c[41].byte()
        ev['packet'] = self.packet(ev, before, mode)
        ev['state'] = self.state(ev, before)
        return ev

    def state(self, ev, before):
        bits = self.meta[66].varint()
        if not bits:
            return None
        begins = not before or not before['state']
        fields = list(self.begun if begins else before['state'])
        for i in range(18):
            if bits & 2 << i:
                fields[i] = self.meta[67 + i].varint()
        if begins:
            self.begun = fields
        return fields

    def lengths(self, ev, before, changes):
        extra = 0 if ev['flags'] & 1 else 14
        length = before['l3'] if before else 0
        if not before or changes & 8:
            length += self.meta[38].zigzag()
        ev['l3'] = length
        ev['len'] = length + extra
        assert 0 <= ev['len'] < 1 << 32
        ev['caplen'] = self.meta[39].varint() if changes & 16 else min(ev['len'], self.snaplen)

    def journey(self, ev, before, changes):
        if before:
            ev['journey'] = before['journey']
            return
        ev['journey'] = (0, 0, 0)
        if changes & 128:
            return
        slot = ev['cpu'] % 1024
        ts = (ev['ts'] - self.meta[43].zigzag()) & M64
        head = self.heads.next()
        last_id, last_ts = self.journey_of_cpu.get(slot, (0, 0))
        ident = last_id + (self.scale * (ts - last_ts) if self.scale else 1)
        ident = (ident + self.meta[42].zigzag()) & M64
        self.journey_of_cpu[slot] = (ident, ts)
        ev['journey'] = (ident, ts, head)

    def packet(self, ev, before, mode):
        if mode == 0:
            return b''
        if mode == 1:
            return self.pkt[64].bytes(ev['caplen'])
        shift = (14 if ev['flags'] & 1 else 0) - (14 if before['flags'] & 1 else 0)
        known = before['packet'][shift:] if shift >= 0 else bytes(-shift) + before['packet']
        if mode == 2:
            assert shift >= 0 and len(known) >= ev['caplen']
            return known[:ev['caplen']]
        packet = bytearray(known[:ev['caplen']].ljust(ev['caplen'], b'\0'))
        pos = 0
        for _ in range(self.pkt[65].varint()):
            pos += self.pkt[65].varint()
            n = self.pkt[65].varint()
            packet[pos:pos + n] = self.pkt[65].bytes(n)
            pos += n
        assert len(packet) == ev['caplen']
        return bytes(packet)

    def line(self, ev):
        def name(entries, i):
            return entries[i] if i >= 0 else '-'

        return ' '.join(str(v) for v in (
            ev['ts'], ev['cpu'], name(self.probes, ev['probe']), name(self.netns, ev['netns']),
            ev['source'], name(self.devices, ev['device']), ev['rxif'],
            name(self.tasks, ev['task']), name(self.reasons, ev['reason']),
            self.stack(ev['stack']), ev['flags'], ev['vlan'], ev['skb'], *ev['journey'], ev['len'],
            ev['caplen'],
            ev['packet'].hex() or '-', self.state_text(ev)))

    @staticmethod
    def state_text(ev):
        if not ev['state']:
            return '-'
        length = (ev['len'] - ev['state'][0]) & 0xFFFFFFFF
        return '/'.join(str(v) for v in [length] + ev['state'][1:])


def read(data):
    assert data[:8] == bytes.fromhex('894e5354310d0a1a')
    assert crc32c(data[:124]) == struct.unpack_from('<I', data, 124)[0]
    salt = data[24:32]
    pos = struct.unpack_from('<I', data, 12)[0]
    assert crc32c(data[128:pos]) == struct.unpack_from('<I', data, 120)[0]
    sequence = 0
    while pos < len(data):
        assert data[pos:pos + 16] == bytes.fromhex('894e5342310d0a1a') + salt
        length, kind, meta_codec, pkt_codec = struct.unpack_from('<HHBB', data, pos + 16)
        header = data[pos:pos + length]
        assert crc32c(header[:68] + bytes(4) + header[72:]) == \
            struct.unpack_from('<I', header, 68)[0]
        number, _previous, events, meta, meta_plain, pkt, pkt_plain, meta_crc, pkt_crc, expanded = \
            struct.unpack_from('<QIIIIIIIII', header, 24)
        assert number == sequence
        frames = data[pos + length:pos + length + meta + pkt]
        if kind == 1:
            block = Block(inflate(frames[:meta], meta_codec, meta_plain, meta_crc),
                          inflate(frames[meta:], pkt_codec, pkt_plain, pkt_crc), events)
            assert sum(ev['caplen'] for ev in block.events) == expanded
            for ev in block.events:
                print(block.line(ev))
        pos += (length + meta + pkt + 7) // 8 * 8
        sequence += 1
    assert kind == 3


with open(sys.argv[1], 'rb') as file:
    read(file.read())
