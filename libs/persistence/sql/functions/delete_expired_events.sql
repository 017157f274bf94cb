-- Deletes events whose time is over, of all tenants.
CREATE OR REPLACE FUNCTION executions.delete_expired_events(p_limit int) RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH expired AS (
    SELECT e.tenant_id, e.event_id FROM executions.posted_events e WHERE e.expires_at <= now() ORDER BY e.expires_at LIMIT p_limit
  ), gone AS (
    DELETE FROM executions.posted_events e USING expired x WHERE e.tenant_id = x.tenant_id AND e.event_id = x.event_id RETURNING e.event_id
  )
  SELECT count(*)::int FROM gone
$$;
