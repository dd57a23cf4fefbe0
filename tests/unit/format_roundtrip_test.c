/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is written is what is read: every field, extreme values, every optional part absent. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "format/block.h"
#include "format/bytes.h"
#include "format/crc32c.h"
#include "format/nstrail.h"
#include "format/writer.h"
#include "tests/unit/format_sample.h"
#include "tests/unit/tap.h"

static const struct nst_file_info full_info = {
    .capture_id = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
    .salt = {0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6, 0x07, 0x18},
    .previous_salt = {8, 7, 6, 5, 4, 3, 2, 1},
    .boot_id = {0xff, 0, 0xee},
    .sequence = 3,
    .snaplen = 128,
    .cpus = 512,
    .tracking_exact = true,
    .monotonic_ns = 7322460997041,
    .boottime_ns = 7322460997042,
    .realtime_ns = 1700000000123456789,
    .hostname = "host",
    .kernel_release = "6.12.117+deb12-cloud-amd64",
    .kernel_version = "#1 SMP",
    .machine = "x86_64",
    .writer = "nstrail-capture 0.1.0",
    .command_line = "nstrail-capture -w x",
    .filter = "not tcp",
    .drop_reasons = "btf",
};

static int new_file(void)
{
    int fd = memfd_create("nstrail", MFD_CLOEXEC);

    if (fd < 0) {
        perror("memfd_create");
        exit(99);
    }
    return fd;
}

static struct nst_writer *writer_on(int fd, uint32_t snaplen)
{
    struct nst_file_info info = full_info;
    struct nst_writer *w;

    info.snaplen = snaplen;
    if (nst_writer_open_salted(&w, dup(fd), &info, NULL) < 0)
        exit(99);
    return w;
}

static struct nst_reader *reader_on(int fd)
{
    struct nst_error err = {{0}};
    struct nst_reader *r = NULL;

    if (nst_reader_fdopen(&r, dup(fd), NULL, &err) < 0)
        printf("# %s\n", err.text);
    return r;
}

/* A pipe that the file's bytes come through. */
static int through_pipe(int fd)
{
    uint8_t buffer[777];
    int ends[2];
    ssize_t n;

    if (pipe(ends) < 0)
        exit(99);
    fflush(stdout);
    if (fork() == 0) {
        close(ends[0]);
        lseek(fd, 0, SEEK_SET);
        while ((n = read(fd, buffer, sizeof(buffer))) > 0) {
            if (write(ends[1], buffer, (size_t)n) != n)
                _exit(1);
        }
        _exit(0);
    }
    close(ends[1]);
    return ends[0];
}

static bool undamaged(const struct nst_reader *r)
{
    struct nst_damage none = {.ended = true};

    return memcmp(nst_reader_damage(r), &none, sizeof(none)) == 0;
}

static bool gives_back(const struct sample *s, int fd, unsigned load)
{
    struct nst_reader *r = reader_on(fd);
    bool ok = r && sample_compare(s, r, load) == (long)s->count && undamaged(r);

    nst_reader_close(r);
    return ok;
}

/* All else in a site is zeros. */
static bool is_site_of(const struct nst_event *site, const struct nst_event *event)
{
    struct nst_event alike = {
        .netns = event->netns,
        .device = event->device,
        .task = site->task,
        .probe = event->probe,
        .drop_reason = event->drop_reason,
        .stack = event->stack,
        .rx_ifindex = event->rx_ifindex,
        .vlan_proto = event->vlan_proto,
        .vlan_tci = event->vlan_tci,
        .netns_source = event->netns_source,
        .flags = event->flags,
    };

    return memcmp(site, &alike, sizeof(alike)) == 0;
}

static bool has_sites(const struct nst_block *b, const struct nst_event *sites, uint32_t count)
{
    for (uint32_t i = 0; i < b->info.events; i++) {
        uint32_t j = 0;

        while (j < count && !is_site_of(&sites[j], &b->events[i]))
            j++;
        if (j == count)
            return false;
    }
    return true;
}

