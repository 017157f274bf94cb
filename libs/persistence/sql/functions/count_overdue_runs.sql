-- Runs that nobody has begun p_late after they were due, though their thread is free: an outage begins nothing, so nothing of it is measured.
CREATE OR REPLACE FUNCTION executions.count_overdue_runs(p_late interval) RETURNS TABLE (graph_id text, runs bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.graph_id, count(*) FROM executions.runs r
  WHERE r.status = 'pending' AND r.deliver_at < now() - p_late
    AND NOT EXISTS (SELECT FROM executions.runs a WHERE a.tenant_id = r.tenant_id AND a.thread_id = r.thread_id
      AND (a.status = 'running' OR a.status = 'pending' AND a.position < r.position OR a.ended_at > now() - p_late))
  GROUP BY r.graph_id
$$;
