/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Filters as they are translated for the kernel, against libpcap's own interpreter: expressions
 * and random programs, on packets that were made for them and on noise.
 */
#include "config.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/expression.h"
#include "tests/unit/filter_run.h"
#include "tests/unit/tap.h"

#define PACKETS     3000
#define KERNEL_EACH 60  /* packets of each expression that the kernel is asked about */
#define PROGRAMS    400 /* random ones */
#define LONGEST     512
#define PROGRAM_MAX 24

static struct tap tap;
static uint64_t random_state = 1;
static const char *kernel_says; /* why it cannot be asked; NULL: it can */

struct sample {
    uint8_t bytes[LONGEST];
    uint32_t caplen, len;
};

/* Always the same numbers: what fails once fails again. */
static uint32_t number(uint32_t below)
{
    random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(random_state >> 33) % below;
}

static uint8_t *put16(uint8_t *to, uint32_t value)
{
    *to++ = (uint8_t)(value >> 8);
    *to++ = (uint8_t)value;
    return to;
}

static uint8_t *put_noise(uint8_t *to, size_t count)
{
    while (count--)
        *to++ = (uint8_t)number(256);
    return to;
}

/* Few values, so that expressions match often. */
static uint32_t port(void)
{
    static const uint32_t ports[] = {7, 53, 80, 443, 8080, 4789};

    return ports[number(6)];
}

static uint8_t *put_transport(uint8_t *to, uint8_t protocol)
{
    if (protocol == 1 || protocol == 58) {
        *to++ = (uint8_t)(number(2) ? 8 : number(256));
        return put_noise(to, 7);
    }
    to = put16(put16(to, port()), port());
    to = put_noise(to, 8);
    *to++ = (uint8_t)((5 + number(4)) << 4); /* TCP: its header's length, then the flags */
    *to++ = (uint8_t)number(64);
    return put_noise(to, 6);
}

static uint8_t *put_ipv4(uint8_t *to)
{
    static const uint8_t protocols[] = {1, 6, 17, 132, 47};
    uint8_t protocol = protocols[number(5)];
    uint32_t words = number(3) ? 5 : 5 + number(11);
    uint8_t *begin = to;

    *to++ = (uint8_t)(0x40 | words);
    to = put_noise(to, 5);
    to = put16(to, number(3) ? 0 : number(65536)); /* fragments */
    *to++ = (uint8_t)number(256);
    *to++ = protocol;
    to = put_noise(to, 2);
    to = put16(put16(to, 0x0a09), 0x0100 + number(3));
    to = put16(put16(to, 0x0a09), 0x0200 + number(3));
    to = put_noise(to, (size_t)(begin + 4 * words - to));
    return put_transport(to, protocol);
}

static uint8_t *put_ipv6(uint8_t *to)
{
    static const uint8_t protocols[] = {58, 6, 17, 132, 44, 0};
    uint8_t protocol = protocols[number(6)];

    *to++ = 0x60;
    to = put_noise(to, 5);
    *to++ = protocol;
    *to++ = (uint8_t)number(256);
    for (int i = 0; i < 2; i++) {
        to = put16(to, 0xfd09);
        memset(to, 0, 13);
        to += 13;
        *to++ = (uint8_t)number(3);
    }
    if (protocol == 44 || protocol == 0) {
        *to++ = 17;
        to = put_noise(to, 7);
    }
    return put_transport(to, protocol);
}

static uint8_t *put_l3(uint8_t *to, bool *is_ipv6)
{
    *is_ipv6 = number(3) == 0;
    return *is_ipv6 ? put_ipv6(to) : put_ipv4(to);
}

static uint8_t *put_frame(uint8_t *to)
{
    uint8_t *type;
    bool is_ipv6;

    memset(to, 2, 12);
    to[5] = (uint8_t)number(3);
    if (number(8) == 0)
        to[0] = 0xff;
    to += 12;
    for (uint32_t tags = number(4) ? 0 : 1 + number(2); tags; tags--)
        to = put16(put16(to, number(3) ? 0x8100 : 0x88a8), number(3) ? 77 : number(65536));
    type = to;
    to = put_l3(to + 2, &is_ipv6);
    put16(type, number(12) ? (is_ipv6 ? 0x86dd : 0x0800) : 0x0806);
    return to;
}

