/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/filters.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/event.h"
#include "capture/expression.h"
#include "capture/netns_filter.h"
#include "capture/object.h"
#include "capture/object_image.h"
#include "capture/translate.h"
#include "format/error.h"

struct filters {
    const struct options *options;
    char *expression; /* the pcap-filter; NULL: none */
    struct object_image image;
    struct netns_filter *netns; /* NULL: none */
    uint32_t *reasons;
    size_t reasons_count;
    char *words;
    struct nst_error l3_limit;
    uint32_t flags; /* enum ev_filter */
    uint32_t window_bytes;
};

static int no_memory(struct nst_error *err)
{
    return nst_fail(err, -ENOMEM, "no memory for the filters");
}

static int place(struct filters *f, const char *function, const struct classic_program *program,
                 struct nst_error *err)
{
    struct object_image_place place;
    struct bpf_insn *insns;
    uint32_t bytes = 0;
    int error = object_image_find(&f->image, function, &place, err);

    if (error)
        return error;
    insns = calloc(place.count, sizeof(*insns));
    if (!insns)
        return no_memory(err);
    error = translate(program, insns, place.count, &bytes, err);
    if (!error)
        object_image_put(&f->image, &place, insns);
    if (bytes > f->window_bytes)
        f->window_bytes = bytes;
    free(insns);
    return error;
}

static int place_both(struct filters *f, const struct expression *e, struct nst_error *err)
{
    struct classic_insn nothing = {.code = BPF_RET | BPF_K, .k = 0};
    struct classic_program never = {.insns = &nothing, .count = 1};
    int error =
        object_image_init(&f->image, bpf_object_start, bpf_object_end - bpf_object_start, err);

    if (!error)
        error = place(f, "filter_ethernet", &e->ethernet, err);
    if (!error)
        error = place(f, "filter_l3", e->l3.count ? &e->l3 : &never, err);
    return error;
}

static int take_expression(struct filters *f, struct nst_error *err)
{
    struct expression expression;
    int error;

    if (!f->expression)
        return 0;
    error = expression_compile(&expression, f->expression, err);
    if (error)
        return error;
    error = place_both(f, &expression, err);
    f->l3_limit = expression.l3_error;
    f->flags |= EV_FILTER_PACKET;
    expression_free(&expression);
    return error;
}

static int take_netns(struct filters *f, struct nst_error *err)
{
    const struct words *netns = &f->options->netns;
    int error;

    if (!netns->count)
        return 0;
    error = netns_filter_new(&f->netns, netns->list, netns->count, err);
    if (error)
        return error;
    f->flags |= EV_FILTER_NETNS;
    if (netns_filter_has_wanted(f->netns))
        f->flags |= EV_FILTER_NETNS_WANTED;
    return 0;
}

/* Whether that is no name, but how names begin: "veth*". */
static bool is_beginning(const char *device)
{
    return *device && device[strlen(device) - 1] == '*';
}

static int check_device(const char *name, struct nst_error *err)
{
    size_t length = strlen(name) - is_beginning(name);

    if (!*name || length >= EV_NAME_BYTES)
        return nst_fail(err, -EINVAL, "-i %s: the name of a device has 1 to %d bytes", name,
                        EV_NAME_BYTES - 1);
    /* As exported files call interfaces: a namespace, a slash, the device. */
    if (strchr(name, '/'))
        return nst_fail(err, -EINVAL,
                        "-i %s: the name of a device has no '/'; --netns is for its namespace",
                        name);
    if (strcspn(name, "*?[") < length)
        return nst_fail(err, -EINVAL,
                        "-i %s: of patterns only a '*' at the end is possible here, as in veth*; "
                        "record more, and pick then: nstrail print --dev '%s'",
                        name, name);
    return 0;
}

static int take_devices(struct filters *f, struct nst_error *err)
{
    const struct words *devices = &f->options->devices;

    for (size_t i = 0; i < devices->count; i++) {
        int error = check_device(devices->list[i], err);

        if (error)
            return error;
    }
    if (devices->count > EV_FILTER_MAX)
        return nst_fail(err, -E2BIG, "-i: more than %d devices", EV_FILTER_MAX);
    if (devices->count && !words_have(devices, DEVICE_ANY))
        f->flags |= EV_FILTER_DEVICE;
    return 0;
}

static int take_reasons(struct filters *f, const struct drop_reasons *reasons,
                        struct nst_error *err)
{
    const struct words *names = &f->options->drop_reasons;

    if (!names->count)
        return 0;
    f->flags |= EV_FILTER_REASON;
    f->reasons = calloc(EV_FILTER_MAX, sizeof(*f->reasons));
    if (!f->reasons)
        return no_memory(err);
    for (size_t i = 0; i < names->count; i++) {
        int found = drop_reasons_match(reasons, names->list[i], f->reasons + f->reasons_count,
                                       EV_FILTER_MAX - f->reasons_count, err);

        if (found < 0)
            return found;
        f->reasons_count += (size_t)found;
    }
    return 0;
}

