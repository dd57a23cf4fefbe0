/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets made by hand: their words, their layers, and that every prefix of each of them is
 * taken apart without reading a byte that is not there (each in a buffer of exactly its size,
 * for AddressSanitizer).
 *
 *     packet_test --pcap FILE    writes those that begin with Ethernet, for another reader
 *     packet_test --flows        says what we find in these, a line each
 */
#include "config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analyze/packet.h"
#include "tests/unit/tap.h"

#define MACS    "020000000002 020000000001 "
#define PAYLOAD "00000000 00000000"

/* From 10.0.0.1 to 10.0.0.2, id 1, DF, TTL 64. The checksums are not looked at. */
#define IPV4(total, protocol) "4500 " total " 0001 4000 40 " protocol " 0000 0a000001 0a000002 "
#define IPV6(payload, next)                                                                        \
    "6006f48a " payload " " next " 40 "                                                            \
    "20010db8000000000000000000000001 20010db8000000000000000000000002 "
#define ICMP_ECHO "0800 f7ff 0001 0001 "

static const struct sample {
    const char *name;
    bool l3;
    unsigned flags;
    const char *hex;
    const char *words;
} samples[] = {
    {"ICMP", false, 0, MACS "0800" IPV4("001c", "01") ICMP_ECHO,
     "10.0.0.1 > 10.0.0.2 tos 0x0 ttl 64 id 1 off 0 [DF] len 28 proto ICMP (1) type 8 code 0"},
    {"ICMP with the Ethernet header", false, PACKET_PRINT_LINK,
     MACS "0800" IPV4("001c", "01") ICMP_ECHO,
     "02:00:00:00:00:01 > 02:00:00:00:00:02 ethertype IPv4 (0x0800) "
     "10.0.0.1 > 10.0.0.2 tos 0x0 ttl 64 id 1 off 0 [DF] len 28 proto ICMP (1) type 8 code 0"},
    {"ICMP that begins at L3", true, PACKET_PRINT_LINK, IPV4("001c", "01") ICMP_ECHO,
     "10.0.0.1 > 10.0.0.2 tos 0x0 ttl 64 id 1 off 0 [DF] len 28 proto ICMP (1) type 8 code 0"},
    {"UDP", false, 0, MACS "0800" IPV4("003b", "11") "a966 0035 0027 0000" PAYLOAD,
     "10.0.0.1.43366 > 10.0.0.2.53 tos 0x0 ttl 64 id 1 off 0 [DF] len 59 proto UDP (17) len 31"},
    {"IPv4 with DSCP, CE, options and both odd flags", false, 0,
     MACS "0800"
          "47bb 0024 1234 a000 01 11 0000 0a000001 0a000002"
          "94040000 01010100"
          "1111 2222 0008 0000",
     "10.0.0.1.4369 > 10.0.0.2.8738 tos 0x2e CE ttl 1 id 4660 off 0 [+,rsvd] len 36 "
     "opts [RA,NOP,NOP,NOP,EOL] proto UDP (17) len 0"},
    {"first IPv4 fragment", false, 0,
     MACS "0800 4500 05dc 0007 2000 40 11 0000 0a000001 0a000002 0001 0002 1000 0000" PAYLOAD,
     "10.0.0.1.1 > 10.0.0.2.2 tos 0x0 ttl 64 id 7 off 0 [+] len 1500 proto UDP (17) len 4088"},
    {"later IPv4 fragment: its payload is no UDP header", false, 0,
     MACS "0800 4500 05dc 0007 20b9 40 11 0000 0a000001 0a000002 00010002 00080000",
     "10.0.0.1 > 10.0.0.2 tos 0x0 ttl 64 id 7 off 1480 [+] len 1500 proto UDP (17)"},
    {"IPv4 without a total length (BIG TCP)", false, 0,
     MACS "0800" IPV4("0000", "06") "0016 8001 00000001 00000000 5000 0040 0000 0000" PAYLOAD,
     "10.0.0.1.22 > 10.0.0.2.32769 tos 0x0 ttl 64 id 1 off 0 [DF] proto TCP (6) "
     "flags [] seq 1:9 win 64"},
    {"IPv4 whose header length is too small", false, 0,
     MACS "0800 4400 0014 0001 4000 40 01 0000 0a000001 0a000002 0800 0000",
     "10.0.0.1 > 10.0.0.2 tos 0x0 ttl 64 id 1 off 0 [DF] len 20 proto ICMP (1)"
     "... (truncated or incomplete packet)"},
    {"SYN with its options", false, 0,
     MACS "0800" IPV4("003c", "06") "db64 0050 b211c1c0 00000000 a002 fd20 5300 0000"
                                    "020405a0 0402080a 53fd1e82 00000000 01030307",
     "10.0.0.1.56164 > 10.0.0.2.80 tos 0x0 ttl 64 id 1 off 0 [DF] len 60 proto TCP (6) "
     "flags [S] seq 2987508160 win 64800 "
     "[mss 1440,sackOK,TS val 1409097346 ecr 0,nop,wscale 7]"},
    {"SYN-ACK", false, 0,
     MACS "0800" IPV4("0028", "06") "0050 db64 00000001 b211c1c1 5012 fd20 5300 0000",
     "10.0.0.1.80 > 10.0.0.2.56164 tos 0x0 ttl 64 id 1 off 0 [DF] len 40 proto TCP (6) "
     "flags [S.] seq 1 ack 2987508161 win 64800"},
    {"TCP: every flag, SACK, and a sequence that wraps", false, 0,
     MACS "0800" IPV4("003c", "06") "0050 db64 fffffffe b211c1c1 91ff fd20 5300 0000"
                                    "0101050a 00000064 000000c8 2204abcd" PAYLOAD,
     "10.0.0.1.80 > 10.0.0.2.56164 tos 0x0 ttl 64 id 1 off 0 [DF] len 60 proto TCP (6) "
     "flags [FSRP.UEWe] seq 4294967294:2 ack 2987508161 win 64800 "
     "[nop,nop,sack 1 {100:200},tfo cookie 0xabcd]"},
    {"TCP: rare and broken options", false, 0,
     MACS "0800" IPV4("0050", "06") "0050 db64 00000001 b211c1c1 f010 fd20 5300 0000"
                                    "0606 0000002a 1e03ff 2202 0503ff ff02 1d04aaaa "
                                    "1312000102030405060708090a0b0c0d0e0f 0000",
     "10.0.0.1.80 > 10.0.0.2.56164 tos 0x0 ttl 64 id 1 off 0 [DF] len 80 proto TCP (6) "
     "flags [.] seq 1 ack 2987508161 win 64800 "
     "[echo 42,mptcp,tfo cookiereq,sack invalid,?,tcp-ao,md5,eol]"},
    {"TCP: an option longer than the header", false, 0,
     MACS "0800" IPV4("002c", "06") "0050 db64 00000001 00000000 6000 fd20 5300 0000 02ff0000",
     "10.0.0.1.80 > 10.0.0.2.56164 tos 0x0 ttl 64 id 1 off 0 [DF] len 44 proto TCP (6) "
     "flags [] seq 1 win 64800 [mss invalid]"},
    {"padding is no TCP payload", false, 0,
     MACS "0800" IPV4("0028", "06") "0050 db64 00000001 b211c1c1 5010 fd20 5300 0000 000000000000",
     "10.0.0.1.80 > 10.0.0.2.56164 tos 0x0 ttl 64 id 1 off 0 [DF] len 40 proto TCP (6) "
     "flags [.] seq 1 ack 2987508161 win 64800"},
    {"ARP request", false, 0,
     MACS "0806 0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002",
     "request who-has 10.0.0.2 tell 10.0.0.1"},
    {"ARP request to a known address, its padding", false, 0,
     MACS "0806 0001 0800 06 04 0001 020000000001 0a000001 020000000002 0a000002 0000000000",
     "request who-has 10.0.0.2 (02:00:00:00:00:02) tell 10.0.0.1"},
    {"ARP reply that begins at L3", true, 0,
     "0001 0800 06 04 0002 020000000001 0a000001 020000000002 0a000002",
     "reply 10.0.0.1 is-at 02:00:00:00:00:01"},
    {"RARP request", false, 0,
     MACS "8035 0001 0800 06 04 0003 020000000001 00000000 020000000001 00000000",
     "reverse request who-is 02:00:00:00:00:01 tell 02:00:00:00:00:01"},
    {"ARP of another kind", false, 0, MACS "0806 0020 0800 02 04 0001 0102 0a000001 0304 0a000002",
     "... (ARP for hardware type 0x20 not supported, use 'nstrail export')"},
    {"VLAN", false, 0, MACS "8100 b064 0800" IPV4("001c", "01") ICMP_ECHO,
     "vlan 100 p 5 DEI ethertype IPv4 (0x0800) "
     "10.0.0.1 > 10.0.0.2 tos 0x0 ttl 64 id 1 off 0 [DF] len 28 proto ICMP (1) type 8 code 0"},
    {"VLAN in 802.1ad, with the Ethernet header", false, PACKET_PRINT_LINK,
     MACS "88a8 0001 8100 0fff 0806 0001 0800 06 04 0001 020000000001 0a000001 "
          "000000000000 0a000002",
     "02:00:00:00:00:01 > 02:00:00:00:00:02 ethertype 802.1Q-QinQ (0x88a8) "
     "vlan 1 p 0 ethertype 802.1Q (0x8100) vlan 4095 p 0 ethertype ARP (0x0806) "
     "request who-has 10.0.0.2 tell 10.0.0.1"},
    {"UDP over IPv6", false, 0, MACS "86dd" IPV6("000c", "11") "1111 0035 000c 0000 00000000",
     "2001:db8::1.4369 > 2001:db8::2.53 ttl 64 label 0x6f48a len 12 proto UDP (17) len 4"},
    {"ICMPv6 over IPv6 with ECT(0)", true, 0,
     "60200000 0008 3a ff fe800000000000000000000000000001 ff020000000000000000000000000001"
     "8700 0000 00000000",
     "fe80::1 > ff02::1 ECT(0) ttl 255 label 0x0 len 8 proto ICMPv6 (58) type 135 code 0"},
    {"IPv6 extension headers", false, 0,
     MACS "86dd" IPV6("0040", "00") "2b 00 050200000000"  /* hop-by-hop: router alert */
                                    "2c 00 fd000000 0000" /* routing */
                                    "3c 00 0001 00000009" /* fragment, the first */
                                    "33 00 0104 00000000" /* destination options */
                                    "11 04 0000 00000001 00000002 0102030405060708090a0b0c"
                                    "1111 0035 0008 0000",
     "2001:db8::1.4369 > 2001:db8::2.53 ttl 64 label 0x6f48a len 64 "
     "exts [Hopopt,Ipv6Route,Ipv6Frag,Ipv6Opts,Ah] proto UDP (17) len 0"},
    {"later IPv6 fragment", false, 0,
     MACS "86dd" IPV6("0010", "2c") "11 00 0009 00000009 1111 0035 0008 0000",
     "2001:db8::1 > 2001:db8::2 ttl 64 label 0x6f48a len 16 exts [Ipv6Frag] proto UDP (17)"},
    {"IPv6 with nothing in it", false, 0, MACS "86dd" IPV6("0008", "3b") PAYLOAD,
     "2001:db8::1 > 2001:db8::2 ttl 64 label 0x6f48a len 8"},
    {"AH over IPv4", false, 0,
     MACS
     "0800" IPV4("0034", "33") "01 04 0000 00000abc 00000010 0102030405060708090a0b0c" ICMP_ECHO,
     "10.0.0.1 > 10.0.0.2 tos 0x0 ttl 64 id 1 off 0 [DF] len 52 proto AH (51) "
     "spi 0x00000abc seq 0x10 icv 0x0102030405060708090a0b0c proto ICMP (1) type 8 code 0"},
    {"ESP", false, 0, MACS "0800" IPV4("0024", "32") "00000abc 00000010" PAYLOAD,
     "10.0.0.1 > 10.0.0.2 tos 0x0 ttl 64 id 1 off 0 [DF] len 36 proto ESP (50) "
     "spi 0x00000abc seq 0x10"},
    {"SCTP INIT", false, 0,
     MACS "0800 4502 0044 0000 4000 40 84 d231 0a002a01 0a002a02"
          "854c 13c4 00000000 00000000"
          "01000024 c58b332e 0001a000 000affff f8d2409c 000c0006 00050000 80000004 c0000004",
     "10.0.42.1.34124 > 10.0.42.2.5060 tos 0x0 ECT(0) ttl 64 id 0 off 0 [DF] len 68 "
     "proto SCTP (132) vtag 0x0 "
     "[INIT init_tag 0xc58b332e rwnd 106496 OS 10 MIS 65535 init_TSN 4174528668]"},
    {"SCTP DATA, SACK and others", false, 0,
     MACS "0800" IPV4("0054", "84") "0001 0002 0000abcd 00000000"
                                    "00070011 00000001 0002 0003 00000027 ff000000"
                                    "03000010 00000005 00000400 0001 0002"
                                    "0b000004 99000004 05000008 00000000",
     "10.0.0.1.1 > 10.0.0.2.2 tos 0x0 ttl 64 id 1 off 0 [DF] len 84 proto SCTP (132) "
     "vtag 0xabcd [DATA (UBE) TSN 1 SID 2 SSEQ 3 PPID 0x27] "
     "[SACK cum_ack 5 a_rwnd 1024 #gap_acks 1 #dup_tsns 2] "
     "[COOKIE_ACK] [UNKNOWN:153] [HEARTBEAT_ACK]"},
    {"VXLAN", false, 0,
     MACS "0800" IPV4("004e", "11") "d431 12b5 003a 0000 08000000 00002a00" MACS "0800"
                                    "4500 001c 0002 0000 40 01 0000 c0a80001 c0a80002" ICMP_ECHO,
     "10.0.0.1.54321 > 10.0.0.2.4789 tos 0x0 ttl 64 id 1 off 0 [DF] len 78 proto UDP (17) len 50 "
     "vxlan [I] vni 0x2a|192.168.0.1 > 192.168.0.2 tos 0x0 ttl 64 id 2 off 0 len 28 "
     "proto ICMP (1) type 8 code 0"},
    {"VXLAN at Linux's old port, with the Ethernet headers", false, PACKET_PRINT_LINK,
     MACS
     "0800" IPV4("004e", "11") "d431 2118 003a 0000 08000000 00002a00" MACS "0806"
                               "0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002",
     "02:00:00:00:00:01 > 02:00:00:00:00:02 ethertype IPv4 (0x0800) "
     "10.0.0.1.54321 > 10.0.0.2.8472 tos 0x0 ttl 64 id 1 off 0 [DF] len 78 proto UDP (17) len 50 "
     "vxlan [I] vni 0x2a|02:00:00:00:00:01 > 02:00:00:00:00:02 ethertype ARP (0x0806) "
     "request who-has 10.0.0.2 tell 10.0.0.1"},
    {"Geneve with options", false, 0,
     MACS "0800" IPV4("0056", "11") "42f9 17c1 0042 0000"
                                    "02c0 6558 000001 00 0102 80 01 deadbeef" MACS "0800"
                                    "4500 001c 0002 0000 40 01 0000 c0a80001 c0a80002" ICMP_ECHO,
     "10.0.0.1.17145 > 10.0.0.2.6081 tos 0x0 ttl 64 id 1 off 0 [DF] len 86 proto UDP (17) len 58 "
     "geneve [OC] vni 0x1 [class 0x102 type 0x80(C) len 4]|"
     "192.168.0.1 > 192.168.0.2 tos 0x0 ttl 64 id 2 off 0 len 28 proto ICMP (1) type 8 code 0"},
    {"IPv6 right in Geneve over IPv6", false, 0,
     MACS "86dd" IPV6("0040", "11") "42f9 17c1 0040 0000 0000 86dd 000001 00" IPV6(
         "0008", "3a") "8000 0000 00010001",
     "2001:db8::1.17145 > 2001:db8::2.6081 ttl 64 label 0x6f48a len 64 proto UDP (17) len 56 "
     "geneve [] vni 0x1|"
     "2001:db8::1 > 2001:db8::2 ttl 64 label 0x6f48a len 8 proto ICMPv6 (58) type 128 code 0"},
    {"GRE with a key and a checksum", false, 0,
     MACS "0800" IPV4("003c", "2f") "a000 0800 00000000 0000002a"
                                    "4500 001c 0002 0000 40 01 0000 c0a80001 c0a80002" ICMP_ECHO,
     "10.0.0.1 > 10.0.0.2 tos 0x0 ttl 64 id 1 off 0 [DF] len 60 proto GRE (47) "
     "gre [CK] key 0x2a proto IPv4 (0x0800)|"
     "192.168.0.1 > 192.168.0.2 tos 0x0 ttl 64 id 2 off 0 len 28 proto ICMP (1) type 8 code 0"},
    /* PPTP's: where GRE has a key it has lengths. */
    {"GRE of another version", false, 0, MACS "0800" IPV4("001c", "2f") "2001 880b 0008 0001",
     "10.0.0.1 > 10.0.0.2 tos 0x0 ttl 64 id 1 off 0 [DF] len 28 proto GRE (47) "
     "gre [K] proto PPP (0x880b)... (ethertype 0x880b not supported, use 'nstrail export')"},
    {"IPv6 in IPv4 in IPv4", false, 0,
     MACS "0800" IPV4("0058", "04") IPV4("0044", "29") IPV6("0008", "3a") "8000 0000 00010001",
     "10.0.0.1 > 10.0.0.2 tos 0x0 ttl 64 id 1 off 0 [DF] len 88 proto IPIP (4)|"
     "10.0.0.1 > 10.0.0.2 tos 0x0 ttl 64 id 1 off 0 [DF] len 68 proto IPv6 (41)|"
     "2001:db8::1 > 2001:db8::2 ttl 64 label 0x6f48a len 8 proto ICMPv6 (58) type 128 code 0"},
    {"an ethertype that we do not take apart", false, 0, MACS "88cc 0207",
     "... (ethertype 0x88cc not supported, use 'nstrail export')"},
    {"an LLC frame", false, 0, MACS "0026 424203",
     "... (LLC frame of length 0x26 not supported, use 'nstrail export')"},
    {"an IP protocol that we do not take apart", false, 0,
     MACS "0800" IPV4("0018", "02") "11111111",
     "10.0.0.1 > 10.0.0.2 tos 0x0 ttl 64 id 1 off 0 [DF] len 24 proto IGMP (2)"
     "... (protocol 0x2 not supported, use 'nstrail export')"},
    {"what begins at L3 and is neither IP nor ARP", true, 0, "00000000",
     "... (protocol at L3 not known, use 'nstrail export')"},
};

