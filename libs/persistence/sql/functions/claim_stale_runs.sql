-- Runs without a commit for p_stale: their workflow may be gone (terminated, failed, Temporal restored from a backup). Whoever claims one
-- looks; nobody else does before p_lease has passed.
CREATE OR REPLACE FUNCTION executions.claim_stale_runs(p_limit int, p_stale interval, p_lease interval)
RETURNS TABLE (tenant_id uuid, thread_id uuid, run_id uuid, graph_id text, traceparent text, workflow_run_id text)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH stale AS (
    SELECT r.tenant_id, r.run_id FROM executions.runs r
    WHERE r.status = 'running' AND r.updated_at < now() - p_stale AND (r.leased_until IS NULL OR r.leased_until <= now())
    ORDER BY r.updated_at LIMIT p_limit
    FOR UPDATE SKIP LOCKED
  )
  UPDATE executions.runs r SET leased_until = now() + p_lease
  FROM stale WHERE r.tenant_id = stale.tenant_id AND r.run_id = stale.run_id
  RETURNING r.tenant_id, r.thread_id, r.run_id, r.graph_id, r.traceparent, r.workflow_run_id
$$;