static void test_sites(struct tap *tap, struct sample *s, const char *name)
{
    int fd = new_file();
    struct nst_writer *w = writer_on(fd, 128);
    const struct nst_block *b;
    struct nst_reader *r;
    bool ok = sample_write(s, w);

    nst_writer_close(w, NULL, NULL);
    r = reader_on(fd);
    while (nst_reader_next(r, &b, NULL) == 1 && b->info.type == NST_BLOCK_EVENTS) {
        struct nst_event *sites;
        uint32_t count;

        ok = ok && nst_reader_load(r, NST_LOAD_SITES, NULL) == 0 && !b->events && b->sites_count;
        count = b->sites_count;
        sites = calloc(count, sizeof(*sites));
        memcpy(sites, b->sites, count * sizeof(*sites));
        ok = ok && nst_reader_load(r, NST_LOAD_META, NULL) == 0 && b->events &&
             b->sites_count == count && has_sites(b, sites, count);
        free(sites);
    }
    tap_ok(tap, ok && undamaged(r), name);
    nst_reader_close(r);
    close(fd);
    sample_free(s);
}

static void test_sample(struct tap *tap, struct sample *s, uint32_t snaplen, const char *what)
{
    char name[128];
    int fd = new_file(), end;
    struct nst_writer *w = writer_on(fd, snaplen);
    bool wrote = sample_write(s, w);
    struct nst_writer_stats stats;

    nst_writer_stats(w, &stats);
    wrote = nst_writer_close(w, NULL, NULL) == 0 && wrote && stats.events == s->count;
    snprintf(name, sizeof(name), "%s: written", what);
    tap_ok(tap, wrote, name);
    snprintf(name, sizeof(name), "%s: with packets", what);
    tap_ok(tap, gives_back(s, fd, NST_LOAD_PACKETS), name);
    snprintf(name, sizeof(name), "%s: without packets", what);
    tap_ok(tap, gives_back(s, fd, NST_LOAD_META), name);
    snprintf(name, sizeof(name), "%s: through a pipe", what);
    end = through_pipe(fd);
    tap_ok(tap, gives_back(s, end, NST_LOAD_PACKETS), name);
    close(end);
    wait(NULL);
    close(fd);
    sample_free(s);
}