#define SAMPLES (sizeof(samples) / sizeof(samples[0]))
#define HEX_MAX 512

static unsigned nibble(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10);
}

static uint32_t from_hex(const char *hex, uint8_t *bytes)
{
    uint32_t digits = 0;

    for (; *hex; hex++) {
        if (isspace((unsigned char)*hex))
            continue;
        bytes[digits / 2] = (uint8_t)(bytes[digits / 2] << 4 | nibble(*hex));
        digits++;
    }
    return digits / 2;
}

/* The caller frees the words. */
static char *words_of(const uint8_t *data, uint32_t caplen, uint32_t len, const struct sample *s)
{
    struct frame frame = {.data = data, .caplen = caplen, .len = len, .l3 = s->l3};
    struct packet packet;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        abort();
    packet_decode(&frame, &packet);
    packet_print(out, &packet, s->flags, "|");
    fclose(out);
    return text;
}

static void test_words(struct tap *tap, const struct sample *s)
{
    uint8_t bytes[HEX_MAX];
    uint32_t len = from_hex(s->hex, bytes);
    char *words = words_of(bytes, len, len, s);

    if (!tap_ok(tap, strcmp(words, s->words) == 0, s->name))
        printf("# got:  %s\n# want: %s\n", words, s->words);
    free(words);
}