static void make_sample(struct sample *s, bool l3)
{
    uint8_t *end = s->bytes;
    bool is_ipv6;

    if (number(10) == 0)
        end = put_noise(end, number(200));
    else
        end = l3 ? put_l3(end, &is_ipv6) : put_frame(end);
    end = put_noise(end, number(100));
    s->caplen = (uint32_t)(end - s->bytes);
    s->len = s->caplen + (number(4) ? 0 : number(1500));
    if (number(5) == 0)
        s->caplen = number(s->caplen + 1);
}

static int ask_kernel(const struct filter_run *run, const struct sample *s, int expected)
{
    int answer = kernel_says ? expected : filter_run_in_kernel(run, s->bytes, s->caplen, s->len);

    if (answer != expected)
        printf("# the kernel answers %d\n", answer);
    return answer == expected;
}

static void print_sample(const struct sample *s, int got, int expected)
{
    printf("# got %d, libpcap %d; caplen %u, len %u:", got, expected, s->caplen, s->len);
    for (uint32_t i = 0; i < s->caplen && i < 80; i++)
        printf(" %02x", s->bytes[i]);
    putchar('\n');
}

/* Whether both say the same of one packet. *matched counts those that match. */
static bool agree(const struct filter_run *run, const struct bpf_program *program,
                  const struct sample *s, bool kernel, unsigned *matched)
{
    int expected = bpf_filter(program->bf_insns, s->bytes, s->len, s->caplen) != 0;
    int got = filter_run_here(run, s->bytes, s->caplen, s->len);

    *matched += expected;
    if (got == expected && (!kernel || ask_kernel(run, s, expected)))
        return true;
    print_sample(s, got, expected);
    return false;
}

static bool compare(const struct classic_program *classic, const struct bpf_program *program,
                    unsigned packets, bool l3, unsigned *matched)
{
    struct nst_error err = {0};
    struct filter_run *run = filter_run_new(classic, &err);
    struct sample sample;
    bool good = run != NULL;

    *matched = 0;
    if (!run)
        printf("# %s\n", err.text);
    if (run && !kernel_says && !filter_run_load(run)) {
        printf("# the kernel refuses it: %s\n", strerror(errno));
        good = false;
    }
    for (unsigned i = 0; good && i < packets; i++) {
        make_sample(&sample, l3);
        good = agree(run, program, &sample, i < KERNEL_EACH, matched);
    }
    filter_run_free(run);
    return good;
}

static void test_expression(const char *text)
{
    struct expression expression;
    struct nst_error err = {0};
    char what[200];

    if (expression_compile(&expression, text, &err)) {
        tap_ok(&tap, false, text);
        printf("# %s\n", err.text);
        return;
    }
    for (int l3 = 0; l3 < 2; l3++) {
        const struct classic_program *classic = l3 ? &expression.l3 : &expression.ethernet;
        struct bpf_program program;
        unsigned matched;
        pcap_t *pcap = pcap_open_dead(l3 ? DLT_RAW : DLT_EN10MB, 65535);

        if (classic->count && !pcap_compile(pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN)) {
            bool good = compare(classic, &program, PACKETS, l3, &matched);

            snprintf(what, sizeof(what), "%s: '%s', %u match", l3 ? "L3" : "Ethernet", text,
                     matched);
            tap_ok(&tap, good, what);
            pcap_freecode(&program);
        }
        pcap_close(pcap);
    }
    expression_free(&expression);
}

