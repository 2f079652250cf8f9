#!/usr/bin/env bash
# Run make targets of the commit that is checked out in a bare Debian 12 root, where no program of this machine is visible.
# run_tests.sh ARCHIVE TARGET…
#
# What the root gets of this machine: /etc/hosts and resolv.conf, certificates, and how packages are reached (apt, pip,
# uv, npm and Go: mirrors and proxies). The network is this machine's; so are the kernel and /dev.
# CACHE=folder keeps from one run to the next what is downloaded (archives of apt, wheels, npm's, Go modules) and the
# objects that Go compiled. No program comes from it: each run installs and links its own.
set -euo pipefail

# These say where packages come from, or through which proxy; every other variable stays outside.
SETTINGS='^(PIP_(INDEX_URL|EXTRA_INDEX_URL|TRUSTED_HOST|DEFAULT_TIMEOUT)|UV_(INDEX|DEFAULT_INDEX|INDEX_URL|HTTP_TIMEOUT)|(NPM_CONFIG|npm_config)_registry|GO(PROXY|SUMDB|NOSUMDB|PRIVATE|FLAGS)|(https?|no|HTTPS?|NO)_(proxy|PROXY))='
# Programs of this machine, or of any developer's, that must not be found inside.
FOREIGN='docker psql postgres redis-server pgbouncer chromium node npm go uv helm kubectl pulumi ip curl gcc'

# Mount and run: as the first process of namespaces of its own, whose mounts end with it.
enter_root() {
  local root=$1 folder line variables=()
  shift
  mount --bind "$root" "$root"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/dev/shm"
  mount -t tmpfs tmpfs "$root/run"
  mount -t proc proc "$root/proc"
  mount -t sysfs sysfs "$root/sys"
  if [ -n "${CACHE:-}" ]; then
    for line in apt:var/cache/apt/archives uv:root/.cache/uv npm:root/.npm go:root/.cache/slipway/tools/go; do
      folder=$CACHE/${line%%:*}
      mkdir -p "$folder" "$root/${line#*:}"
      mount --bind "$folder" "$root/${line#*:}"
    done
    mkdir -p "$CACHE/apt/partial"
    variables+=(UV_LINK_MODE=copy) # the cache is another file system
  fi
  while IFS= read -r -d '' line; do
    if [[ $line =~ $SETTINGS ]]; then variables+=("$line"); fi
  done < <(env --null)
  # Not chroot: a program that enters a mount namespace, as the local cloud's do, would be outside again.
  cd "$root"
  mkdir -p .host
  pivot_root . .host
  # shellcheck disable=SC2016 # the variables are those of the shell inside
  exec /usr/bin/env -i HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin CI=true "${variables[@]}" \
    /bin/bash -euc '
      cd /root/slipway
      umount --lazy /.host
      rmdir /.host
      read -ra foreign <<<"$1"
      shift
      printf "Bare root: %s, %s packages, %s, %s\n" "$(. /etc/os-release; echo "$PRETTY_NAME")" \
        "$(dpkg-query --show | wc -l)" "$(python3 --version)" "$(git log -1 --format="commit %h")"
      echo "\$ command -v ${foreign[*]}"
      if command -v "${foreign[@]}"; then echo "The bare root is not bare." >&2; exit 1; fi
      echo "(none)"
      exec make "$@"
    ' bash "$FOREIGN" "$@"
}

copy_settings() {
  local root=$1 file variable
  cp --dereference /etc/hosts /etc/resolv.conf "$root/etc/"
  mkdir -p "$root/usr/local/share/ca-certificates" "$root/root/.config/go"
  if [ -d /usr/local/share/ca-certificates ]; then
    cp -r /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
  fi
  for variable in SSL_CERT_FILE PIP_CERT NODE_EXTRA_CA_CERTS REQUESTS_CA_BUNDLE CURL_CA_BUNDLE GIT_SSL_CAINFO; do
    file=$(readlink -f "${!variable:-/nowhere}" || true)
    if [ -f "$file" ] && [ "$file" != /etc/ssl/certs/ca-certificates.crt ]; then
      cp "$file" "$root/usr/local/share/ca-certificates/$variable.crt"
    fi
  done
  chroot "$root" /usr/sbin/update-ca-certificates >/dev/null 2>&1
  if [ -f "$HOME/.config/pip/pip.conf" ]; then install -D -m 600 "$HOME/.config/pip/pip.conf" "$root/root/.config/pip/pip.conf"; fi
  if [ -f /etc/pip.conf ]; then install -m 600 /etc/pip.conf "$root/etc/pip.conf"; fi
  if [ -f "$HOME/.config/uv/uv.toml" ]; then install -D -m 600 "$HOME/.config/uv/uv.toml" "$root/root/.config/uv/uv.toml"; fi
  if [ -f /etc/uv/uv.toml ]; then install -D -m 600 /etc/uv/uv.toml "$root/etc/uv/uv.toml"; fi
  if [ -f "$HOME/.config/go/env" ]; then install -m 600 "$HOME/.config/go/env" "$root/root/.config/go/env"; fi
  # Registries and proxies alone: a `cafile` here would hide that make does not pass the machine's certificates on.
  if [ -f "$HOME/.npmrc" ]; then
    (umask 077; grep -E '^(//|(@[^=]+:)?registry|(https?-)?proxy|noproxy)' "$HOME/.npmrc" >"$root/root/.npmrc" || true)
  fi
  apt-config dump 2>/dev/null | grep -iE '^Acquire::(([a-z]+::)+Proxy|Check-[a-z-]+) ' >"$root/etc/apt/apt.conf.d/90machine" || true
}

if [ "$1" = --inside ]; then
  shift
  enter_root "$@"
fi

archive=$1
shift
[ "$(id -u)" = 0 ] || { echo "The bare root needs root, to mount and to enter it: sudo make test-bare" >&2; exit 1; }
unshare --mount true 2>/dev/null || {
  echo "The bare root needs mounts, which this container may not make: start it with --privileged." >&2
  exit 1
}
[ -z "$(git status --porcelain)" ] || echo "Uncommitted changes are not tested: the bare root gets $(git log -1 --format='commit %h')."
if [ -n "${CACHE:-}" ]; then mkdir -p "$CACHE" && CACHE=$(realpath "$CACHE") && export CACHE; fi

scratch=$(mktemp -d "${TMPDIR:-/var/tmp}/slipway-bare-XXXXXX")
child=
# Mounts are in the child's namespace alone, so what is removed here is nothing but files.
trap 'if [ -n "$child" ]; then kill "$child" 2>/dev/null || true; wait "$child" 2>/dev/null || true; fi
  rm -rf --one-file-system "$scratch"' EXIT
trap 'exit 130' INT TERM HUP
tar --extract --file "$archive" --directory "$scratch" --exclude './dev/*' --numeric-owner
copy_settings "$scratch"
git clone --quiet --no-hardlinks "file://$(git rev-parse --show-toplevel)" "$scratch/root/slipway"
git -C "$scratch/root/slipway" checkout --quiet --detach "$(git rev-parse HEAD)"
unshare --mount --pid --fork --kill-child --propagation private "$0" --inside "$scratch" "$@" &
child=$!
status=0
wait "$child" || status=$?
child=
exit "$status"
