# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash disable=SC2034
#
# What samples/demo and tests/run both need before they can begin; sourced: the packages that
# building and running want, and a build that leaves the checkout alone. Everything is made
# below $NSTRAIL_BUILD, .build/ of the checkout by default:
#
#   src/         a copy of the sources, with what autoreconf makes of them
#   normal/ ...  one build each
#   log/         what the steps said

# One line a package: its name in Debian and Ubuntu, and what is there once it is installed:
# cmd:PROGRAM, pc:MODULE (pkg-config) or file:PATH.
setup_build_packages='
gcc cmd:gcc
libc6-dev file:/usr/include/stdlib.h
make cmd:make
autoconf cmd:autoconf
automake cmd:automake
libtool cmd:libtoolize
pkgconf cmd:pkg-config
xz-utils cmd:xz
clang cmd:clang
llvm cmd:llvm-strip
libbpf-dev pc:libbpf
libelf-dev pc:libelf
libjansson-dev pc:jansson
libpcap-dev pc:libpcap
liblz4-dev pc:liblz4
libseccomp-dev pc:libseccomp
libsqlite3-dev pc:sqlite3
'
setup_traffic_packages='
iproute2 cmd:ip
iputils-ping cmd:ping
nftables cmd:nft
socat cmd:socat
'
setup_show_packages='
tshark cmd:tshark
'
setup_test_packages='
sqlite3 cmd:sqlite3
wireshark-common cmd:capinfos
tcpdump cmd:tcpdump
jq cmd:jq
python3 cmd:python3
mandoc cmd:mandoc
procps cmd:pgrep
systemd cmd:systemd-analyze
runc cmd:runc
'
setup_lint_packages='
shellcheck cmd:shellcheck
'
# Containers of the real thing.
setup_engines_packages='
podman cmd:podman
containerd cmd:containerd
'
# An emulated machine with another kernel, and that kernel.
setup_kernels_packages='
qemu-system-x86 cmd:qemu-system-x86_64
busybox-static cmd:busybox
cpio cmd:cpio
kmod cmd:depmod
debian-archive-keyring file:/usr/share/keyrings/debian-archive-keyring.gpg
'

# setup_has PROBE
setup_has()
{
    local PATH=$PATH:/usr/sbin:/sbin
    case $1 in
    cmd:*) command -v "${1#cmd:}" ;;
    pc:*) pkg-config --exists "${1#pc:}" ;;
    file:*) [ -e "${1#file:}" ] ;;
    esac >/dev/null 2>&1
}

# setup_missing LIST...: the packages of which something is not there.
setup_missing()
{
    local package probe
    printf '%s\n' "$@" | while read -r package probe; do
        [ -z "$package" ] || setup_has "$probe" || printf '%s\n' "$package"
    done
}

# setup_install PACKAGE...: by apt. 1: it cannot be done here, or did not work.
setup_install()
{
    [ "$(id -u)" -eq 0 ] && setup_has cmd:apt-get || return 1
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q update &&
        apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=120 install "$@"
} </dev/null

# setup_sources CHECKOUT DIR: DIR becomes a copy of the sources as they stand, changed or not,
# without what git ignores. Times are kept, so that make sees what changed, and what has not stays
# in its place: a build may be under way. A checkout of another owner is read all the same: git is
# told to trust this one.
setup_sources()
{
    local checkout=$1 dir=$2 list=$2.list path
    mkdir -p "$dir" || return
    (
        cd "$checkout" || exit
        if ! git -c safe.directory='*' ls-files -co --exclude-standard 2>/dev/null; then
            find . -name .git -prune -o -name .build -prune -o -type f -print | sed 's:^\./::'
        fi | while IFS= read -r path; do [ ! -f "$path" ] || printf '%s\n' "$path"; done
    ) | LC_ALL=C sort >"$list.new" || return
    [ -s "$list.new" ] || return
    if [ -f "$list" ]; then
        LC_ALL=C comm -23 "$list" "$list.new" | (cd "$dir" && xargs -r -d '\n' rm -f --)
    fi
    while IFS= read -r path; do
        ! [ "$checkout/$path" -nt "$dir/$path" ] && ! [ "$checkout/$path" -ot "$dir/$path" ] ||
            printf '%s\n' "$path"
    done <"$list.new" >"$list.changed"
    # Only this format has fractions of seconds.
    tar -C "$checkout" --format=posix --verbatim-files-from -T "$list.changed" -cf - |
        tar -C "$dir" -xf - && mv "$list.new" "$list" && rm "$list.changed"
}

# setup_autoreconf DIR: unless it was done since configure.ac or a makefile changed.
setup_autoreconf()
{
    local made=$1/configure
    [ -x "$made" ] && [ -f "$1/Makefile.in" ] &&
        [ -z "$(find "$1" -name build-aux -prune -o \( -name configure.ac -o \
            -name Makefile.am -o -name Makefile.inc \) -newer "$1/Makefile.in" -print)" ] &&
        return
    (cd "$1" && autoreconf -fi)
}

# setup_configure SRC DIR [ARGUMENT...]: DIR becomes configured so, unless it is already. By a
# relative path: a copy of both is as good as they are.
setup_configure()
{
    local src=$1 dir=$2
    shift 2
    mkdir -p "$dir" || return
    [ -f "$dir/Makefile" ] && [ "$dir/Makefile" -nt "$src/configure" ] &&
        [ "$(cat "$dir/configured-with" 2>/dev/null)" = "$*" ] && return
    (cd "$dir" && "$(realpath --relative-to=. "$src")/configure" "$@" &&
        printf '%s\n' "$*" >configured-with)
}

# setup_give_back DIR: what root made under sudo belongs to its caller.
setup_give_back()
{
    [ "$(id -u)" -eq 0 ] && [ -n "${SUDO_UID-}" ] && [ -n "${SUDO_GID-}" ] || return 0
    chown -R -h "$SUDO_UID:$SUDO_GID" "$1"
}