static void test_expressions(void)
{
    static const char *const expressions[] = {
        "",
        "ip",
        "ip6",
        "arp",
        "udp port 7",
        "tcp",
        "port 53",
        "src port 53 and not dst port 53",
        "portrange 50-90",
        "tcp dst portrange 443-8080 or udp src port 7",
        "host 10.9.1.1",
        "src net 10.9.1.0/24 and dst net 10.9.2.0/31",
        "net fd09::/16",
        "host fd09::1",
        "ip6 host fd09::2 and udp",
        "icmp",
        "icmp[icmptype] == icmp-echo",
        "icmp6",
        "icmp6[0] == 8",
        "sctp port 80",
        "ip proto 47",
        "tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn",
        "tcp[13] & 7 != 0",
        "tcp[((tcp[12] & 0xf0) >> 2):2] > 0x4000",
        "ip[8] < 64",
        "ip[0] & 0xf > 5",
        "ip[6:2] & 0x1fff != 0",
        "ip[2:2] - ((ip[0] & 0xf) << 2) > 1000",
        "udp[8:4] % 7 = 3",
        "udp[0:2] / udp[2:2] > 2",
        "udp[0:2] * 3 = udp[2:2] | 159",
        "ip[4:4] ^ 0x55aa55aa > 0x80000000",
        "ip[1] << ip[8] = 0",
        "ip[4:4] >> (ip[8] & 0x3f) = 0",
        "-ip[8] > 0xffffff80",
        "greater 200",
        "less 64",
        "len - ip[2:2] > 14",
        "vlan",
        "vlan 77",
        "vlan 77 and udp",
        "vlan and vlan",
        "ether host 02:02:02:02:02:01",
        "ether broadcast or ether multicast",
        "ether[12:2] = 0x86dd",
        "ether proto 0x0800",
        "not ip and not ip6",
        "ip multicast",
        "ip6 and ip6[6] == 44",
        "(tcp port 80 or tcp port 443) and (host 10.9.1.1 or host 10.9.2.2) and not port 7",
        "ip[500] = 1",
        "ether[511] = 1",
        "ether[508:4] = 1",
        "ether[509:4] = 1",
        "ether[70000] = 1",
        "ether[0xfffff000] = 1",
    };

    for (size_t i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++)
        test_expression(expressions[i]);
}

/* A long list, as scripts make them. */
static void test_long(void)
{
    static char text[16384];
    struct expression expression;
    struct nst_error err = {0};
    struct filter_run *run;
    int length = 0;

    for (int i = 0; i < 300; i++)
        length += snprintf(text + length, sizeof(text) - (size_t)length, "%shost 10.%d.%d.%d",
                           i ? " or " : "", i & 3, i >> 2, i * 7 % 250);
    test_expression("host 10.9.1.1 or host 10.9.1.2 or host 10.9.2.1 or net 10.9.0.0/23");
    if (!tap_ok(&tap, !expression_compile(&expression, text, &err), "300 hosts are compiled"))
        return;
    run = filter_run_new(&expression.ethernet, &err);
    tap_ok(&tap, run != NULL, "300 hosts find room");
    if (kernel_says)
        tap_skip(&tap, "the kernel takes 300 hosts", kernel_says);
    else
        tap_ok(&tap, run && filter_run_load(run), "the kernel takes 300 hosts");
    filter_run_free(run);
    expression_free(&expression);
}

static struct bpf_insn random_load(void)
{
    static const uint16_t loads[] = {
        BPF_LD | BPF_W | BPF_ABS,  BPF_LD | BPF_H | BPF_ABS, BPF_LD | BPF_B | BPF_ABS,
        BPF_LD | BPF_W | BPF_IND,  BPF_LD | BPF_H | BPF_IND, BPF_LD | BPF_B | BPF_IND,
        BPF_LD | BPF_W | BPF_LEN,  BPF_LD | BPF_IMM,         BPF_LDX | BPF_IMM,
        BPF_LDX | BPF_B | BPF_MSH, BPF_LDX | BPF_W | BPF_LEN};
    uint32_t far = number(20);

    return (struct bpf_insn){.code = loads[number(11)],
                             .k = far == 0   ? 0xffffffff - number(16)
                                  : far == 1 ? 500 + number(20)
                                             : number(64)};
}

static struct bpf_insn random_alu(void)
{
    static const uint16_t ops[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND,
                                   BPF_LSH, BPF_RSH, BPF_NEG, 0x90,    0xa0};
    uint16_t op = ops[number(11)];
    bool shift = op == BPF_LSH || op == BPF_RSH, divide = op == BPF_DIV || op == 0x90;
    uint32_t k = shift ? number(32) : number(4) ? number(256) : number(0x7fffffff) * 2 + 1;