/* The next word of *text, which moves behind it. */
static size_t next_word(const char **text, const char **word)
{
    size_t length;

    *word = *text + strspn(*text, " ,[]|");
    length = strcspn(*word, " ,[]|");
    *text = *word + length;
    return length;
}

/* A cut leaves words out: those from the cut on, and before it what needs the bytes behind (ports,
 * options, extension headers). Those that are left stand in the same order, and what is not
 * marked as cut is the same as ever. */
static bool prefix_agrees(const char *cut, const char *whole)
{
    const char *mark = strstr(cut, "... (");
    const char *wanted, *found;
    size_t length, found_length;

    if (!mark)
        return strcmp(cut, whole) == 0;
    while ((length = next_word(&cut, &wanted)) && wanted < mark) {
        if (wanted + length > mark)
            length = (size_t)(mark - wanted);
        do {
            found_length = next_word(&whole, &found);
            if (!found_length)
                return false;
        } while (found_length < length || strncmp(found, wanted, length) != 0);
    }
    return true;
}

static void test_prefixes(struct tap *tap, const struct sample *s)
{
    uint8_t bytes[HEX_MAX];
    uint32_t len = from_hex(s->hex, bytes);
    bool ok = true;
    char name[128];

    for (uint32_t caplen = 0; caplen <= len; caplen++) {
        uint8_t *exact = malloc(caplen ? caplen : 1);
        struct packet_flow flow;
        struct packet packet;
        struct frame frame = {.data = exact, .caplen = caplen, .len = len, .l3 = s->l3};
        char *words;

        if (!exact)
            abort();
        memcpy(exact, bytes, caplen);
        words = words_of(exact, caplen, len, s);
        ok = ok && prefix_agrees(words, s->words);
        packet_decode(&frame, &packet);
        packet_flow(&packet, &flow);
        for (unsigned i = 0; i < packet.count; i++) {
            const struct packet_layer *layer = &packet.layers[i];

            ok = ok && layer->data + layer->caplen <= exact + caplen;
            ok = ok && layer->header <= layer->caplen && layer->caplen <= layer->len;
        }
        free(words);
        free(exact);
    }
    snprintf(name, sizeof(name), "every prefix: %s", s->name);
    tap_ok(tap, ok, name);
}

