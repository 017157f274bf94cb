-- Run by a superuser inside database `holdfast`, any number of times.
REVOKE ALL ON DATABASE holdfast FROM PUBLIC;
GRANT CONNECT ON DATABASE holdfast TO holdfast_gateway, holdfast_worker, holdfast_tools, holdfast_relay;
GRANT CREATE, CONNECT, TEMPORARY ON DATABASE holdfast TO holdfast_owner;
-- Nobody but the owner puts objects into `public` (Prisma keeps its migration table there).
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO holdfast_owner;
