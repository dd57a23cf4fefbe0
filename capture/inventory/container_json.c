/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/container_json.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Annotations and labels, and what they tell. The kubelet's own labels come first: runtimes copy
 * them, and they mean the same everywhere. */
static const struct {
    const char *key;
    enum container_field field;
} labels[] = {
    {"io.kubernetes.pod.name", CONTAINER_POD_NAME},
    {"io.kubernetes.pod.namespace", CONTAINER_POD_NAMESPACE},
    {"io.kubernetes.pod.uid", CONTAINER_POD_UID},
    {"io.kubernetes.container.name", CONTAINER_POD_CONTAINER},
    /* containerd's CRI plugin, pkg/cri/annotations */
    {"io.kubernetes.cri.sandbox-name", CONTAINER_POD_NAME},
    {"io.kubernetes.cri.sandbox-namespace", CONTAINER_POD_NAMESPACE},
    {"io.kubernetes.cri.sandbox-uid", CONTAINER_POD_UID},
    {"io.kubernetes.cri.container-name", CONTAINER_POD_CONTAINER},
    {"io.kubernetes.cri.image-name", CONTAINER_IMAGE},
    {"io.kubernetes.cri.podsandbox.image-name", CONTAINER_IMAGE},
    /* CRI-O, pkg/annotations */
    {"io.kubernetes.cri-o.KubeName", CONTAINER_POD_NAME},
    {"io.kubernetes.cri-o.Namespace", CONTAINER_POD_NAMESPACE},
    {"io.kubernetes.cri-o.ImageName", CONTAINER_IMAGE},
    {"io.kubernetes.cri-o.Image", CONTAINER_IMAGE},
    {"io.kubernetes.cri-o.Name", CONTAINER_NAME},
    /* nerdctl */
    {"nerdctl/name", CONTAINER_NAME},
    {"org.opencontainers.image.ref.name", CONTAINER_IMAGE},
};

static json_t *parse(const char *text, size_t len)
{
    json_t *root = json_loadb(text, len, 0, NULL);

    if (root && !json_is_object(root) && !json_is_array(root)) {
        json_decref(root);
        return NULL;
    }
    return root;
}

