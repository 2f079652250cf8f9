#!/usr/bin/env bash
# Build a bare Debian 12 root as an archive: git, make, python3, ca-certificates and what those need, nothing else.
# build_root.sh ARCHIVE; BARE_MIRROR names another mirror than this machine's.
set -euo pipefail
archive=$1

[ "$(uname -s)" = Linux ] || { echo "A bare root needs Linux." >&2; exit 1; }
[ "$(id -u)" = 0 ] || { echo "A bare root needs root, to mount and to enter it: sudo make bare-root" >&2; exit 1; }

# This machine's own sources where it is a Debian 12, else mmdebstrap's default mirror.
sources=()
if [ -n "${BARE_MIRROR:-}" ]; then
  sources=("$BARE_MIRROR")
elif grep -qs '^VERSION_CODENAME=bookworm$' /etc/os-release; then
  for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
    if [ -s "$file" ]; then sources=("$file"); break; fi
  done
fi
options=()
while read -r option; do
  options+=(--aptopt="$option")
done < <(apt-config dump 2>/dev/null | grep -iE '^Acquire::(([a-z]+::)+Proxy|Check-[a-z-]+) ' || true)

echo "Building a bare Debian 12 root: $archive"
log=$(mktemp)
trap 'rm -f "$log" "$archive.partial.tar"' EXIT
mmdebstrap --quiet --variant=minbase --include=git,make,python3,ca-certificates "${options[@]}" \
  bookworm "$archive.partial.tar" "${sources[@]}" 2>"$log" || { tail -n 20 "$log" >&2; exit 1; }
mv "$archive.partial.tar" "$archive"
