/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/expression.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/error.h"

static int no_memory(struct nst_error *err)
{
    return nst_fail(err, -ENOMEM, "no memory for the filter");
}

static int copy(struct classic_program *to, const struct bpf_program *from, struct nst_error *err)
{
    to->insns = calloc(from->bf_len, sizeof(*to->insns));
    if (!to->insns)
        return no_memory(err);
    to->count = from->bf_len;
    for (size_t i = 0; i < to->count; i++)
        to->insns[i] = (struct classic_insn){.code = from->bf_insns[i].code,
                                             .jt = from->bf_insns[i].jt,
                                             .jf = from->bf_insns[i].jf,
                                             .k = from->bf_insns[i].k};
    return 0;
}

static int compile(struct classic_program *program, const char *text, int linktype,
                   struct nst_error *err)
{
    struct bpf_program compiled;
    pcap_t *pcap = pcap_open_dead(linktype, NST_MAX_SNAPLEN);
    int error;

    if (!pcap)
        return no_memory(err);
    if (pcap_compile(pcap, &compiled, text, 1, PCAP_NETMASK_UNKNOWN)) {
        error = nst_fail(err, -EINVAL, "%s", pcap_geterr(pcap));
    } else {
        error = copy(program, &compiled, err);
        pcap_freecode(&compiled);
    }
    pcap_close(pcap);
    return error;
}

/* Whether the beginning of a text is an expression, once its parentheses are closed. */
static bool is_expression(const char *text, size_t length)
{
    struct classic_program program = {0};
    size_t open = 0;
    char *closed = calloc(1, 2 * length + 1);
    bool good;

    if (!closed)
        return false;
    memcpy(closed, text, length);
    for (size_t i = 0; i < length; i++)
        open += text[i] == '(' ? 1 : text[i] == ')' && open ? (size_t)-1 : 0;
    memset(closed + length, ')', open);
    good = !compile(&program, closed, DLT_EN10MB, NULL);
    free(program.insns);
    free(closed);
    return good;
}

/* libpcap does not say where: it is behind the longest beginning that it takes. Where that ends;
 * 0: it takes none. */
static size_t good_beginning(const char *text)
{
    size_t good = 0;

    for (size_t end = strcspn(text, " "); text[end]; end += 1 + strcspn(text + end + 1, " "))
        if (end && text[end - 1] != ' ' && is_expression(text, end))
            good = end;
    return good;
}

/* So much of an expression is quoted at most. */
#define QUOTED_MAX 80

static int refuse(const char *text, const struct nst_error *why, struct nst_error *err)
{
    size_t good, skip;

    /* Only its parser's words lack the place, the others name what they are about. */
    if (!strstr(why->text, "syntax error"))
        return nst_fail(err, -EINVAL, "the filter: %s", why->text);
    good = good_beginning(text);
    if (!good)
        return nst_fail(err, -EINVAL, "the filter: %s, at its beginning '%.*s'", why->text,
                        QUOTED_MAX, text);
    skip = good > QUOTED_MAX ? good - QUOTED_MAX : 0;
    return nst_fail(err, -EINVAL, "the filter: %s, after '%s%.*s'", why->text, skip ? "..." : "",
                    (int)(good - skip), text + skip);
}

int expression_compile(struct expression *expression, const char *text, struct nst_error *err)
{
    struct nst_error why = {0};
    int error;

    *expression = (struct expression){0};
    error = compile(&expression->ethernet, text, DLT_EN10MB, &why);
    if (error)
        return refuse(text, &why, err);
    compile(&expression->l3, text, DLT_RAW, &expression->l3_error);
    return 0;
}

void expression_free(struct expression *expression)
{
    free(expression->ethernet.insns);
    free(expression->l3.insns);
    *expression = (struct expression){0};
}
