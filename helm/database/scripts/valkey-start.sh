#!/bin/sh
# Start Valkey. The password by a file that only this container has: on a command line every process could read it.
set -eu
umask 077
printf 'requirepass %s\n' "$(cat /run/database/password)" > /tmp/valkey.conf
exec valkey-server /tmp/valkey.conf --dir /data --appendonly yes --save '' --maxmemory 64mb --maxmemory-policy volatile-ttl
