/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The numbers of the file's layout. nstrail(5), in nstrail.5 beside this file, is their
 * manual: whatever changes here changes there in the same commit. Internal.
 *
 * An id or an offset never changes its meaning. What is new gets a new id, at the end of
 * its list; what is reserved is written as zero and ignored when read.
 */
#ifndef NST_FORMAT_LAYOUT_H
#define NST_FORMAT_LAYOUT_H

#define NST_MAGIC_SIZE 8
/* A byte with the high bit, a CR LF and an end-of-file: transfers that mangle any of them
 * are seen at once. */
#define NST_FILE_MAGIC  "\x89NST1\r\n\x1a"
#define NST_BLOCK_MAGIC "\x89NSB1\r\n\x1a"

#define NST_MAJOR     1
#define NST_MINOR     0
#define NST_SALT_SIZE 8
#define NST_ALIGN     8 /* headers and blocks are padded to it */

/* File header: offsets of the fixed part. */
enum {
    FILE_MAGIC = 0,
    FILE_MAJOR = 8,
    FILE_MINOR = 10,
    FILE_LENGTH = 12, /* of the whole header with its TLVs, a multiple of NST_ALIGN */
    FILE_INCOMPATIBLE = 16,
    FILE_COMPATIBLE = 20,
    FILE_SALT = 24,
    FILE_CAPTURE_ID = 32,
    FILE_SEQUENCE = 48,
    FILE_SNAPLEN = 52,
    FILE_PREVIOUS_SALT = 56,
    FILE_MONOTONIC = 64,
    FILE_BOOTTIME = 72,
    FILE_REALTIME = 80,
    FILE_BOOT_ID = 88,
    FILE_CPUS = 104,
    FILE_RESERVED = 108,
    FILE_TLV_CRC = 120, /* of everything after the fixed part */
    FILE_CRC = 124,     /* of the fixed part before this field */
    FILE_FIXED_SIZE = 128,
};

enum { FILE_COMPATIBLE_TRACKING_EXACT = 1 << 0 };

/* A TLV: type u16, flags u16, length u32, bytes. */
enum { TLV_HEAD_SIZE = 8, TLV_FLAG_CRITICAL = 1 << 0 };

enum {
    TLV_HOSTNAME = 1,
    TLV_KERNEL_RELEASE = 2,
    TLV_KERNEL_VERSION = 3,
    TLV_MACHINE = 4,
    TLV_WRITER = 5,
    TLV_COMMAND_LINE = 6,
    TLV_FILTER = 7,
    TLV_DROP_REASONS = 8,
};

#define NST_MAX_FILE_HEADER (1024u * 1024)
#define NST_MAX_TLV         65535u /* what the writer keeps of a string */

/* Block header: offsets. */
enum {
    BLOCK_MAGIC = 0,
    BLOCK_SALT = 8,
    BLOCK_LENGTH = 16, /* of the header, a multiple of NST_ALIGN */
    BLOCK_TYPE = 18,
    BLOCK_META_CODEC = 20,
    BLOCK_PKT_CODEC = 21,
    BLOCK_RESERVED = 22,
    BLOCK_SEQUENCE = 24,
    BLOCK_PREVIOUS = 32, /* size of the block before, header and padding included */
    BLOCK_EVENTS = 36,
    BLOCK_META_STORED = 40,
    BLOCK_META_PLAIN = 44,
    BLOCK_PKT_STORED = 48,
    BLOCK_PKT_PLAIN = 52,
    BLOCK_META_CRC = 56,
    BLOCK_PKT_CRC = 60,
    BLOCK_EXPANDED = 64,
    BLOCK_CRC = 68, /* of the whole header with this field as zero */
    BLOCK_FIRST_TS = 72,
    BLOCK_LAST_TS = 80,
    BLOCK_REALTIME_OFFSET = 88,
    BLOCK_LOST = 96,
    BLOCK_NETNS_BITS = 104,
    BLOCK_PROBE_BITS = 120,
    BLOCK_FIXED_SIZE = 128,
};

#define NST_MAX_BLOCK_HEADER 4096u
#define NST_TYPE_CRITICAL    0x8000u /* a reader that does not know the type must stop */

enum {
    CODEC_STORED = 0,
    CODEC_LZ4 = 1, /* one LZ4 block */
    CODEC_ZSTD = 2,
};

/* No LZ4 block inflates by more than this. */
#define NST_LZ4_RATIO 255u
#define NST_LZ4_SLACK 64u

/* A frame: count of columns u32, then {id u16, encoding u8, flags u8, length u32} each, then
 * their bytes, one after the other. */
enum { FRAME_HEAD_SIZE = 4, FRAME_COLUMN_SIZE = 8, FRAME_COLUMN_CRITICAL = 1 << 0 };

#define NST_MAX_COLUMNS 256u /* in a frame */
#define NST_COLUMN_IDS  192u /* known ones are below */

enum {
    ENCODING_BYTES = 0,   /* bytes; what they mean is the column's own business */
    ENCODING_VARINT = 1,  /* LEB128 */
    ENCODING_ZIGZAG = 2,  /* LEB128 of signed numbers, the sign in bit 0 */
    ENCODING_STRINGS = 3, /* varint 0: no string; else length + 1, then the bytes */
};

