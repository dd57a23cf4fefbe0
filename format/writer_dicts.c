/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The dictionaries of the whole capture, as the writer's owner fills them. */
#include "config.h"

#include "format/writer_internal.h"

uint32_t nst_writer_netns(struct nst_writer *w, const struct nst_netns *netns)
{
    const struct dict_key key = {.first = netns->cookie, .second = netns->inum};

    return nst_dict_index(nst_encoder_dict(w->encoder, OF_NETNS), &key);
}

uint32_t nst_writer_device(struct nst_writer *w, const struct nst_device *device)
{
    const struct dict_key key = {
        .first = device->netns, .second = device->ifindex, .names = {device->name}};
    const struct dict *netns = nst_encoder_dict(w->encoder, OF_NETNS);

    if (device->netns != NST_NONE && device->netns >= netns->count)
        return NST_NONE;
    return nst_dict_index(nst_encoder_dict(w->encoder, OF_DEVICE), &key);
}

uint32_t nst_writer_task(struct nst_writer *w, const struct nst_task *task)
{
    const struct dict_key key = {.first = task->pid, .second = task->tgid, .names = {task->comm}};

    return nst_dict_index(nst_encoder_dict(w->encoder, OF_TASK), &key);
}

uint32_t nst_writer_tasks(const struct nst_writer *w)
{
    return nst_encoder_dict(w->encoder, OF_TASK)->count;
}

void nst_writer_forget_tasks(struct nst_writer *w, const uint8_t *kept)
{
    nst_writer_flush(w, NULL);
    nst_dict_forget(nst_encoder_dict(w->encoder, OF_TASK), kept);
}

uint32_t nst_writer_probe(struct nst_writer *w, const struct nst_probe *probe)
{
    const struct dict_key key = {.first = probe->kind, .names = {probe->symbol}};

    return nst_dict_index(nst_encoder_dict(w->encoder, OF_PROBE), &key);
}

uint32_t nst_writer_drop_reason(struct nst_writer *w, const struct nst_drop_reason *reason)
{
    const struct dict_key key = {.first = reason->number, .names = {reason->subsys, reason->name}};

    return nst_dict_index(nst_encoder_dict(w->encoder, OF_REASON), &key);
}

uint32_t nst_writer_frame(struct nst_writer *w, const struct nst_frame *frame)
{
    struct dict *frames = nst_encoder_dict(w->encoder, OF_FRAME);
    struct dict_key key = {.first = frame->caller, .second = 1, .names = {frame->name}};

    if (frame->caller != NST_NONE) {
        if (frame->caller >= frames->count)
            return NST_NONE;
        key.second += frames->entries[frame->caller].key.second;
    }
    return key.second > NST_MAX_FRAMES ? NST_NONE : nst_dict_index(frames, &key);
}
