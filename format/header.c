/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/header.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/bytes.h"
#include "format/crc32c.h"
#include "format/error.h"
#include "format/layout.h"

struct tlv_kind {
    uint16_t type;
    size_t offset; /* of its `const char *` in struct nst_file_info */
};

static const struct tlv_kind tlv_kinds[] = {
    {TLV_HOSTNAME, offsetof(struct nst_file_info, hostname)},
    {TLV_KERNEL_RELEASE, offsetof(struct nst_file_info, kernel_release)},
    {TLV_KERNEL_VERSION, offsetof(struct nst_file_info, kernel_version)},
    {TLV_MACHINE, offsetof(struct nst_file_info, machine)},
    {TLV_WRITER, offsetof(struct nst_file_info, writer)},
    {TLV_COMMAND_LINE, offsetof(struct nst_file_info, command_line)},
    {TLV_FILTER, offsetof(struct nst_file_info, filter)},
    {TLV_DROP_REASONS, offsetof(struct nst_file_info, drop_reasons)},
};

enum { TLV_KINDS = sizeof(tlv_kinds) / sizeof(tlv_kinds[0]) };

static const char **tlv_field(struct nst_file_info *info, const struct tlv_kind *kind)
{
    return (const char **)((char *)info + kind->offset);
}

static size_t string_length(const char *s)
{
    return s ? strnlen(s, NST_MAX_TLV) : 0;
}

static void encode_fixed(uint8_t *p, const struct nst_file_info *info, size_t len)
{
    memset(p, 0, FILE_FIXED_SIZE);
    memcpy(p + FILE_MAGIC, NST_FILE_MAGIC, NST_MAGIC_SIZE);
    put_le16(p + FILE_MAJOR, NST_MAJOR);
    put_le16(p + FILE_MINOR, NST_MINOR);
    put_le32(p + FILE_LENGTH, (uint32_t)len);
    put_le32(p + FILE_COMPATIBLE, info->tracking_exact ? FILE_COMPATIBLE_TRACKING_EXACT : 0);
    memcpy(p + FILE_SALT, info->salt, sizeof(info->salt));
    memcpy(p + FILE_CAPTURE_ID, info->capture_id, sizeof(info->capture_id));
    put_le32(p + FILE_SEQUENCE, info->sequence);
    put_le32(p + FILE_SNAPLEN, info->snaplen);
    memcpy(p + FILE_PREVIOUS_SALT, info->previous_salt, sizeof(info->previous_salt));
    put_le64(p + FILE_MONOTONIC, info->monotonic_ns);
    put_le64(p + FILE_BOOTTIME, info->boottime_ns);
    put_le64(p + FILE_REALTIME, info->realtime_ns);
    memcpy(p + FILE_BOOT_ID, info->boot_id, sizeof(info->boot_id));
    put_le32(p + FILE_CPUS, info->cpus);
    put_le32(p + FILE_TLV_CRC, nst_crc32c(0, p + FILE_FIXED_SIZE, len - FILE_FIXED_SIZE));
    put_le32(p + FILE_CRC, nst_crc32c(0, p, FILE_CRC));
}

int nst_header_encode(const struct nst_file_info *info, uint8_t **data, size_t *len)
{
    struct nst_file_info copy = *info;
    size_t size = FILE_FIXED_SIZE, length, i;
    const char *s;
    uint8_t *p, *pos;

    for (i = 0; i < TLV_KINDS; i++) {
        s = *tlv_field(&copy, &tlv_kinds[i]);
        size += s ? TLV_HEAD_SIZE + string_length(s) : 0;
    }
    size = (size + NST_ALIGN - 1) / NST_ALIGN * NST_ALIGN;

    p = calloc(1, size);
    if (!p)
        return -ENOMEM;
    pos = p + FILE_FIXED_SIZE;
    for (i = 0; i < TLV_KINDS; i++) {
        s = *tlv_field(&copy, &tlv_kinds[i]);
        if (!s)
            continue;
        length = string_length(s);
        put_le16(pos, tlv_kinds[i].type);
        put_le32(pos + 4, (uint32_t)length);
        memcpy(pos + TLV_HEAD_SIZE, s, length);
        pos += TLV_HEAD_SIZE + length;
    }
    encode_fixed(p, info, size);
    *data = p;
    *len = size;
    return 0;
}

static void decode_fields(const uint8_t *p, struct nst_file_info *info)
{
    memset(info, 0, sizeof(*info));
    memcpy(info->salt, p + FILE_SALT, sizeof(info->salt));
    memcpy(info->capture_id, p + FILE_CAPTURE_ID, sizeof(info->capture_id));
    memcpy(info->previous_salt, p + FILE_PREVIOUS_SALT, sizeof(info->previous_salt));
    memcpy(info->boot_id, p + FILE_BOOT_ID, sizeof(info->boot_id));
    info->major = get_le16(p + FILE_MAJOR);
    info->minor = get_le16(p + FILE_MINOR);
    info->sequence = get_le32(p + FILE_SEQUENCE);
    info->snaplen = get_le32(p + FILE_SNAPLEN);
    info->cpus = get_le32(p + FILE_CPUS);
    info->monotonic_ns = get_le64(p + FILE_MONOTONIC);
    info->boottime_ns = get_le64(p + FILE_BOOTTIME);
    info->realtime_ns = get_le64(p + FILE_REALTIME);
    info->tracking_exact = get_le32(p + FILE_COMPATIBLE) & FILE_COMPATIBLE_TRACKING_EXACT;
}

