-- Across tenants, as claim_due_approvals: threads with a wait whose time has come.
CREATE OR REPLACE FUNCTION executions.claim_due_waits(p_limit int, p_lease interval)
RETURNS TABLE (tenant_id uuid, thread_id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH due AS (
    SELECT w.tenant_id, w.wait_id FROM executions.waits w
    WHERE w.status = 'pending' AND w.wake_at <= now() AND (w.leased_until IS NULL OR w.leased_until <= now())
    ORDER BY w.wake_at LIMIT p_limit
    FOR UPDATE SKIP LOCKED
  )
  UPDATE executions.waits w SET leased_until = now() + p_lease
  FROM due WHERE w.tenant_id = due.tenant_id AND w.wait_id = due.wait_id
  RETURNING w.tenant_id, w.thread_id
$$;
