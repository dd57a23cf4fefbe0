/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/object_image.h"

#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "format/error.h"

int object_image_init(struct object_image *image, const void *bytes, size_t length,
                      struct nst_error *err)
{
    unsigned char *copy = malloc(length);

    if (!copy)
        return nst_fail(err, -ENOMEM, "no memory for the BPF programs");
    memcpy(copy, bytes, length);
    *image = (struct object_image){.bytes = copy, .length = length};
    return 0;
}

void object_image_free(struct object_image *image)
{
    free(image->bytes);
    *image = (struct object_image){0};
}

static Elf_Scn *symbols_of(Elf *elf, GElf_Shdr *header)
{
    Elf_Scn *section = NULL;

    while ((section = elf_nextscn(elf, section)))
        if (gelf_getshdr(section, header) && header->sh_type == SHT_SYMTAB)
            return section;
    return NULL;
}

static bool find_function(Elf *elf, const char *name, GElf_Sym *symbol)
{
    GElf_Shdr header;
    Elf_Scn *section = symbols_of(elf, &header);
    Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;

    for (int i = 0; data && gelf_getsym(data, i, symbol); i++) {
        const char *found = elf_strptr(elf, header.sh_link, symbol->st_name);

        if (found && GELF_ST_TYPE(symbol->st_info) == STT_FUNC && !strcmp(found, name))
            return true;
    }
    return false;
}

static bool find_place(Elf *elf, const char *name, struct object_image_place *place)
{
    GElf_Sym symbol;
    GElf_Shdr header;
    Elf_Scn *section;

    if (!find_function(elf, name, &symbol))
        return false;
    section = elf_getscn(elf, symbol.st_shndx);
    if (!section || !gelf_getshdr(section, &header))
        return false;
    *place = (struct object_image_place){.at = header.sh_offset + symbol.st_value,
                                         .count = symbol.st_size / sizeof(struct bpf_insn)};
    return true;
}

int object_image_find(const struct object_image *image, const char *function,
                      struct object_image_place *place, struct nst_error *err)
{
    Elf *elf;
    bool found;

    if (elf_version(EV_CURRENT) == EV_NONE)
        return nst_fail(err, -EINVAL, "libelf is too old");
    elf = elf_memory((char *)image->bytes, image->length);
    found = elf && find_place(elf, function, place);
    elf_end(elf);
    if (!found || place->at > image->length ||
        place->count > (image->length - place->at) / sizeof(struct bpf_insn))
        return nst_fail(err, -EINVAL, "the BPF object has no function %s", function);
    return 0;
}

void object_image_get(const struct object_image *image, const struct object_image_place *place,
                      struct bpf_insn *insns)
{
    memcpy(insns, image->bytes + place->at, place->count * sizeof(*insns));
}

void object_image_put(struct object_image *image, const struct object_image_place *place,
                      const struct bpf_insn *insns)
{
    memcpy(image->bytes + place->at, insns, place->count * sizeof(*insns));
}