    return (struct bpf_insn){
        .code = (uint16_t)(BPF_ALU | op | (op != BPF_NEG && number(2) ? BPF_X : BPF_K)),
        .k = divide && !k ? 1 : k};
}

static struct bpf_insn random_jump(uint32_t left)
{
    static const uint16_t ops[] = {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET};
    uint32_t far = left < 6 ? left : 6;

    if (number(10) == 0)
        return (struct bpf_insn){.code = BPF_JMP | BPF_JA, .k = number(far)};
    return (struct bpf_insn){.code =
                                 (uint16_t)(BPF_JMP | ops[number(4)] | (number(2) ? BPF_X : BPF_K)),
                             .jt = (uint8_t)number(far),
                             .jf = (uint8_t)number(far),
                             .k = number(3) ? number(256) : number(0x7fffffff) * 2};
}

/* All of memory is written before anything is read from it: libpcap leaves it as it is. */
static struct bpf_insn random_insn(uint32_t left)
{
    switch (number(8)) {
    case 0:
    case 1:
        return random_load();
    case 2:
    case 3:
        return random_alu();
    case 4:
        return (struct bpf_insn){.code = number(2) ? BPF_ST : BPF_STX, .k = number(16)};
    case 5:
        return (struct bpf_insn){.code = number(2) ? BPF_LD | BPF_MEM : BPF_LDX | BPF_MEM,
                                 .k = number(16)};
    case 6:
        return (struct bpf_insn){.code = BPF_MISC | (number(2) ? BPF_TAX : BPF_TXA)};
    default:
        return random_jump(left);
    }
}

static uint32_t random_program(struct bpf_insn *insns)
{
    uint32_t count = 0, end = 17 + number(PROGRAM_MAX);

    for (; count < 16; count++)
        insns[count] = (struct bpf_insn){.code = BPF_ST, .k = count};
    for (; count < end; count++)
        insns[count] = random_insn(end - count);
    insns[count++] = (struct bpf_insn){.code = BPF_RET | (number(2) ? BPF_A : BPF_K), .k = 1};
    return count;
}

static void test_random(void)
{
    struct bpf_insn insns[17 + PROGRAM_MAX + 1];
    struct classic_insn copies[17 + PROGRAM_MAX + 1];
    unsigned matching = 0, matched, i = 0;
    bool good = true;

    for (; good && i < PROGRAMS; i++) {
        struct bpf_program program = {.bf_len = random_program(insns), .bf_insns = insns};
        struct classic_program classic = {.insns = copies, .count = program.bf_len};

        for (unsigned j = 0; j < program.bf_len; j++)
            copies[j] = (struct classic_insn){insns[j].code, insns[j].jt, insns[j].jf, insns[j].k};
        good = bpf_validate(insns, (int)program.bf_len) &&
               compare(&classic, &program, KERNEL_EACH / 6, number(2), &matched);
        matching += matched != 0;
    }
    tap_ok(&tap, good, "random programs");
    printf("# %u programs, %u of them matched something\n", i, matching);
    tap_ok(&tap, matching > PROGRAMS / 4, "that say yes often enough");
}

static void refuses(const char *what, struct classic_insn *insns, size_t count, const char *words)
{
    struct classic_program classic = {.insns = insns, .count = count};
    struct nst_error err = {0};
    struct filter_run *run = filter_run_new(&classic, &err);

    if (!tap_ok(&tap, !run && strstr(err.text, words), what))
        printf("# said: %s\n", err.text);
    filter_run_free(run);
}