/* Copies them to where a page ends that no page follows: whoever reads beyond them is stopped. */
static uint8_t *at_the_end(const uint8_t *bytes, size_t len)
{
    static uint8_t *page;
    size_t size = (size_t)sysconf(_SC_PAGESIZE);

    if (!page) {
        page = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED || mprotect(page + size, size, PROT_NONE))
            abort();
    }
    return len ? memcpy(page + size - len, bytes, len) : page + size;
}

/* Bytes that nobody planned: only that nothing beyond them is read. */
static void test_noise(struct tap *tap)
{
    static const struct sample any[] = {{.l3 = false}, {.l3 = true}};
    uint64_t seed = 1;

    for (unsigned round = 0; round < 20000; round++) {
        const struct sample *s = &samples[round % SAMPLES];
        uint8_t bytes[HEX_MAX];
        uint32_t len = from_hex(s->hex, bytes), caplen;

        for (unsigned flips = 0; flips < 1 + round % 4; flips++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            bytes[(seed >> 33) % len] = (uint8_t)(seed >> 55);
        }
        caplen = round % 2 ? len : (uint32_t)(seed >> 40) % (len + 1);
        free(words_of(at_the_end(bytes, caplen), caplen, len, &any[s->l3]));
    }
    tap_ok(tap, true, "changed bytes are taken apart without reading beyond them");
}

