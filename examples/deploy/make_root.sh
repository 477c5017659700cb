#!/bin/sh
# A root file system with Thrum, the libraries that it needs and what Debian calls minimal: for a chroot, a container or
# systemd's RootDirectory=. A plain chroot needs /proc mounted in it.   usage, as root: make_root.sh THRUM.deb FOLDER [MIRROR]
set -eu
package=$1 root=$2 mirror=${3:-http://deb.debian.org/debian}

needed=$(dpkg-deb --field "$package" Depends | tr , '\n' | sed 's/^ *//; s/[ (|].*//; /^$/d' | paste -sd,)
debootstrap --variant=minbase --include="$needed" bookworm "$root" "$mirror"
cp "$package" "$root/tmp/thrum.deb"
chroot "$root" dpkg --install /tmp/thrum.deb
chroot "$root" useradd --system --no-create-home --shell /usr/sbin/nologin thrum
mkdir -p "$root/srv/models"

# What only a system that is lived in needs.
rm -rf "$root/tmp/thrum.deb" "$root"/var/cache/apt "$root"/var/lib/apt/lists "$root"/usr/share/man "$root"/usr/share/locale
