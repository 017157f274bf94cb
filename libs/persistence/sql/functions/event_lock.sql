-- Key of the lock under which the events of a name are posted, and waits for them begin: neither may miss the other. Two names may share one.
CREATE OR REPLACE FUNCTION executions.event_lock(p_tenant uuid, p_type text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT hashtextextended(p_tenant::text || ' ' || p_type, 0)
$$;
