-- Run by a superuser inside database `holdfast` (or a copy of it for tests), any number of times.
DO $grants$
BEGIN
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format(
    'GRANT CONNECT ON DATABASE %I TO holdfast_gateway, holdfast_worker, holdfast_tools, holdfast_relay', current_database());
  EXECUTE format('GRANT CREATE, CONNECT, TEMPORARY ON DATABASE %I TO holdfast_owner', current_database());
END
$grants$;
-- Nobody but the owner puts objects into `public` (Prisma keeps its migration table there).
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO holdfast_owner;