static void test_flow(struct tap *tap)
{
    static const char hex[] = MACS "8100 0064 86dd" IPV6("0010", "3c") "11 00 0104 00000000 "
                                                                       "1111 0035 0008 0000";
    uint8_t bytes[HEX_MAX];
    struct frame frame = {.data = bytes};
    struct packet packet;
    struct packet_flow flow;

    frame.caplen = frame.len = from_hex(hex, bytes);
    packet_decode(&frame, &packet);
    packet_flow(&packet, &flow);
    tap_ok(tap, flow.ethertype == 0x86dd && flow.family == 6 && flow.protocol == 17,
           "flow: ethertype behind the VLAN tag, protocol behind the extension header");
    tap_ok(tap, flow.has_ports && flow.sport == 0x1111 && flow.dport == 53, "flow: ports");
    tap_ok(tap, flow.src[0] == 0x20 && flow.src[15] == 1 && flow.dst[15] == 2, "flow: addresses");
    tap_ok(tap, packet.count == 4 && packet.layers[3].type == PACKET_UDP, "its layers");

    frame.caplen = 16;
    packet_decode(&frame, &packet);
    packet_flow(&packet, &flow);
    tap_ok(tap, flow.ethertype == 0x8100 && flow.family == 0, "flow of a packet cut in its tag");
}

