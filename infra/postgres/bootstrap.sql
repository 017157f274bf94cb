-- Roles of Holdfast. Run by a superuser in the maintenance database, any number of times.
-- Passwords come as session settings, never as text of this file:
--   holdfast.password_owner, holdfast.password_gateway, holdfast.password_worker, holdfast.password_tools,
--   holdfast.password_relay, holdfast.password_temporal
-- tools/stack sets them with set_config() and parameters; infra/postgres/docker-init.sh does the same with psql.
-- Databases are made by the caller afterwards (CREATE DATABASE cannot run in this implicit transaction):
--   holdfast owned by holdfast_owner; temporal and temporal_visibility owned by temporal;
-- then database-holdfast.sql and database-temporal-visibility.sql run inside them.
DO $roles$
DECLARE
  wanted record;
BEGIN
  FOR wanted IN
    SELECT *
    FROM (VALUES
      -- owns schemas and tables, runs migrations; no application connects as it
      ('holdfast_owner',   'NOBYPASSRLS', current_setting('holdfast.password_owner')),
      ('holdfast_gateway', 'NOBYPASSRLS', current_setting('holdfast.password_gateway')),
      ('holdfast_worker',  'NOBYPASSRLS', current_setting('holdfast.password_worker')),
      ('holdfast_tools',   'NOBYPASSRLS', current_setting('holdfast.password_tools')),
      -- reads the journal of every tenant in order to relay it
      ('holdfast_relay',   'BYPASSRLS',   current_setting('holdfast.password_relay')),
      ('temporal',         'NOBYPASSRLS', current_setting('holdfast.password_temporal'))
    ) AS role(name, rls, password)
  LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.name) THEN
      EXECUTE format('CREATE ROLE %I', wanted.name);
    END IF;
    EXECUTE format(
      'ALTER ROLE %I WITH LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION INHERIT %s PASSWORD %L',
      wanted.name, wanted.rls, wanted.password);
  END LOOP;
END
$roles$;

-- `prisma migrate dev` and `migrate diff` make shadow databases; production needs no CREATEDB.
ALTER ROLE holdfast_owner WITH CREATEDB;
