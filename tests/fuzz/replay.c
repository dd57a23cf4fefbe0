/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs a fuzzer on the files named: what libFuzzer would do with them, without libFuzzer. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

/* No input that is worth keeping is larger. */
enum { LARGEST = 4 * 1024 * 1024 };

static int replay(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = f ? malloc(LARGEST) : NULL, *exact = NULL;
    size_t size = data ? fread(data, 1, LARGEST, f) : 0;

    /* Of its own size, so that a sanitizer sees the first byte after. */
    if (data && !ferror(f))
        exact = malloc(size ? size : 1);
    if (!exact) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
    } else {
        memcpy(exact, data, size);
        LLVMFuzzerTestOneInput(exact, size);
    }
    if (f)
        fclose(f);
    free(data);
    free(exact);
    return exact ? 0 : -1;
}

int main(int argc, char **argv)
{
    int i, failed = 0;

    for (i = 1; i < argc; i++)
        failed |= replay(argv[i]) < 0;
    return failed;
}