/* Columns of META, PKT and TABLES frames. One list: no number means two things. */
enum {
    COLUMN_COUNTS = 1, /* entries of the dictionaries below, in the order of enum count_of */
    COLUMN_SNAPLEN = 2,

    COLUMN_NETNS_COOKIE = 3,
    COLUMN_NETNS_INUM = 4,
    COLUMN_DEVICE_NETNS = 5, /* index + 1 */
    COLUMN_DEVICE_IFINDEX = 6,
    COLUMN_DEVICE_NAME = 7,
    COLUMN_TASK_PID = 8,
    COLUMN_TASK_TGID = 9, /* minus pid */
    COLUMN_TASK_COMM = 10,
    COLUMN_PROBE_KIND = 11,
    COLUMN_PROBE_SYMBOL = 12,
    COLUMN_REASON_NUMBER = 13,
    COLUMN_REASON_SUBSYS = 14,
    COLUMN_REASON_NAME = 15,

    /* A site is what events at one place have in common. */
    COLUMN_SITE_PROBE = 16,
    COLUMN_SITE_NETNS = 17,        /* index + 1 */
    COLUMN_SITE_NETNS_SOURCE = 18, /* one byte each */
    COLUMN_SITE_DEVICE = 19,       /* index + 1 */
    COLUMN_SITE_RX_IFINDEX = 20,
    COLUMN_SITE_REASON = 21, /* index + 1 */
    COLUMN_SITE_FLAGS = 22,  /* one byte each */
    COLUMN_SITE_VLAN = 23,   /* proto << 16 | tci */
    COLUMN_SITE_STACK = 24,  /* index + 1 */

    /* Of stack traces. */
    COLUMN_FRAME_CALLER = 25, /* index + 1, less than the frame's own index + 1 */
    COLUMN_FRAME_NAME = 26,

    /* Of every event. */
    COLUMN_TIME = 32,    /* minus the previous event's */
    COLUMN_CHAIN = 33,   /* 0: begins a chain; n: continues that of the event n before */
    COLUMN_CHANGES = 34, /* enum change, one byte each */

    /* Of the events that say so in COLUMN_CHANGES, or begin a chain. */
    COLUMN_SITE = 35,
    COLUMN_CPU = 36,
    COLUMN_TASK = 37,     /* index + 1 */
    COLUMN_LENGTH = 38,   /* from L3, minus the chain's previous */
    COLUMN_CAPLEN = 39,
    COLUMN_SKB = 40,      /* 0: the next of COLUMN_SKB_ADDRESS; else the index + 1 of one before */
    COLUMN_MODE = 41,     /* enum packet_mode, one byte each */
    COLUMN_JOURNEY_ID = 42,
    COLUMN_JOURNEY_TIME = 43, /* event's minus journey's */
    COLUMN_JOURNEY_HEAD = 44, /* as COLUMN_SKB, of COLUMN_HEAD_ADDRESS */
    COLUMN_SKB_ADDRESS = 45,  /* minus the one before */
    COLUMN_HEAD_ADDRESS = 46,
    COLUMN_JOURNEY_SCALE = 47, /* one: how fast ids grow with their journeys' times */

    COLUMN_PACKET_FULL = 64,
    COLUMN_PACKET_PATCH = 65,

    /* Of META again: the states of skbs. COLUMN_STATE is of every event: 0: none; else bit 0,
     * and bit n + 1 for each field n that is not as foretold and follows in its column. */
    COLUMN_STATE = 66,
    COLUMN_STATE_LEN = 67, /* the event's length minus this one, modulo 2^32 */
    COLUMN_STATE_DATA_LEN = 68,
    COLUMN_STATE_MARK = 69,
    COLUMN_STATE_HASH = 70,
    COLUMN_STATE_PRIORITY = 71,
    COLUMN_STATE_CSUM = 72,
    COLUMN_STATE_USERS = 73,
    COLUMN_STATE_DATAREF = 74,
    COLUMN_STATE_GSO_TYPE = 75,
    COLUMN_STATE_GSO_SIZE = 76,
    COLUMN_STATE_GSO_SEGS = 77,
    COLUMN_STATE_PROTOCOL = 78,
    COLUMN_STATE_IP_SUMMED = 79,
    COLUMN_STATE_CSUM_LEVEL = 80,
    COLUMN_STATE_SHARED_FLAGS = 81,
    COLUMN_STATE_FRAGS = 82,
    COLUMN_STATE_FCLONE = 83,
    COLUMN_STATE_FLAGS = 84,

    /* TABLES and END. */
    COLUMN_TABLES_COUNTS = 96, /* names, counters; texts, namespaces; rows, as enum row_kind */
    COLUMN_TABLES_TIME = 97,
    COLUMN_NAME_COOKIE = 98,
    COLUMN_NAME_INUM = 99,
    COLUMN_NAME_NAME = 100,
    COLUMN_NAME_FIRST = 101,
    COLUMN_NAME_LAST = 102, /* minus first */
    COLUMN_COUNTER_NAME = 103,
    COLUMN_COUNTER_PROBE = 104,
    COLUMN_COUNTER_CPU = 105,   /* + 1; 0: all */
    COLUMN_COUNTER_KNOWN = 106, /* one byte each; 0: this kernel cannot tell */
    COLUMN_COUNTER_VALUE = 107,
    COLUMN_NAME_PLACE = 108, /* enum nst_place, one byte each */