static void test_stacked(struct tap *tap)
{
    uint8_t bytes[14 + 4 * 40] = {[12] = 0x81};
    struct frame frame = {.data = bytes, .caplen = sizeof(bytes), .len = sizeof(bytes)};
    struct packet packet;

    for (unsigned i = 0; i < 40; i++)
        bytes[14 + 4 * i + 2] = 0x81;
    packet_decode(&frame, &packet);
    tap_ok(tap, packet.count == PACKET_LAYERS_MAX, "40 VLAN tags end at the most layers there are");
}

static void test_frame(struct tap *tap)
{
    static uint8_t buffer[FRAME_MAX];
    uint8_t bytes[HEX_MAX];
    struct nst_event event = {.packet = bytes};
    struct frame frame;

    event.caplen_bytes = from_hex(IPV4("001c", "01"), bytes);
    event.len_bytes = 28;
    event.flags = NST_EVENT_L3;
    tap_ok(tap, frame_get(&event, FRAME_ANY, buffer, &frame) && frame.data == bytes && frame.l3,
           "a packet at L3 stays as it is");
    event.vlan_proto = 0x8100;
    event.vlan_tci = 0x2064;
    tap_ok(tap,
           frame_get(&event, FRAME_ETHERNET, buffer, &frame) && !frame.l3 && frame.caplen == 38 &&
               frame.len == 46 &&
               memcmp(frame.data, "\0\0\0\0\0\0\0\0\0\0\0\0\x81\0\x20\x64\x08\0\x45", 19) == 0,
           "or gets an Ethernet header with its tag, counted in both lengths");
    bytes[0] = 0x10;
    tap_ok(tap,
           frame_get(&event, FRAME_ETHERNET, buffer, &frame) &&
               memcmp(frame.data + 16, "\xff\xff\x10", 3) == 0,
           "with a reserved ethertype where the bytes do not tell theirs");

    event.caplen_bytes = from_hex(MACS "0800" IPV4("001c", "01"), bytes);
    event.len_bytes = 42;
    event.flags = 0;
    tap_ok(tap,
           frame_get(&event, FRAME_ANY, buffer, &frame) && frame.caplen == 38 && frame.len == 46 &&
               memcmp(frame.data, bytes, 12) == 0 &&
               memcmp(frame.data + 12, "\x81\0\x20\x64\x08\0\x45", 7) == 0,
           "the VLAN tag is put back after the MAC addresses");
    event.caplen_bytes = 11;
    tap_ok(tap, frame_get(&event, FRAME_ANY, buffer, &frame) && frame.data == bytes,
           "unless they are not all there");
    event.caplen_bytes = 0;
    tap_ok(tap, !frame_get(&event, FRAME_ANY, buffer, &frame), "no bytes, no frame");
}

