#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Others can use the library: its installed header compiles alone, as C and as C++, a program
# needs nothing beside it, and the manual's example is one. Nothing but the public functions is
# exported.

set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/lib/tap.sh
. "$here/../lib/tap.sh"

root=$(cd "${srcdir:-$here/../..}" && pwd -P)
build=$(cd "${builddir:-.}" && pwd -P)
[ -f "$build/Makefile" ] || skip_all 'not in a build folder'
work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT

# make VARIABLE: as configure found it.
variable()
{
    printf 'include Makefile\nprint:\n\t@printf "%%s\\n" "$(%s)"\n' "$1" |
        env -u MAKEFLAGS -u MAKELEVEL make -s -C "$build" -f - print
}
CC=$(variable CC)
CFLAGS=$(variable CFLAGS)
prefix=$(variable prefix)

install_library()
{
    env -u MAKEFLAGS -u MAKELEVEL make -C "$build" DESTDIR="$work" install-libLTLIBRARIES \
        install-pkgincludeHEADERS install-pkgconfigDATA
}
ok 'the library installs' install_library || done_testing

include=$(variable includedir)
lib=$work$(variable libdir)
shared=$(find "$lib" -name 'libnstrail.so*' -type f)
export LD_LIBRARY_PATH=$lib
flags=(-I"$work$include" -L"$lib" -lnstrail)
if command -v pkg-config >/dev/null; then
    static=()
    [ -n "$shared" ] || static=(--static)
    found=$(PKG_CONFIG_PATH=$lib/pkgconfig pkg-config --define-variable=prefix="$work$prefix" \
        --cflags --libs "${static[@]}" nstrail)
    read -ra flags <<<"$found"
fi

# Words of CC and CFLAGS, such as "gcc -std=gnu11" and "-O1 -fsanitize=address".
# shellcheck disable=SC2086
compile()
{
    $CC $CFLAGS "$@"
}

printf '#include <nstrail/nstrail.h>\n' >"$work/header.c"
cp "$work/header.c" "$work/header.cc"
ok 'the header is C99 by itself' "${CC%% *}" -std=c99 -pedantic -Wall -Wextra -Werror \
    -I"$work$include" -fsyntax-only "$work/header.c"
if command -v c++ >/dev/null; then
    ok 'the header is C++ by itself' c++ -std=c++11 -pedantic -Wall -Wextra -Werror \
        -I"$work$include" -fsyntax-only "$work/header.cc"
else
    skip 'there is no C++ compiler' 'the header is C++ by itself'
fi

cat >"$work/write.c" <<'END'
#include <nstrail/nstrail.h>
#include <fcntl.h>

int main(int argc, char **argv)
{
    struct nst_file_info info = {.snaplen = 4, .hostname = "host"};
    struct nst_netns netns = {.cookie = 1, .inum = 4026531840u};
    struct nst_probe probe = {NST_PROBE_RAW_TRACEPOINT, "net:netif_receive_skb"};
    struct nst_event ev = {.device = NST_NONE, .task = NST_NONE, .drop_reason = NST_NONE,
                           .stack = NST_NONE, .len_bytes = 100, .caplen_bytes = 4,
                           .packet = (const uint8_t *)"\1\2\3\4"};
    struct nst_writer *w;
    int i;

    if (argc != 2 || nst_writer_open(&w, open(argv[1], O_WRONLY | O_CREAT, 0600), &info, 0) < 0)
        return 1;
    ev.netns = nst_writer_netns(w, &netns);
    ev.probe = nst_writer_probe(w, &probe);
    for (i = 0; i < 3; i++, ev.ts_ns++)
        nst_writer_event(w, &ev, 0);
    return nst_writer_close(w, 0, 0) < 0;
}
END
sed -n '/^How many events/,/^\.Ed/p' "$root/format/nstrail.5" | sed '1,2d; $d; s/\\e/\\/g' \
    >"$work/example.c"
ok 'a program that writes needs nothing else' compile -o "$work/write" "$work/write.c" \
    "${flags[@]}"
ok 'the example of the manual compiles' compile -Wall -Wextra -Werror -o "$work/example" \
    "$work/example.c" "${flags[@]}"
ok 'a file is written' "$work/write" "$work/file.nst"
is "$("$work/example" "$work/file.nst")" 'netns 4026531840: 3 events, 300 bytes' \
    'the example reads it'

if [ -n "$shared" ] && command -v nm >/dev/null; then
    is "$(nm -D --defined-only "$shared" | awk '$2 == "T" {print $3}' | sort)" \
        "$(sort "$root/format/libnstrail.sym")" 'the public functions are exported, and nothing else'
    is "$(grep -oE '\bnst_[a-z_]+\(' "$root/format/nstrail.h" | tr -d '(' | sort -u |
        grep -vxFf "$root/format/libnstrail.sym")" '' 'each function of the header is exported'
else
    skip 'there is no shared library' 'the public functions are exported, and nothing else'
    skip 'there is no shared library' 'each function of the header is exported'
fi
done_testing
