#!/bin/sh
# Give each client of $CLIENTS its user, its database and its rights in it; what exists already stays as it is.
# A client without a password here has its user and its database from elsewhere: a managed server's own API.
# PUBLIC loses its right to connect, which it has in every new database: no client is to see another's.
set -eu
if [ -r /run/database/password ]; then export PGPASSWORD="$(cat /run/database/password)"; fi # else it is in the environment
until psql --quiet --command 'SELECT 1' >/dev/null; do sleep 1; done
psql --quiet --set=ON_ERROR_STOP=1 <<'SQL'
REVOKE CONNECT, TEMPORARY ON DATABASE :"DBNAME" FROM PUBLIC;
SQL
for client in $CLIENTS; do
  export CLIENT="$(printf %s "$client" | tr - _)" CLIENT_PASSWORD="$(cat "/run/database/client.$client" 2>/dev/null || true)"
  psql --quiet --set=ON_ERROR_STOP=1 <<'SQL'
\getenv client CLIENT
\getenv password CLIENT_PASSWORD
SELECT :'password' <> '' AS "ours" \gset
\if :ours
  SELECT format('CREATE ROLE %I LOGIN', :'client') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'client') \gexec
  ALTER ROLE :"client" PASSWORD :'password';
  SELECT format('CREATE DATABASE %I OWNER %I', :'client', :'client')
    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'client') \gexec
\endif
GRANT CONNECT, CREATE, TEMPORARY ON DATABASE :"client" TO :"client"; -- CREATE: trusted extensions, such as pg_trgm
REVOKE CONNECT, TEMPORARY ON DATABASE :"client" FROM PUBLIC;
\connect :"client"
GRANT ALL ON SCHEMA public TO :"client";
SQL
  echo "$client has its database"
done
