-- Across tenants: goes on with one event whose poster did not, a gateway that died say. True when it found one.
CREATE OR REPLACE FUNCTION executions.wake_rest(p_limit int, p_after interval) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  e record;
BEGIN
  SELECT x.tenant_id, x.event_id INTO e FROM executions.posted_events x WHERE x.waking AND x.created_at < now() - p_after
  ORDER BY x.created_at LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM set_config('app.tenant_id', e.tenant_id::text, true);
  PERFORM executions.wake_waits(e.tenant_id, e.event_id, p_limit);
  PERFORM set_config('app.tenant_id', '', true);
  RETURN true;
END
$$;