/* Another reader can take it, and has no reason to give up on it. */
static bool for_others(const struct sample *s)
{
    return !s->l3 && !strstr(s->words, "truncated");
}

static void put_le32(FILE *out, uint32_t value)
{
    for (unsigned shift = 0; shift < 32; shift += 8)
        putc((int)(value >> shift & 0xff), out);
}

static int write_pcap(const char *path)
{
    FILE *out = fopen(path, "wb");

    if (!out)
        return 1;
    put_le32(out, 0xa1b2c3d4);
    put_le32(out, 2 | 4 << 16);
    put_le32(out, 0);
    put_le32(out, 0);
    put_le32(out, 65535);
    put_le32(out, 1);
    for (size_t i = 0; i < SAMPLES; i++) {
        uint8_t bytes[HEX_MAX];
        uint32_t len = from_hex(samples[i].hex, bytes);

        if (!for_others(&samples[i]))
            continue;
        put_le32(out, (uint32_t)i);
        put_le32(out, 0);
        put_le32(out, len);
        put_le32(out, len);
        fwrite(bytes, 1, len, out);
    }
    return fclose(out) != 0;
}

static void print_flow(const struct packet_flow *flow)
{
    int family = flow->family == 6 ? AF_INET6 : AF_INET;
    char src[INET6_ADDRSTRLEN] = "", dst[INET6_ADDRSTRLEN] = "";

    if (flow->family) {
        inet_ntop(family, flow->src, src, sizeof(src));
        inet_ntop(family, flow->dst, dst, sizeof(dst));
        printf("%s|%s|%u|", src, dst, flow->protocol);
    } else {
        printf("|||");
    }
    if (flow->has_ports)
        printf("%u|%u\n", flow->sport, flow->dport);
    else
        printf("|\n");
}

static int print_flows(void)
{
    for (size_t i = 0; i < SAMPLES; i++) {
        uint8_t bytes[HEX_MAX];
        uint32_t len = from_hex(samples[i].hex, bytes);
        struct frame frame = {.data = bytes, .caplen = len, .len = len};
        struct packet packet;
        struct packet_flow flow;

        if (!for_others(&samples[i]))
            continue;
        packet_decode(&frame, &packet);
        packet_flow(&packet, &flow);
        print_flow(&flow);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct tap tap = {0};

    if (argc == 3 && strcmp(argv[1], "--pcap") == 0)
        return write_pcap(argv[2]);
    if (argc == 2 && strcmp(argv[1], "--flows") == 0)
        return print_flows();

    for (size_t i = 0; i < SAMPLES; i++)
        test_words(&tap, &samples[i]);
    for (size_t i = 0; i < SAMPLES; i++)
        test_prefixes(&tap, &samples[i]);
    test_noise(&tap);
    test_flow(&tap);
    test_stacked(&tap);
    test_frame(&tap);
    return tap_done(&tap);
}
