-- Across tenants: runs that are due and on their way to no workflow. A claimed run is not given out again before p_lease has passed; two sweeps never get
-- the same one. `deliver_at` stays what it means, the time from which a run is due: the lease has a column of its own.
CREATE OR REPLACE FUNCTION executions.claim_due_deliveries(p_limit int, p_lease interval)
RETURNS TABLE (tenant_id uuid, thread_id uuid, run_id uuid, graph_id text, traceparent text)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH due AS (
    SELECT r.tenant_id, r.run_id FROM executions.runs r
    WHERE r.status = 'pending' AND r.deliver_at <= now() AND (r.leased_until IS NULL OR r.leased_until <= now())
      AND ((r.delivered_at IS NULL AND r.created_at < now() - interval '2 seconds') OR r.delivered_at < now() - interval '30 seconds')
    ORDER BY r.deliver_at, r.position LIMIT p_limit
    FOR UPDATE SKIP LOCKED
  )
  UPDATE executions.runs r SET leased_until = now() + p_lease
  FROM due WHERE r.tenant_id = due.tenant_id AND r.run_id = due.run_id
  RETURNING r.tenant_id, r.thread_id, r.run_id, r.graph_id, r.traceparent
$$;
