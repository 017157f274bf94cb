-- Across tenants: stateless runs that ended p_grace ago and whose thread goes with them, but not while another run of the thread is active: somebody went
-- on with it.
CREATE OR REPLACE FUNCTION executions.list_finished_stateless(p_limit int, p_grace interval)
RETURNS TABLE (tenant_id uuid, thread_id uuid, run_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.tenant_id, r.thread_id, r.run_id FROM executions.runs r
  WHERE r.delete_thread AND r.ended_at < now() - p_grace
    AND NOT EXISTS (SELECT FROM executions.runs a
                    WHERE a.tenant_id = r.tenant_id AND a.thread_id = r.thread_id AND a.status IN ('pending', 'running'))
  ORDER BY r.ended_at LIMIT p_limit
$$;
