-- A page of a run's journal with the run's status, from one snapshot (STABLE). The journal outlives the run: then the last row tells the status.
CREATE OR REPLACE FUNCTION executions.read_events(p_tenant text, p_run uuid, p_after int, p_limit int)
RETURNS TABLE (run_status text, last_seq int, thread_id uuid, seq int, type text, "time" timestamptz, traceparent text, data jsonb)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  t CONSTANT uuid := p_tenant::uuid;
  v_status text;
  v_last int;
  v_type text;
BEGIN
  SELECT r.status, r.last_seq INTO v_status, v_last FROM executions.runs r WHERE r.tenant_id = t AND r.run_id = p_run;
  IF NOT FOUND THEN
    SELECT e.seq, e.type INTO v_last, v_type FROM executions.run_events e
    WHERE e.tenant_id = t AND e.run_id = p_run ORDER BY e.seq DESC LIMIT 1;
    IF NOT FOUND THEN
      RETURN;
    END IF;
    v_status := CASE v_type WHEN 'run.completed.v1' THEN 'success' WHEN 'run.failed.v1' THEN 'error' ELSE 'interrupted' END;
  END IF;
  RETURN QUERY
    SELECT v_status, v_last, e.thread_id, e.seq, e.type, e.time, e.traceparent, e.data
    FROM (VALUES (true)) AS one
    LEFT JOIN LATERAL (
      SELECT * FROM executions.run_events x WHERE x.tenant_id = t AND x.run_id = p_run AND x.seq > p_after ORDER BY x.seq LIMIT p_limit
    ) AS e ON true;
END
$$;
