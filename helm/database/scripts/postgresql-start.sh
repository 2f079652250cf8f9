#!/bin/sh
# Start PostgreSQL. Not by the image's entry point: a first start that was killed half-way leaves that one a folder
# which it takes for a database.
set -eu
export PGDATA=/var/lib/postgresql/data/pgdata
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  rm -rf "$PGDATA.partial"
  initdb --pgdata="$PGDATA.partial" --username=postgres --pwfile=/run/database/password --auth=scram-sha-256 --encoding=UTF8
  echo 'host all all all scram-sha-256' >> "$PGDATA.partial/pg_hba.conf"
  mv "$PGDATA.partial" "$PGDATA"
fi
exec postgres -c listen_addresses='*' -c unix_socket_directories=/tmp -c shared_buffers=64MB -c max_connections=100