    /* The inventory. What a row has of strings and namespaces are indices into these two. */
    COLUMN_TEXT = 112,
    COLUMN_SPACE_COOKIE = 113,
    COLUMN_SPACE_INUM = 114,

    /* Of every kind of row: index of its namespace + 1, first minus the row's before, and
     * last minus first + 1; 0: still. */
    COLUMN_KNOWN_NETNS = 115,
    COLUMN_KNOWN_FIRST = 116,
    COLUMN_KNOWN_LAST = 117,
    COLUMN_KNOWN_FLAGS = 118,
    COLUMN_KNOWN_OWNER = 119, /* + 1 */
    COLUMN_KNOWN_USERNS = 120,

    COLUMN_PROCESS_NETNS = 121,
    COLUMN_PROCESS_FIRST = 122,
    COLUMN_PROCESS_LAST = 123,
    COLUMN_PROCESS_PID = 124,
    COLUMN_PROCESS_START = 125,
    COLUMN_PROCESS_UID = 126, /* + 1 */
    COLUMN_PROCESS_FLAGS = 127,
    COLUMN_PROCESS_COMM = 128,
    COLUMN_PROCESS_EXE = 129,
    COLUMN_PROCESS_CGROUP = 130,
    COLUMN_PROCESS_CMDLINE = 131,

    COLUMN_CONTAINER_NETNS = 132,
    COLUMN_CONTAINER_FIRST = 133,
    COLUMN_CONTAINER_LAST = 134,
    COLUMN_CONTAINER_RUNTIME = 135,
    COLUMN_CONTAINER_ID = 136,
    COLUMN_CONTAINER_NAME = 137,
    COLUMN_CONTAINER_IMAGE = 138,
    COLUMN_CONTAINER_POD_NAME = 139,
    COLUMN_CONTAINER_POD_NAMESPACE = 140,
    COLUMN_CONTAINER_POD_UID = 141,
    COLUMN_CONTAINER_POD_CONTAINER = 142,
    COLUMN_CONTAINER_PID = 143,

    COLUMN_LINK_NETNS = 144,
    COLUMN_LINK_FIRST = 145,
    COLUMN_LINK_LAST = 146,
    COLUMN_LINK_IFINDEX = 147,
    COLUMN_LINK_NAME = 148,
    COLUMN_LINK_KIND = 149,
    COLUMN_LINK_MAC = 150,
    COLUMN_LINK_MTU = 151,
    COLUMN_LINK_FLAGS = 152,
    COLUMN_LINK_OPERSTATE = 153,
    COLUMN_LINK_MASTER = 154,
    COLUMN_LINK_LINK_NETNS = 155, /* index + 1 */
    COLUMN_LINK_LINK_IFINDEX = 156,

    COLUMN_ADDRESS_NETNS = 157,
    COLUMN_ADDRESS_FIRST = 158,
    COLUMN_ADDRESS_LAST = 159,
    COLUMN_ADDRESS_IFINDEX = 160,
    COLUMN_ADDRESS_ADDRESS = 161,
    COLUMN_ADDRESS_PREFIX = 162,
};

/* The dictionaries of a block, in the order of COLUMN_COUNTS. */
enum count_of { OF_NETNS, OF_DEVICE, OF_TASK, OF_PROBE, OF_REASON, OF_SITE, OF_FRAME, COUNTS };

/* More entries than this no dictionary of a block has: two namespaces an event at most. */
#define NST_MAX_ENTRIES (2 * NST_MAX_EVENTS)
/* Of names and counters each in a TABLES block. */
#define NST_MAX_TABLE_ENTRIES (1024u * 1024)

/* What of an event is not as expected and follows in its column. */
enum change {
    CHANGE_SITE = 1 << 0,
    CHANGE_CPU = 1 << 1,
    CHANGE_TASK = 1 << 2,
    CHANGE_LENGTH = 1 << 3,
    CHANGE_CAPLEN = 1 << 4,
    CHANGE_SKB = 1 << 5,
    CHANGE_MODE = 1 << 6,
    CHANGE_UNTRACKED = 1 << 7, /* begins a chain that is no journey */
};

enum packet_mode {
    MODE_NONE = 0, /* caplen is 0 */
    MODE_FULL = 1,
    MODE_SAME = 2,  /* lies within the bytes of the chain's previous event */
    MODE_PATCH = 3, /* those bytes, changed by the next of COLUMN_PACKET_PATCH */
};

/* Bytes before the network header of an event without NST_EVENT_L3, for aligning packets. */
#define NST_L2_SIZE 14
/* What is foretold by CPU is kept for this many, CPU n being n modulo it. */
#define NST_CPU_SLOTS 1024u

#endif
