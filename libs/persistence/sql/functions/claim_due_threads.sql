-- Across tenants, as claim_due_deliveries: threads that were due when they were looked at last. Whether their time is over only their tenant can see; what
-- changes with each commit has no index.
CREATE OR REPLACE FUNCTION executions.claim_due_threads(p_limit int, p_lease interval) RETURNS TABLE (tenant_id uuid, thread_id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH due AS (
    SELECT x.tenant_id, x.thread_id FROM executions.thread_ttls x WHERE x.due_at <= now() ORDER BY x.due_at LIMIT p_limit
    FOR UPDATE SKIP LOCKED
  )
  UPDATE executions.thread_ttls x SET due_at = now() + p_lease
  FROM due WHERE x.tenant_id = due.tenant_id AND x.thread_id = due.thread_id
  RETURNING x.tenant_id, x.thread_id
$$;