int nst_header_decode_fixed(const uint8_t *data, struct nst_file_info *info, size_t *len,
                            struct nst_error *err)
{
    uint32_t crc = get_le32(data + FILE_CRC), length = get_le32(data + FILE_LENGTH);
    uint32_t actual = nst_crc32c(0, data, FILE_CRC), flags;

    if (memcmp(data, NST_FILE_MAGIC, NST_MAGIC_SIZE) != 0)
        return nst_fail(err, -EMEDIUMTYPE, "not an nstrail file: it begins with other bytes");
    if (crc != actual)
        return nst_fail(err, -EBADMSG, "file header: its checksum is %08x, expected %08x", actual,
                        crc);
    if (get_le16(data + FILE_MAJOR) != NST_MAJOR)
        return nst_fail(err, -EPROTONOSUPPORT, "file format %u.%u, this version reads %u",
                        get_le16(data + FILE_MAJOR), get_le16(data + FILE_MINOR), NST_MAJOR);
    flags = get_le32(data + FILE_INCOMPATIBLE);
    if (flags)
        return nst_fail(err, -EPROTONOSUPPORT,
                        "the file needs features 0x%x, of which this version knows none", flags);
    if (length < FILE_FIXED_SIZE || length > NST_MAX_FILE_HEADER)
        return nst_fail(err, -EBADMSG, "file header: claims %u bytes, the limits are %u and %u",
                        length, FILE_FIXED_SIZE, NST_MAX_FILE_HEADER);
    decode_fields(data, info);
    *len = length;
    return 0;
}

/* One string: copied to *out, which moves on, unless its type is unknown. */
static void take_string(struct nst_file_info *info, uint16_t type, const uint8_t *bytes, size_t len,
                        char **out)
{
    size_t i;

    for (i = 0; i < TLV_KINDS; i++) {
        if (tlv_kinds[i].type != type)
            continue;
        memcpy(*out, bytes, len);
        (*out)[len] = '\0';
        *tlv_field(info, &tlv_kinds[i]) = *out;
        *out += len + 1;
        return;
    }
}

static bool tlv_known(uint16_t type)
{
    size_t i;

    for (i = 0; i < TLV_KINDS; i++) {
        if (tlv_kinds[i].type == type)
            return true;
    }
    return false;
}

static int walk_tlvs(const uint8_t *tlvs, size_t tlv_len, struct nst_file_info *info, char *out,
                     struct nst_error *err)
{
    struct cursor c = cursor_of(tlvs, tlv_len);
    const uint8_t *head, *bytes;
    uint16_t type;
    uint32_t len;

    /* Fewer bytes than a TLV's head, or a type of 0: the padding. */
    while (cursor_left(&c) >= TLV_HEAD_SIZE) {
        head = cursor_take(&c, TLV_HEAD_SIZE);
        type = get_le16(head);
        len = get_le32(head + 4);
        if (!type)
            break;
        bytes = cursor_take(&c, len);
        if (!bytes)
            return nst_fail(err, -EBADMSG, "file header: entry %u claims %u bytes of %zu", type,
                            len, tlv_len);
        if (get_le16(head + 2) & TLV_FLAG_CRITICAL && !tlv_known(type))
            return nst_fail(err, -EPROTONOSUPPORT, "file header: entry %u is critical and unknown",
                            type);
        take_string(info, type, bytes, len, &out);
    }
    return 0;
}

int nst_header_decode_tlvs(const uint8_t *fixed, const uint8_t *tlvs, size_t tlv_len,
                           struct nst_file_info *info, char **strings, struct nst_error *err)
{
    uint32_t crc = get_le32(fixed + FILE_TLV_CRC), actual = nst_crc32c(0, tlvs, tlv_len);
    struct nst_file_info filled = *info;
    char *text;
    int ret;

    if (crc != actual)
        return nst_fail(err, -EBADMSG,
                        "file header: the checksum of its strings is %08x, expected %08x", actual,
                        crc);
    /* A string needs its bytes and a NUL, which is less than it takes up with its head. */
    text = malloc(tlv_len + 1);
    if (!text)
        return nst_fail(err, -ENOMEM, "no memory for the file header");
    ret = walk_tlvs(tlvs, tlv_len, &filled, text, err);
    if (ret < 0) {
        free(text);
        return ret;
    }
    *info = filled;
    *strings = text;
    return 0;
}