static const char *string_at(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void take_label(struct container *container, const char *key, const char *value)
{
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
        if (!strcmp(key, labels[i].key))
            container_set(container, labels[i].field, value);
}

/* In our order, not in the file's. */
static void take_labels(struct container *container, const json_t *object)
{
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
        container_set(container, labels[i].field, string_at(object, labels[i].key));
}

/* CRI-O puts the labels into an annotation, as JSON in a string. */
static void take_nested(struct container *container, const json_t *annotations, const char *key)
{
    const json_t *value = json_object_get(annotations, key);
    json_t *nested = NULL;

    if (json_is_string(value))
        nested = parse(json_string_value(value), json_string_length(value));
    take_labels(container, nested);
    json_decref(nested);
}

static void take_annotations(struct container *container, const json_t *annotations)
{
    take_labels(container, annotations);
    take_nested(container, annotations, "io.kubernetes.cri-o.Labels");
    /* A pod's sandbox has no name of its own in CRI's annotations. */
    if (container->field[CONTAINER_POD_NAME]) {
        const char *type = string_at(annotations, "io.kubernetes.cri.container-type");

        if (type && !strcmp(type, "sandbox"))
            container_set(container, CONTAINER_POD_CONTAINER, "POD");
    }
}

bool container_from_docker(struct container *container, const char *text, size_t len)
{
    json_t *root = parse(text, len);
    const json_t *config = json_object_get(root, "Config");
    const char *name = string_at(root, "Name");
    bool good = name || config;

    if (name && *name == '/')
        name++;
    container_set(container, CONTAINER_NAME, name);
    container_set(container, CONTAINER_IMAGE, string_at(config, "Image"));
    take_annotations(container, json_object_get(config, "Labels"));
    if (good)
        container_set(container, CONTAINER_RUNTIME, "docker");
    json_decref(root);
    return good;
}

bool container_from_bundle(struct container *container, const char *text, size_t len)
{
    json_t *root = parse(text, len);
    bool good = json_is_object(root) && string_at(root, "ociVersion");

    take_annotations(container, json_object_get(root, "annotations"));
    json_decref(root);
    return good;
}

/* The entry's metadata is JSON in a string; podman and CRI-O write different ones. */
static void take_metadata(struct container *container, const json_t *entry)
{
    const json_t *value = json_object_get(entry, "metadata");
    json_t *metadata = NULL;

    if (json_is_string(value))
        metadata = parse(json_string_value(value), json_string_length(value));
    container_set(container, CONTAINER_NAME, string_at(metadata, "name"));
    container_set(container, CONTAINER_IMAGE, string_at(metadata, "image-name"));
    if (string_at(metadata, "pod-id")) {
        bool sandbox = json_is_true(json_object_get(metadata, "pod"));

        container_set(container, CONTAINER_POD_NAME, string_at(metadata, "pod-name"));
        /* Of a sandbox that is the pod's name again, and its label says POD. */
        container_set(container, CONTAINER_POD_CONTAINER,
                      sandbox ? "POD" : string_at(metadata, "metadata-name"));
        container_set(container, CONTAINER_POD_NAMESPACE, string_at(metadata, "namespace"));
        container_set(container, CONTAINER_POD_UID, string_at(metadata, "uid"));
    }
    json_decref(metadata);
}

bool container_from_storage(struct container *container, const char *id, const char *text,
                            size_t len)
{
    json_t *root = parse(text, len);
    const json_t *entry;
    bool found = false;
    size_t i;

    json_array_foreach(root, i, entry)
    {
        const char *other = string_at(entry, "id");

        if (!other || strcmp(other, id) != 0)
            continue;
        container_set(container, CONTAINER_NAME,
                      json_string_value(json_array_get(json_object_get(entry, "names"), 0)));
        take_metadata(container, entry);
        found = true;
        break;
    }
    json_decref(root);
    return found;
}

static uint64_t number_at(const json_t *object, const char *key, uint64_t max)
{
    json_int_t number = json_integer_value(json_object_get(object, key));

    return number > 0 && (uint64_t)number <= max ? (uint64_t)number : 0;
}

/* runc keeps a bundle's annotations as "KEY=VALUE" in a list. */
static void take_label_list(struct container *container, const json_t *list)
{
    const json_t *item;
    size_t i;

    json_array_foreach(list, i, item)
    {
        const char *text = json_string_value(item);
        const char *equals = text ? strchr(text, '=') : NULL;
        char key[64];

        if (!equals || (size_t)(equals - text) >= sizeof(key))
            continue;
        memcpy(key, text, (size_t)(equals - text));
        key[equals - text] = '\0';
        take_label(container, key, equals + 1);
    }
}

/* runc has a path for each controller, "" in version 2; crun has one. */
static char *take_cgroups(const json_t *root)
{
    const char *path = string_at(root, "cgroup-path");
    char *text = path ? strdup(path) : NULL, *longer;
    const char *controller;
    json_t *value;

    json_object_foreach(json_object_get(root, "cgroup_paths"), controller, value)
    {
        path = json_string_value(value);
        if (!path || asprintf(&longer, "%s%s%s", text ? text : "", text ? "\n" : "", path) < 0)
            continue;
        free(text);
        text = longer;
    }
    return text;
}

bool container_from_state(struct container *container, struct container_state *state,
                          const char *text, size_t len)
{
    json_t *root = parse(text, len);
    const json_t *list = json_object_get(json_object_get(root, "config"), "labels");

    *state = (struct container_state){0};
    state->pid = (uint32_t)number_at(root, "init_process_pid", INT32_MAX);
    if (!state->pid)
        state->pid = (uint32_t)number_at(root, "pid", INT32_MAX);
    state->start_ticks = number_at(root, "init_process_start", INT64_MAX);
    if (!state->start_ticks)
        state->start_ticks = number_at(root, "process-start-time", INT64_MAX);
    take_label_list(container, list);
    take_annotations(container, json_object_get(root, "annotations"));
    if (state->pid)
        state->cgroups = take_cgroups(root);
    json_decref(root);
    return state->pid != 0;
}