static void test_bad_programs(void)
{
    static struct classic_insn many[6000];
    struct classic_insn loop[] = {{BPF_LD | BPF_IMM, 0, 0, 1},
                                  {BPF_JMP | BPF_JA, 0, 0, (uint32_t)-2},
                                  {BPF_RET | BPF_K, 0, 0, 1}};
    struct classic_insn out[] = {{BPF_JMP | BPF_JEQ, 0, 1, 0}, {BPF_RET | BPF_K, 0, 0, 1}};
    struct classic_insn memory[] = {{BPF_ST, 0, 0, 16}, {BPF_RET | BPF_K, 0, 0, 1}};
    struct classic_insn unknown[] = {{BPF_ALU | 0xf0, 0, 0, 1}, {BPF_RET | BPF_K, 0, 0, 1}};

    for (size_t i = 0; i < 6000; i++)
        many[i] = (struct classic_insn){BPF_ALU | BPF_ADD, 0, 0, 1};
    many[5999].code = BPF_RET | BPF_K;
    refuses("a loop", loop, 3, "loop");
    refuses("a jump beyond the end", out, 2, "jumps out");
    refuses("no return", out, 1, "jumps out");
    refuses("memory that is not there", memory, 2, "memory");
    refuses("an unknown instruction", unknown, 2, "unknown");
    refuses("a program that is too large", many, 6000, "too large");
}

static void looks(const char *text, uint32_t bytes)
{
    struct expression expression;
    struct nst_error err = {0};
    struct filter_run *run = NULL;
    char what[100];

    if (!expression_compile(&expression, text, &err)) {
        run = filter_run_new(&expression.ethernet, &err);
        expression_free(&expression);
    }
    snprintf(what, sizeof(what), "'%s' looks at %u bytes", text, bytes);
    if (!tap_ok(&tap, run && filter_run_bytes(run) == bytes, what) && run)
        printf("# says %u\n", filter_run_bytes(run));
    filter_run_free(run);
}

static void test_bytes(void)
{
    looks("", 0);
    looks("ip", 14);
    looks("host 10.9.1.1", 42);       /* ARP's addresses stand farther back than IP's */
    looks("udp port 7", 14 + 60 + 4); /* the longest IPv4 header */
    looks("udp[8:4] = 1", 14 + 60 + 8 + 4);
    looks("tcp[(tcp[12] >> 2):1] = 1", LONGEST);
}

static void says(const char *text, const char *words)
{
    struct expression expression;
    struct nst_error err = {0};
    int error = expression_compile(&expression, text, &err);

    if (!tap_ok(&tap, error < 0 && strstr(err.text, words), text))
        printf("# said: %s\n", err.text);
    expression_free(&expression);
}

static void test_bad_expressions(void)
{
    struct expression expression;
    struct nst_error err = {0};

    says("udp prt 53", "syntax error, after 'udp'");
    says("udp port 53 and", "after 'udp port 53'");
    says("host 10.9.1.1 and (udp or prt 53)", "after 'host 10.9.1.1 and (udp'");
    says("no such filter", "at its beginning 'no such filter'");
    says("udp port 70000", "port number 70000 > 65535");
    says("vlan 5000", "VLAN tag 5000");
    tap_ok(&tap,
           !expression_compile(&expression, "ether host 02:02:02:02:02:02", &err) &&
               expression.ethernet.count && !expression.l3.count && *expression.l3_error.text,
           "what asks for Ethernet cannot be had at L3, and that is said");
    expression_free(&expression);
}

/* As root, and on a kernel that runs such a program when it is asked to (since 5.10). */
static void find_kernel(void)
{
    struct classic_insn always = {BPF_RET | BPF_K, 0, 0, 1};
    struct classic_program program = {.insns = &always, .count = 1};
    struct filter_run *run = filter_run_new(&program, NULL);

    if (geteuid())
        kernel_says = "needs root";
    else if (!run || !filter_run_load(run))
        kernel_says = "the kernel loads no BPF programs here";
    else if (filter_run_in_kernel(run, (const uint8_t *)"", 0, 0) != 1)
        kernel_says = "the kernel runs no BPF programs on request";
    filter_run_free(run);
    if (kernel_says)
        printf("# not compared with the kernel: %s\n", kernel_says);
}

int main(void)
{
    find_kernel();
    test_expressions();
    test_long();
    test_random();
    test_bad_programs();
    test_bytes();
    test_bad_expressions();
    return tap_done(&tap);
}
