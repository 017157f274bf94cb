#!/usr/bin/env bash
# Entry for docker-entrypoint-initdb.d of the official postgres image: the same roles and databases as tools/stack makes.
# Expects the folder of this file mounted at /holdfast/postgres and the passwords in HOLDFAST_PASSWORD_<ROLE>.
set -euo pipefail
here="${HOLDFAST_POSTGRES_FOLDER:-/holdfast/postgres}"
admin=(psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}")

# `\getenv` keeps the passwords out of the process list.
"${admin[@]}" --dbname postgres <<SQL
\getenv owner HOLDFAST_PASSWORD_OWNER
\getenv gateway HOLDFAST_PASSWORD_GATEWAY
\getenv worker HOLDFAST_PASSWORD_WORKER
\getenv tools HOLDFAST_PASSWORD_TOOLS
\getenv relay HOLDFAST_PASSWORD_RELAY
\getenv temporal HOLDFAST_PASSWORD_TEMPORAL
\o /dev/null
SELECT set_config('holdfast.password_owner', :'owner', false), set_config('holdfast.password_gateway', :'gateway', false),
       set_config('holdfast.password_worker', :'worker', false), set_config('holdfast.password_tools', :'tools', false),
       set_config('holdfast.password_relay', :'relay', false), set_config('holdfast.password_temporal', :'temporal', false);
\o
\i ${here}/bootstrap.sql
SELECT format('CREATE DATABASE %I OWNER %I', name, owner)
FROM (VALUES ('holdfast', 'holdfast_owner'), ('temporal', 'temporal'), ('temporal_visibility', 'temporal')) AS wanted(name, owner)
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = wanted.name)
\gexec
SQL
"${admin[@]}" --dbname holdfast --file "${here}/database-holdfast.sql"
"${admin[@]}" --dbname temporal_visibility --file "${here}/database-temporal-visibility.sql"