static void put_words(FILE *out, const char *option, const struct words *words)
{
    for (size_t i = 0; i < words->count; i++)
        fprintf(out, " %s %s", option, words->list[i]);
}

static int say_all(struct filters *f, struct nst_error *err)
{
    size_t length = 0;
    FILE *out;

    if (!f->flags)
        return 0;
    out = open_memstream(&f->words, &length);
    if (!out)
        return no_memory(err);
    fputs("what does not match", out);
    put_words(out, "--netns", &f->options->netns);
    if (f->flags & EV_FILTER_DEVICE)
        put_words(out, "-i", &f->options->devices);
    put_words(out, "--drop-reason", &f->options->drop_reasons);
    if (f->expression)
        fprintf(out, " %s", f->expression);
    return fclose(out) ? no_memory(err) : 0;
}

int filters_new(struct filters **filters, const struct options *options,
                const struct drop_reasons *reasons, struct nst_error *err)
{
    struct filters *f = calloc(1, sizeof(*f));
    int error = 0;

    if (!f)
        return no_memory(err);
    f->options = options;
    if (options->filter.count) {
        f->expression = words_join(&options->filter);
        error = f->expression ? 0 : no_memory(err);
    }
    if (!error)
        error = take_expression(f, err);
    if (!error)
        error = take_netns(f, err);
    if (!error)
        error = take_devices(f, err);
    if (!error)
        error = take_reasons(f, reasons, err);
    if (!error)
        error = say_all(f, err);
    if (error)
        filters_free(f);
    else
        *filters = f;
    return error;
}

void filters_free(struct filters *f)
{
    if (!f)
        return;
    object_image_free(&f->image);
    netns_filter_free(f->netns);
    free(f->reasons);
    free(f->expression);
    free(f->words);
    free(f);
}

const char *filters_words(const struct filters *f)
{
    return f->words;
}

const char *filters_l3_limit(const struct filters *f)
{
    return *f->l3_limit.text ? f->l3_limit.text : NULL;
}

uint32_t filters_flags(const struct filters *f)
{
    return f->flags;
}

uint32_t filters_window_bytes(const struct filters *f)
{
    return f->window_bytes;
}

const void *filters_object(const struct filters *f, size_t *length)
{
    *length = f->image.bytes ? f->image.length : (size_t)(bpf_object_end - bpf_object_start);
    return f->image.bytes ? f->image.bytes : bpf_object_start;
}

static int put(int map, const void *key, struct nst_error *err)
{
    uint32_t member = 1;

    if (bpf_map_update_elem(map, key, &member, BPF_ANY))
        return nst_fail(err, -errno, "cannot tell the programs their filter: %s", strerror(errno));
    return 0;
}

static int put_device(int map, const char *name, struct nst_error *err)
{
    struct ev_device_prefix prefix = {0};
    size_t length = strlen(name) - is_beginning(name);

    memcpy(prefix.name, name, length);
    prefix.bits = 8 * (length + !is_beginning(name));
    return put(map, &prefix, err);
}

int filters_begin(struct filters *f, const struct filters_maps *maps, struct nst_error *err)
{
    const struct words *devices = &f->options->devices;
    int error = 0;

    for (size_t i = 0; !error && f->flags & EV_FILTER_DEVICE && i < devices->count; i++)
        error = put_device(maps->devices, devices->list[i], err);
    for (size_t i = 0; !error && i < f->reasons_count; i++)
        error = put(maps->reasons, &f->reasons[i], err);
    if (!error && f->netns)
        error = netns_filter_begin(f->netns, maps->netns, err);
    return error;
}

int filters_fd(const struct filters *f)
{
    return f->netns ? netns_filter_fd(f->netns) : -1;
}

int filters_rescan(struct filters *f, struct nst_error *err)
{
    return f->netns ? netns_filter_rescan(f->netns, err) : 0;
}

bool filters_have_containers(const struct filters *f)
{
    return f->netns && netns_filter_has_containers(f->netns);
}

void filters_note_row(struct filters *f, const struct row *row)
{
    if (f->netns)
        netns_filter_note_row(f->netns, row);
}

const struct nst_who *filters_by_inum(const struct filters *f)
{
    return f->netns ? netns_filter_by_inum(f->netns) : NULL;
}

int filters_apply_rows(struct filters *f, struct nst_error *err)
{
    return f->netns ? netns_filter_apply_rows(f->netns, err) : 0;
}

int filters_check(const struct filters *f, struct nst_error *err)
{
    return f->netns ? netns_filter_check(f->netns, err) : 0;
}

const struct nst_who *filters_unmatched(const struct filters *f, const struct nst_who *after)
{
    return f->netns ? netns_filter_unmatched(f->netns, after) : NULL;
}