static void test_samples(struct tap *tap)
{
    struct sample s;

    sample_journeys(&s, 1, 30000, 128);
    test_sample(tap, &s, 128, "journeys of 128 bytes");
    sample_journeys(&s, 2, 30000, 0);
    test_sample(tap, &s, 0, "journeys without packets");
    sample_journeys(&s, 3, 3000, 65535);
    test_sample(tap, &s, 65535, "journeys of whole packets");
    sample_journeys(&s, 4, 3000, 1);
    test_sample(tap, &s, 1, "journeys of one byte");
    sample_journeys(&s, 5, 1, 128);
    test_sample(tap, &s, 128, "one event");
    sample_journeys(&s, 6, 0, 128);
    test_sample(tap, &s, 128, "no event");
    sample_chaos(&s, 7, 20000, 10000, 0);
    test_sample(tap, &s, 0, "10,000 namespaces, probes and reasons");
    sample_chaos(&s, 8, 300, 300, 65535);
    test_sample(tap, &s, 65535, "any numbers and packets");
    sample_journeys(&s, 9, 30000, 128);
    sample_states(&s, 10);
    test_sample(tap, &s, 128, "states of skbs");
    sample_chaos(&s, 11, 3000, 300, 0);
    sample_states(&s, 12);
    test_sample(tap, &s, 0, "states of skbs without packets");
    sample_same(&s, 70000, 0);
    test_sample(tap, &s, 0, "more events than a block holds");
    sample_same(&s, 1200, 65535);
    test_sample(tap, &s, 65535, "more bytes than a block gives back");
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_info(const struct nst_file_info *a, const struct nst_file_info *b)
{
    return memcmp(a->capture_id, b->capture_id, 16) == 0 && memcmp(a->salt, b->salt, 8) == 0 &&
           memcmp(a->previous_salt, b->previous_salt, 8) == 0 &&
           memcmp(a->boot_id, b->boot_id, 16) == 0 && a->sequence == b->sequence &&
           a->snaplen == b->snaplen && a->cpus == b->cpus &&
           a->tracking_exact == b->tracking_exact && a->monotonic_ns == b->monotonic_ns &&
           a->boottime_ns == b->boottime_ns && a->realtime_ns == b->realtime_ns &&
           same_text(a->hostname, b->hostname) && same_text(a->kernel_release, b->kernel_release) &&
           same_text(a->kernel_version, b->kernel_version) && same_text(a->machine, b->machine) &&
           same_text(a->writer, b->writer) && same_text(a->command_line, b->command_line) &&
           same_text(a->filter, b->filter) && same_text(a->drop_reasons, b->drop_reasons);
}

static bool header_survives(const struct nst_file_info *info)
{
    int fd = new_file();
    struct nst_writer *w;
    struct nst_reader *r;
    bool ok;

    if (nst_writer_open_salted(&w, dup(fd), info, NULL) < 0)
        exit(99);
    nst_writer_close(w, NULL, NULL);
    r = reader_on(fd);
    ok = r && same_info(info, nst_reader_file(r));
    nst_reader_close(r);
    close(fd);
    return ok;
}

static void test_header(struct tap *tap)
{
    static const struct nst_file_info nothing, empty = {.hostname = "", .filter = ""};
    struct nst_file_info long_line = full_info;
    char *line = malloc(60001);

    memset(line, 'x', 60000);
    line[60000] = '\0';
    long_line.command_line = line;
    tap_ok(tap, header_survives(&full_info), "file header: all fields");
    tap_ok(tap, header_survives(&nothing), "file header: no field");
    tap_ok(tap, header_survives(&empty), "file header: empty is not absent");
    tap_ok(tap, header_survives(&long_line), "file header: a long command line");
    free(line);
}

static void test_salt(struct tap *tap)
{
    uint8_t salts[2][8];
    int i;

    for (i = 0; i < 2; i++) {
        int fd = new_file();
        struct nst_writer *w;
        struct nst_reader *r;

        if (nst_writer_open(&w, dup(fd), &full_info, NULL) < 0)
            exit(99);
        nst_writer_close(w, NULL, NULL);
        r = reader_on(fd);
        memcpy(salts[i], nst_reader_file(r)->salt, 8);
        nst_reader_close(r);
        close(fd);
    }
    tap_ok(tap, memcmp(salts[0], salts[1], 8) != 0, "each file has a salt of its own");
}

static bool same_span(uint64_t first, uint64_t last, uint64_t read_first, uint64_t read_last)
{
    return first == read_first && last == read_last;
}

static bool same_netns(const struct nst_netns *a, const struct nst_netns *b)
{
    return a->cookie == b->cookie && a->inum == b->inum;
}

static bool same_octets(const struct nst_octets *a, const struct nst_octets *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static bool same_known(const struct nst_known_netns *a, const struct nst_known_netns *b)
{
    return same_netns(&a->netns, &b->netns) &&
           same_span(a->first_ts_ns, a->last_ts_ns, b->first_ts_ns, b->last_ts_ns) &&
           a->owner_uid == b->owner_uid && a->userns_inum == b->userns_inum && a->flags == b->flags;
}

static bool same_process(const struct nst_process *a, const struct nst_process *b)
{
    return same_netns(&a->netns, &b->netns) &&
           same_span(a->first_ts_ns, a->last_ts_ns, b->first_ts_ns, b->last_ts_ns) &&
           a->pid == b->pid && a->start_ns == b->start_ns && a->uid == b->uid &&
           a->flags == b->flags && same_text(a->comm, b->comm) && same_text(a->exe, b->exe) &&
           same_text(a->cgroup, b->cgroup) && same_text(a->cmdline, b->cmdline);
}

static bool same_container(const struct nst_container *a, const struct nst_container *b)
{
    return same_netns(&a->netns, &b->netns) &&
           same_span(a->first_ts_ns, a->last_ts_ns, b->first_ts_ns, b->last_ts_ns) &&
           a->pid == b->pid && same_text(a->runtime, b->runtime) && same_text(a->id, b->id) &&
           same_text(a->name, b->name) && same_text(a->image, b->image) &&
           same_text(a->pod_name, b->pod_name) && same_text(a->pod_namespace, b->pod_namespace) &&
           same_text(a->pod_uid, b->pod_uid) && same_text(a->pod_container, b->pod_container);
}

static bool same_device(const struct nst_known_device *a, const struct nst_known_device *b)
{
    return same_netns(&a->netns, &b->netns) && same_netns(&a->link_netns, &b->link_netns) &&
           same_span(a->first_ts_ns, a->last_ts_ns, b->first_ts_ns, b->last_ts_ns) &&
           a->ifindex == b->ifindex && same_text(a->name, b->name) && same_text(a->kind, b->kind) &&
           a->link_ifindex == b->link_ifindex && a->master == b->master && a->mtu == b->mtu &&
           a->flags == b->flags && a->operstate == b->operstate && same_octets(&a->mac, &b->mac);
}

static bool same_address(const struct nst_address *a, const struct nst_address *b)
{
    return same_netns(&a->netns, &b->netns) &&
           same_span(a->first_ts_ns, a->last_ts_ns, b->first_ts_ns, b->last_ts_ns) &&
           a->ifindex == b->ifindex && a->prefix == b->prefix &&
           same_octets(&a->address, &b->address);
}

static bool same_inventory(const struct nst_tables *a, const struct nst_tables *b)
{
    bool same = a->netns_count == b->netns_count && a->processes_count == b->processes_count &&
                a->containers_count == b->containers_count &&
                a->devices_count == b->devices_count && a->addresses_count == b->addresses_count;
    size_t i;

    for (i = 0; same && i < a->netns_count; i++)
        same = same_known(&a->netns[i], &b->netns[i]);
    for (i = 0; same && i < a->processes_count; i++)
        same = same_process(&a->processes[i], &b->processes[i]);
    for (i = 0; same && i < a->containers_count; i++)
        same = same_container(&a->containers[i], &b->containers[i]);
    for (i = 0; same && i < a->devices_count; i++)
        same = same_device(&a->devices[i], &b->devices[i]);
    for (i = 0; same && i < a->addresses_count; i++)
        same = same_address(&a->addresses[i], &b->addresses[i]);
    return same;
}

static bool same_tables(const struct nst_tables *a, const struct nst_tables *b)
{
    size_t i;

    if (a->ts_ns != b->ts_ns || a->netns_names_count != b->netns_names_count ||
        a->counters_count != b->counters_count)
        return false;
    for (i = 0; i < a->netns_names_count; i++) {
        const struct nst_netns_name *x = &a->netns_names[i], *y = &b->netns_names[i];

        if (x->netns.cookie != y->netns.cookie || x->netns.inum != y->netns.inum ||
            strcmp(x->name, y->name) != 0 || x->first_ts_ns != y->first_ts_ns ||
            x->last_ts_ns != y->last_ts_ns || x->place != y->place)
            return false;
    }
    for (i = 0; i < a->counters_count; i++) {
        const struct nst_counter *x = &a->counters[i], *y = &b->counters[i];

        if (strcmp(x->name, y->name) != 0 || !same_text(x->probe, y->probe) || x->cpu != y->cpu ||
            x->known != y->known || x->value != y->value)
            return false;
    }
    return same_inventory(a, b);
}

static void test_tables(struct tap *tap)
{
    static const struct nst_netns_name names[] = {
        {{0x12345678, 4026531840}, "web", 1, 5, NST_PLACE_NETNS},
        {{0, 1}, "", 7, 6, NST_PLACE_MOUNT},
        {{~0ull, ~0u}, "\xff\x01", 0, ~0ull, 255}};
    static const struct nst_counter counters[] = {{"events", NULL, NST_NONE, true, ~0ull},
                                                  {"lost.ring", "skb:kfree_skb", 0, true, 0},
                                                  {"lost.recursion", "", 4095, false, 0}};
    static const struct nst_tables tables = {.ts_ns = 77,
                                             .netns_names = names,
                                             .netns_names_count = 3,
                                             .counters = counters,
                                             .counters_count = 3},
                                   none = {.ts_ns = 78};
    int fd = new_file();
    struct nst_writer *w = writer_on(fd, 128);
    const struct nst_block *b;
    struct nst_reader *r;

    nst_writer_clock(w, -5);
    nst_writer_lost(w, 99);
    tap_ok(tap, nst_writer_tables(w, &tables, NULL) == 0, "tables: written");
    tap_ok(tap, nst_writer_tables(w, &none, NULL) == 0, "tables: none written");
    nst_writer_close(w, &tables, NULL);
    r = reader_on(fd);
    tap_ok(tap, nst_reader_next(r, &b, NULL) == 1 && b->info.type == NST_BLOCK_TABLES && !b->tables,
           "tables: a block that is not loaded yet");
    tap_ok(tap, b->info.realtime_offset_ns == -5 && b->info.lost == 99,
           "tables: the header has the clock and what was lost");
    tap_ok(tap, nst_reader_load(r, NST_LOAD_META, NULL) == 0 && same_tables(&tables, b->tables),
           "tables: all fields");
    tap_ok(tap,
           nst_reader_next(r, &b, NULL) == 1 && nst_reader_load(r, NST_LOAD_PACKETS, NULL) == 0 &&
               same_tables(&none, b->tables),
           "tables: nothing in them");
    tap_ok(tap,
           nst_reader_next(r, &b, NULL) == 1 && b->info.type == NST_BLOCK_END &&
               nst_reader_load(r, NST_LOAD_META, NULL) == 0 && same_tables(&tables, b->tables),
           "tables: at the end");
    tap_ok(tap,
           nst_reader_next(r, &b, NULL) == 0 && nst_reader_next(r, &b, NULL) == 0 && undamaged(r),
           "the end stays the end");
    nst_reader_close(r);
    close(fd);
}

static const struct nst_known_netns some_netns[] = {
    {{0x1005, 4026531840}, 100, NST_STILL, 0, 4026531837, NST_NETNS_INITIAL},
    {{0, 1}, 5, 5, NST_NONE, 0, NST_NETNS_GONE},
    {{~0ull, ~0u}, 0, ~0ull - 1, ~0u - 1, ~0u, 255},
    {{0, 0}, ~0ull, NST_STILL, 1, 0, 0},
};
static const struct nst_process some_processes[] = {
    {{0x1005, 4026531840},
     100,
     NST_STILL,
     7,
     "curl",
     "/usr/bin/curl",
     "/user.slice",
     NULL,
     1234,
     0,
     NST_PROCESS_LEADER},
    {{0x1005, 4026531840},
     90,
     95,
     ~0ull,
     "",
     "\xff\n",
     "/user.slice",
     "curl a b",
     ~0u,
     NST_NONE,
     0},
    {{0, 1}, 1, 2, 0, NULL, NULL, NULL, NULL, 0, ~0u - 1, 255},
};
static const struct nst_container some_containers[] = {
    {{0, 1},
     1,
     NST_STILL,
     "docker",
     "0123456789abcdef",
     "web",
     "nginx:1",
     NULL,
     NULL,
     NULL,
     NULL,
     7},
    {{0, 1}, 3, 4, NULL, "", NULL, NULL, "p", "kube-system", "u-i-d", "c", ~0u},
};
static const struct nst_known_device some_devices[] = {
    {{0, 1},
     1,
     NST_STILL,
     "eth0",
     "veth",
     {0x1005, 4026531840},
     7,
     2,
     0,
     1500,
     0x1043,
     6,
     {6, {2, 0, 0, 0, 0, 1}}},
    {{0, 1}, 1, 1, "", NULL, {0, 0}, 0, ~0u, ~0u, ~0u, ~0u, 255, {32, {0xff, 1, [31] = 9}}},
    {{0, 2}, 9, 10, "lo", NULL, {0, 0}, 0, 1, 0, 65536, 9, 0, {0}},
};
static const struct nst_address some_addresses[] = {
    {{0, 1}, 1, NST_STILL, 2, {4, {10, 0, 0, 1}}, 24},
    {{0, 1}, 1, 2, ~0u, {16, {0xfe, 0x80, [15] = 1}}, 64},
    {{7, 1}, 1, 2, 1, {0}, 255},
};

static void test_inventory(struct tap *tap)
{
    struct nst_tables tables = {.ts_ns = 120,
                                .netns = some_netns,
                                .netns_count = 4,
                                .processes = some_processes,
                                .processes_count = 3,
                                .containers = some_containers,
                                .containers_count = 2,
                                .devices = some_devices,
                                .devices_count = 3,
                                .addresses = some_addresses,
                                .addresses_count = 3};
    struct nst_tables one = {.netns = some_netns, .netns_count = 1};
    const struct nst_tables wanted[] = {tables, one, {.ts_ns = 5}};
    static const char *const names[] = {"inventory: all fields", "inventory: one row",
                                        "inventory: none"};
    const struct nst_block *b;
    struct nst_reader *r;
    int fd = new_file(), i;
    struct nst_writer *w = writer_on(fd, 128);

    nst_writer_tables(w, &wanted[0], NULL);
    nst_writer_tables(w, &wanted[1], NULL);
    nst_writer_close(w, &wanted[2], NULL);
    r = reader_on(fd);
    for (i = 0; i < 3; i++)
        tap_ok(tap,
               nst_reader_next(r, &b, NULL) == 1 && nst_reader_load(r, NST_LOAD_META, NULL) == 0 &&
                   same_tables(&wanted[i], b->tables),
               names[i]);
    tap_ok(tap, nst_reader_next(r, &b, NULL) == 0 && undamaged(r), "inventory: undamaged");
    nst_reader_close(r);
    close(fd);
}

/* What a hostile /proc can say is bounded; a row that ends before it begins ends at once. */
static void test_inventory_limits(struct tap *tap)
{
    static char longest[3 * NST_MAX_TEXT];
    struct nst_process p = {.first_ts_ns = 9, .last_ts_ns = 3, .exe = longest, .comm = "x"};
    struct nst_tables tables = {.processes = &p, .processes_count = 1};
    struct nst_tables many = {.addresses_count = NST_MAX_ROWS + 1};
    const struct nst_block *b;
    struct nst_error err = {""};
    struct nst_reader *r;
    int fd = new_file();
    struct nst_writer *w = writer_on(fd, 128);

    memset(longest, 'x', sizeof(longest) - 1);
    nst_writer_tables(w, &tables, NULL);
    tap_ok(tap, nst_writer_tables(w, &many, &err) == -EFBIG && strstr(err.text, "262145 rows"),
           "inventory: more rows than allowed are refused");
    nst_writer_close(w, NULL, NULL);
    r = reader_on(fd);
    if (nst_reader_next(r, &b, NULL) != 1 || nst_reader_load(r, NST_LOAD_META, NULL) < 0)
        exit(99);
    tap_ok(tap, strlen(b->tables->processes->exe) == NST_MAX_TEXT, "inventory: a text is cut");
    tap_ok(tap, b->tables->processes->last_ts_ns == 9, "inventory: no row ends before it begins");
    nst_reader_close(r);
    close(fd);
}

static void test_impossible(struct tap *tap)
{
    static const uint8_t bytes[8];
    const struct nst_event good = {.netns = NST_NONE,
                                   .device = NST_NONE,
                                   .task = NST_NONE,
                                   .drop_reason = NST_NONE,
                                   .stack = NST_NONE,
                                   .len_bytes = 8,
                                   .caplen_bytes = 8,
                                   .packet = bytes};
    struct nst_event cases[9];
    struct nst_error err;
    int fd = new_file(), i, refused = 0;
    struct nst_writer *w = writer_on(fd, 128);

    for (i = 0; i < 9; i++)
        cases[i] = good;
    cases[0].caplen_bytes = 9;
    cases[1].packet = NULL;
    cases[2].len_bytes = cases[2].caplen_bytes = 65536;
    cases[3].journey_ts_ns = 1;
    cases[4].netns = 0;
    cases[5].device = 7;
    cases[6].task = 1;
    cases[7].probe = 1;
    cases[8].stack = 0;
    tap_ok(tap, nst_writer_event(w, &good, NULL) == -EINVAL, "refused: a probe before it is known");
    nst_writer_probe(w, &(struct nst_probe){.kind = 1, .symbol = "net:x"});
    for (i = 0; i < 9; i++)
        refused += nst_writer_event(w, &cases[i], &err) == -EINVAL;
    tap_ok(tap, refused == 9, "refused: impossible events");
    tap_ok(tap, nst_writer_event(w, &good, NULL) == 0 && nst_writer_pending(w, NULL) == 1,
           "taken: the same without the fault");
    tap_ok(tap, nst_writer_device(w, &(struct nst_device){.netns = 5, .name = "x"}) == NST_NONE,
           "refused: a device in no namespace that is known");
    nst_writer_close(w, NULL, NULL);
    close(fd);
}

static void test_dictionaries(struct tap *tap)
{
    const struct nst_drop_reason core = {.number = 2}, named = {.number = 2, .name = ""};
    char name[400];
    struct nst_probe probe = {.kind = 1, .symbol = name};
    int fd = new_file();
    struct nst_writer *w = writer_on(fd, 0);
    const struct nst_block *b;
    struct nst_reader *r;
    uint32_t first, index;

    memset(name, 'n', sizeof(name));
    name[399] = '\0';
    first = nst_writer_drop_reason(w, &core);
    tap_ok(tap, nst_writer_drop_reason(w, &named) != first, "no name is not an empty name");
    tap_ok(tap, nst_writer_drop_reason(w, &core) == first, "the same content, the same index");
    index = nst_writer_probe(w, &probe);
    nst_writer_event(w,
                     &(struct nst_event){.probe = index,
                                         .netns = NST_NONE,
                                         .device = NST_NONE,
                                         .task = NST_NONE,
                                         .drop_reason = first,
                                         .stack = NST_NONE},
                     NULL);
    nst_writer_close(w, NULL, NULL);
    r = reader_on(fd);
    tap_ok(tap,
           nst_reader_next(r, &b, NULL) == 1 && nst_reader_load(r, NST_LOAD_META, NULL) == 0 &&
               strlen(b->probes[0].symbol) == NST_MAX_NAME,
           "a long name is cut");
    tap_ok(tap,
           !b->drop_reasons[0].name && !b->drop_reasons[0].subsys && b->drop_reasons_count == 1,
           "a block has the entries that its events use");
    tap_ok(tap, b->info.probe_bits == 1ull << nst_probe_bit(1, b->probes[0].symbol),
           "its header knows its probe");
    nst_reader_close(r);
    close(fd);
}

static void test_frames(struct tap *tap)
{
    int fd = new_file();
    struct nst_writer *w = writer_on(fd, 0);
    struct nst_frame frame = {.caller = NST_NONE, .name = "f"};
    uint32_t outer = nst_writer_frame(w, &frame), deepest = outer, frames = 1;

    frame.caller = outer;
    tap_ok(tap, nst_writer_frame(w, &frame) != outer, "a function that calls itself is two frames");
    frame.caller = 77;
    tap_ok(tap, nst_writer_frame(w, &frame) == NST_NONE, "refused: a caller that is not known");
    for (frame.caller = outer; frame.caller != NST_NONE; frames += frame.caller != NST_NONE) {
        deepest = frame.caller;
        frame.caller = nst_writer_frame(w, &frame);
    }
    tap_ok(tap, frames == NST_MAX_FRAMES && deepest != outer, "a trace has its greatest depth");
    nst_writer_close(w, NULL, NULL);
    close(fd);
}

static void test_take_and_seek(struct tap *tap)
{
    struct sample s;
    int fd = new_file();
    struct nst_writer *w = writer_on(fd, 128);
    const struct nst_block *b;
    struct nst_block *taken;
    struct nst_reader *r;
    uint64_t offset;

    sample_journeys(&s, 11, 30000, 128);
    sample_write(&s, w);
    nst_writer_close(w, NULL, NULL);
    r = reader_on(fd);
    nst_reader_next(r, &b, NULL);
    offset = b->info.offset;
    tap_ok(tap, !nst_reader_take(r), "nothing to take before it is loaded");
    nst_reader_load(r, NST_LOAD_PACKETS, NULL);
    taken = nst_reader_take(r);
    tap_ok(tap, taken && !nst_reader_take(r), "a block is taken once");
    while (nst_reader_next(r, &b, NULL) == 1)
        nst_reader_load(r, NST_LOAD_PACKETS, NULL);
    tap_ok(tap,
           sample_same_event(&s, taken->info.events - 1, taken,
                             &taken->events[taken->info.events - 1], true),
           "a taken block outlives the others");
    nst_block_free(taken);
    tap_ok(tap,
           nst_reader_seekable(r) && nst_reader_seek(r, offset, NULL) == 0 &&
               sample_compare(&s, r, NST_LOAD_PACKETS) == (long)s.count && undamaged(r),
           "back to the first block, and all again");
    nst_reader_close(r);
    close(fd);
    sample_free(&s);
}

/* The last block's length lies in each header, for walking backwards. */
static void test_previous(struct tap *tap)
{
    struct sample s;
    int fd = new_file();
    struct nst_writer *w = writer_on(fd, 128);
    struct block_header h;
    const struct nst_block *b;
    struct nst_reader *r;
    uint8_t bytes[BLOCK_FIXED_SIZE];
    uint64_t before = 0;
    bool ok = true;

    sample_journeys(&s, 12, 20000, 128);
    sample_write(&s, w);
    nst_writer_close(w, NULL, NULL);
    r = reader_on(fd);
    while (nst_reader_next(r, &b, NULL) == 1) {
        ok &= pread(fd, bytes, sizeof(bytes), (off_t)b->info.offset) == sizeof(bytes) &&
              nst_block_decode(bytes, NULL, &h) && h.previous == before;
        before = b->info.size;
    }
    tap_ok(tap, ok && undamaged(r), "each block knows the size of the one before");
    nst_reader_close(r);
    close(fd);
    sample_free(&s);
}

static void test_crc32c(struct tap *tap)
{
    uint8_t bytes[300];
    struct random random = {1};
    size_t from, len;
    bool same = true;

    for (len = 0; len < sizeof(bytes); len++)
        bytes[len] = (uint8_t)random_next(&random);
    for (from = 0; from < 9; from++) {
        for (len = 0; len < 280; len++)
            same &= nst_crc32c(7, bytes + from, len) == nst_crc32c_portable(7, bytes + from, len);
    }
    tap_ok(tap, nst_crc32c(0, "123456789", 9) == 0xe3069283, "CRC-32C of 123456789");
    tap_ok(tap, same, "CRC-32C: the processor's and ours agree");
    tap_ok(tap,
           nst_crc32c(nst_crc32c(0, bytes, 100), bytes + 100, 200) == nst_crc32c(0, bytes, 300),
           "CRC-32C in two parts");
}

static void test_varints(struct tap *tap)
{
    static const uint64_t values[] = {0, 1, 127, 128, 16383, 16384, ~0ull >> 1, ~0ull};
    static const uint8_t too_long[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2};
    uint8_t bytes[VARINT_MAX];
    struct cursor c;
    bool ok = true;
    size_t i, len;

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        len = (size_t)(put_varint(bytes, values[i]) - bytes);
        c = cursor_of(bytes, len);
        ok &= cursor_varint(&c) == values[i] && !c.failed && c.pos == c.end;
        c = cursor_of(bytes, len - 1);
        ok &= cursor_varint(&c) == 0 && c.failed;
        ok &= unzigzag(zigzag(values[i])) == values[i];
    }
    tap_ok(tap, ok, "varints");
    c = cursor_of(too_long, sizeof(too_long));
    tap_ok(tap, cursor_varint(&c) == 0 && c.failed, "a varint of more than 64 bits is refused");
}

int main(void)
{
    struct tap tap = {0};
    struct sample s;

    test_crc32c(&tap);
    test_varints(&tap);
    test_header(&tap);
    test_salt(&tap);
    test_tables(&tap);
    test_inventory(&tap);
    test_inventory_limits(&tap);
    test_dictionaries(&tap);
    test_frames(&tap);
    test_impossible(&tap);
    test_take_and_seek(&tap);
    sample_journeys(&s, 3, 30000, 128);
    test_sites(&tap, &s, "sites stand for all events: journeys");
    sample_chaos(&s, 4, 3000, 50, 128);
    test_sites(&tap, &s, "sites stand for all events: chaos");
    test_previous(&tap);
    test_samples(&tap);
    return tap_done(&tap);
}
