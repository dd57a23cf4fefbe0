/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The files of a recording: what they are called, and which of them stay. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "capture/file_names.h"
#include "capture/files.h"
#include "capture/output.h"
#include "format/layout.h"
#include "tests/unit/tap.h"

static struct tap tap;
static const struct caller nobody;

static void made(const char *pattern, uint64_t number, const char *wanted)
{
    const struct tm time = {.tm_year = 126, .tm_mon = 1, .tm_mday = 3, .tm_hour = 4};
    char name[PATH_MAX] = "";

    if (!tap_ok(&tap, file_names_make(pattern, &time, number, name) && !strcmp(name, wanted),
                wanted))
        printf("# got: %s\n", name);
}

static void test_names(void)
{
    char name[PATH_MAX], *long_name = malloc(PATH_MAX + 1);

    made("trail.nst", 0, "trail.nst");
    made("trail.nst", 17, "trail.nst17");
    made("%F/%H.nst", 0, "2026-02-03/04.nst");
    made("100%%", 2, "100%2");
    memset(long_name, 'x', PATH_MAX);
    long_name[PATH_MAX] = '\0';
    tap_ok(&tap, !file_names_make(long_name, &(struct tm){0}, 0, name), "too long");
    long_name[PATH_MAX - 1] = '\0';
    tap_ok(&tap,
           file_names_make(long_name, &(struct tm){0}, 0, name) &&
               !file_names_make(long_name, &(struct tm){0}, 1, name),
           "too long with its number");
    free(long_name);
    tap_ok(&tap, file_names_timed("a%F") && !file_names_timed("a%%F") && !file_names_timed("a%"),
           "what has a conversion");
    tap_ok(&tap,
           file_names_match("t.nst", "t.nst") && file_names_match("t.nst", "t.nst12") &&
               !file_names_match("t.nst", "t.nst1x") && !file_names_match("t.nst", "at.nst") &&
               !file_names_match("t.nst", "t.ns"),
           "what a name without a conversion gives");
    tap_ok(&tap,
           file_names_match("%F.nst", "2026-02-03.nst") &&
               file_names_match("%F.nst", "2026-02-03.nst1") &&
               !file_names_match("%F.nst", "2026-02-xx.nst") &&
               !file_names_match("%F.nst", "important.nst"),
           "what one with conversions gives, and what it does not");
}

static void make_file(const char *path, const char *content, size_t length, int age_s)
{
    struct timespec times[2] = {{.tv_sec = time(NULL) - age_s}, {.tv_sec = time(NULL) - age_s}};
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

    if (fd < 0 || write(fd, content, length) != (ssize_t)length || futimens(fd, times))
        exit(99);
    close(fd);
}

static void make_capture(const char *path, int age_s)
{
    make_file(path, NST_FILE_MAGIC, NST_MAGIC_SIZE, age_s);
}

