-- Deletes the tool calls of runs that were deleted before p_kept, of at most p_limit runs. A run that is there keeps its ledger: it may wait, and be
-- executed again.
CREATE OR REPLACE FUNCTION tools.delete_outlived_calls(p_limit int, p_kept interval) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  d executions.deleted_runs;
  v_runs int := 0;
BEGIN
  FOR d IN
    SELECT * FROM executions.deleted_runs x WHERE NOT x.calls_gone AND x.deleted_at <= now() - p_kept
    ORDER BY x.deleted_at LIMIT p_limit FOR UPDATE SKIP LOCKED
  LOOP
    PERFORM set_config('app.tenant_id', d.tenant_id::text, true);
    IF NOT EXISTS (SELECT FROM executions.runs r WHERE r.tenant_id = d.tenant_id AND r.run_id = d.run_id) THEN
      DELETE FROM tools.tool_calls c WHERE c.tenant_id = d.tenant_id AND c.run_id = d.run_id;
    END IF;
    IF d.journal_gone THEN
      DELETE FROM executions.deleted_runs x WHERE x.tenant_id = d.tenant_id AND x.run_id = d.run_id;
    ELSE
      UPDATE executions.deleted_runs x SET calls_gone = true WHERE x.tenant_id = d.tenant_id AND x.run_id = d.run_id;
    END IF;
    v_runs := v_runs + 1;
  END LOOP;
  PERFORM set_config('app.tenant_id', '', true);
  RETURN v_runs;
END
$$;
