-- Deletes what is over, of all tenants, at most p_limit rows of each kind: idempotency keys older than p_keys; waits and moments of crons that have
-- been over for p_past, and sums of service levels that nothing was added to for so long. A wait stays while the run that it made is active.
CREATE OR REPLACE FUNCTION executions.delete_past(p_limit int, p_keys interval, p_past interval) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_keys int;
  v_firings int;
  v_waits int;
  v_totals int;
BEGIN
  WITH old AS (
    SELECT k.tenant_id, k.principal_id, k.route, k.key FROM executions.idempotency_keys k WHERE k.created_at < now() - p_keys LIMIT p_limit
  )
  DELETE FROM executions.idempotency_keys k USING old o
  WHERE k.tenant_id = o.tenant_id AND k.principal_id = o.principal_id AND k.route = o.route AND k.key = o.key;
  GET DIAGNOSTICS v_keys = ROW_COUNT;

  WITH old AS (
    SELECT f.tenant_id, f.cron_id, f.scheduled_at FROM executions.cron_firings f
    WHERE f.created_at < now() - p_past AND f.outcome IS NOT NULL LIMIT p_limit
  )
  DELETE FROM executions.cron_firings f USING old o
  WHERE f.tenant_id = o.tenant_id AND f.cron_id = o.cron_id AND f.scheduled_at = o.scheduled_at;
  GET DIAGNOSTICS v_firings = ROW_COUNT;

  WITH old AS (
    SELECT w.tenant_id, w.wait_id FROM executions.waits w
    WHERE w.created_at < now() - p_past AND w.status <> 'pending' AND w.ended_at < now() - p_past
      AND NOT EXISTS (SELECT FROM executions.runs r
                      WHERE r.tenant_id = w.tenant_id AND r.run_id = w.resume_run_id AND r.status IN ('pending', 'running')) LIMIT p_limit
  )
  DELETE FROM executions.waits w USING old o WHERE w.tenant_id = o.tenant_id AND w.wait_id = o.wait_id;
  GET DIAGNOSTICS v_waits = ROW_COUNT;

  PERFORM set_config('app.measures', 'on', true);
  WITH old AS (
    SELECT s.tenant_id, s.graph_id, s.build_id, s.indicator FROM executions.slo_totals s WHERE s.updated_at < now() - p_past LIMIT p_limit
  )
  DELETE FROM executions.slo_totals s USING old o
  WHERE s.tenant_id = o.tenant_id AND s.graph_id = o.graph_id AND s.build_id = o.build_id AND s.indicator = o.indicator;
  GET DIAGNOSTICS v_totals = ROW_COUNT;
  PERFORM set_config('app.measures', '', true);

  RETURN jsonb_build_object('idempotency_keys', v_keys, 'cron_firings', v_firings, 'waits', v_waits, 'slo_totals', v_totals);
END
$$;