static int compare_words(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in the folder that we are in, in order, with blanks between; removes them. */
static const char *folder(void)
{
    static char text[4096];
    char *names[64];
    size_t count = 0;
    DIR *list = opendir(".");

    text[0] = '\0';
    for (const struct dirent *entry; count < 64 && (entry = readdir(list));)
        if (entry->d_name[0] != '.')
            names[count++] = strdup(entry->d_name);
    closedir(list);
    qsort(names, count, sizeof(*names), compare_words);
    for (size_t i = 0; i < count; i++) {
        strcat(text, i ? " " : "");
        strcat(text, names[i]);
        unlink(names[i]);
        free(names[i]);
    }
    return text;
}

/* Goes through so many files, each of so many bytes. 0 or the error. */
static int record(const struct files_options *options, int count, uint64_t bytes)
{
    struct files *files = NULL;
    struct nst_error err;
    int error = files_new(&files, options, &nobody, &err);

    for (int i = 0; !error && i < count; i++) {
        int fd = files_open(files, &err);

        if (fd < 0) {
            error = fd;
            break;
        }
        if (output_begin(fd) || write(fd, NST_FILE_MAGIC, NST_MAGIC_SIZE) != NST_MAGIC_SIZE)
            exit(99);
        close(fd);
        files_begin(files, bytes);
        files_grown(files, bytes);
    }
    if (error)
        printf("# %s\n", err.text);
    files_free(files);
    return error;
}

/* Opens the first one, and thinks better of it. */
static void give_up(const struct files_options *options)
{
    struct files *files = NULL;
    int fd = files_new(&files, options, &nobody, NULL) ? -1 : files_open(files, NULL);

    if (fd < 0)
        exit(99);
    close(fd);
    files_give_up(files);
    files_free(files);
}

static void leaves(const struct files_options *options, int count, const char *wanted,
                   const char *what)
{
    int error = record(options, count, 1 << 20);
    const char *got = folder();

    if (!tap_ok(&tap, !error && !strcmp(got, wanted), what))
        printf("# got: %s\n# wanted: %s\n", got, wanted);
}

static void test_ring(void)
{
    struct files_options o = {.pattern = "t", .series = true};

    leaves(&o, 3, "t t1 t2", "all are kept");
    o.keep = 2;
    leaves(&o, 12, "t10 t11", "-W 2");
    o.keep = 1;
    leaves(&o, 3, "t2", "-W 1");
    make_capture("t", 30);
    make_capture("t7", 20);
    make_capture("t8", 40);
    make_file("t9", "something else", 14, 50);
    o.keep = 3;
    leaves(&o, 2, "t1 t2 t7 t9", "an earlier recording's files belong to the ring, others do not");
    o.keep = 0;
    make_capture("t1", 10);
    leaves(&o, 2, "t t1 t2", "what is there is never overwritten");
    o.disk_bytes = 4 << 20;
    leaves(&o, 9, "t6 t7 t8", "--max-disk, with room for a block");
}

static void test_single(void)
{
    const struct files_options single = {.pattern = "t"};
    struct stat status;
    int fd;

    make_file("t", "something longer than a magic", 29, 10);
    give_up(&single);
    tap_ok(&tap, !stat("t", &status) && status.st_size == 29,
           "what is there stays until the recording begins");
    if (record(&single, 1, 0) || stat("t", &status))
        exit(99);
    tap_ok(&tap, status.st_size == NST_MAGIC_SIZE, "one file alone is overwritten");
    fd = open("t", O_RDONLY);
    if (fd < 0 || flock(fd, LOCK_EX))
        exit(99);
    tap_ok(&tap, record(&single, 1, 0) == -EBUSY && !stat("t", &status) && status.st_size == 8,
           "but not while somebody writes it");
    tap_ok(&tap, record(&(struct files_options){.pattern = "t", .keep = 2}, 1, 0) == -EBUSY,
           "nor does it belong to another's ring then");
    tap_ok(&tap, record(&(struct files_options){.pattern = "t", .series = true}, 1, 0) == -EBUSY,
           "nor does it begin another's series");
    if (rename("t", "t1"))
        exit(99);
    give_up(&single);
    tap_ok(&tap, access("t", F_OK), "a new one goes if it does not");
    make_capture("t", 10);
    tap_ok(&tap, record(&single, 1, 0) == -EBUSY && !stat("t", &status) &&
                     status.st_mtime < time(NULL) - 5,
           "nor while who wrote it goes on in the next one");
    unlink("t");
    tap_ok(&tap, record(&single, 1, 0) == 0, "another's name that is longer is no reason");
    close(fd);
    folder();
    leaves(&single, 2, "t t1", "SIGHUP gives it a second one");
}

static void test_times(void)
{
    struct files_options o = {.pattern = "%Y.nst", .series = true};
    char wanted[128];
    time_t now = time(NULL);
    struct tm local;
    int fd;

    strftime(wanted, sizeof(wanted), "%Y.nst %Y.nst1 %Y.nst2", localtime_r(&now, &local));
    leaves(&o, 3, wanted, "names of the same time are told apart by a number");
    o.keep = 1;
    make_capture("1999.nst", 10);
    make_capture("other.nst", 10);
    strftime(wanted, sizeof(wanted), "%Y.nst1 other.nst", &local);
    leaves(&o, 2, wanted, "a ring of such names");

    strftime(wanted, sizeof(wanted), "%Y", &local);
    if (mkdir(wanted, 0700))
        exit(99);
    strftime(wanted, sizeof(wanted), "%Y/t", &local);
    make_capture(wanted, 10);
    fd = open(wanted, O_RDONLY);
    if (fd < 0 || flock(fd, LOCK_EX))
        exit(99);
    o = (struct files_options){.pattern = "%Y/t", .series = true};
    tap_ok(&tap, record(&o, 1, 0) == -EBUSY, "another's series in a folder of that time");
    close(fd);
    unlink(wanted);
    strftime(wanted, sizeof(wanted), "%Y", &local);
    rmdir(wanted);
}

int main(void)
{
    char directory[] = "files_test.XXXXXX";

    if (!mkdtemp(directory) || chdir(directory))
        return 99;
    test_names();
    test_ring();
    test_single();
    test_times();
    folder();
    if (chdir("..") || rmdir(directory))
        return 99;
    return tap_done(&tap);
}
