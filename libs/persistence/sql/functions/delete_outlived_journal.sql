-- Deletes the journal of runs that were deleted before p_kept, with the approvals of threads that are gone and their journal; at most about p_limit rows
-- of the journal, in whole runs or parts of one. What the relay has not published stays. No run can have the id again before its journal is gone.
CREATE OR REPLACE FUNCTION executions.delete_outlived_journal(p_limit int, p_kept interval) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  d executions.deleted_runs;
  v_ids uuid[];
  v_left int := p_limit;
  v_gone int;
BEGIN
  FOR d IN
    SELECT * FROM executions.deleted_runs x WHERE NOT x.journal_gone AND x.deleted_at <= now() - p_kept
    ORDER BY x.deleted_at LIMIT 100 FOR UPDATE SKIP LOCKED
  LOOP
    EXIT WHEN v_left <= 0;
    -- Each tenant's rows under its own policy.
    PERFORM set_config('app.tenant_id', d.tenant_id::text, true);
    v_ids := ARRAY[d.run_id, executions.outcomes_of(d.run_id)];
    IF NOT EXISTS (SELECT FROM executions.threads t WHERE t.tenant_id = d.tenant_id AND t.thread_id = d.thread_id) THEN
      -- The journal of an approval stands under its own id.
      v_ids := v_ids || ARRAY(SELECT a.approval_id FROM executions.approvals a
                              WHERE a.tenant_id = d.tenant_id AND a.thread_id = d.thread_id AND a.run_id = d.run_id AND a.status <> 'pending');
    END IF;
    WITH old AS (
      SELECT e.run_id, e.seq FROM executions.run_events e
      WHERE e.tenant_id = d.tenant_id AND e.run_id = ANY (v_ids) AND e.published_at IS NOT NULL LIMIT v_left
    )
    DELETE FROM executions.run_events e USING old o WHERE e.tenant_id = d.tenant_id AND e.run_id = o.run_id AND e.seq = o.seq;
    GET DIAGNOSTICS v_gone = ROW_COUNT;
    v_left := v_left - v_gone;
    CONTINUE WHEN EXISTS (SELECT FROM executions.run_events e WHERE e.tenant_id = d.tenant_id AND e.run_id = ANY (v_ids));
    DELETE FROM executions.approval_entries n WHERE n.tenant_id = d.tenant_id AND n.approval_id = ANY (v_ids);
    DELETE FROM executions.approvals a WHERE a.tenant_id = d.tenant_id AND a.approval_id = ANY (v_ids);
    IF d.calls_gone THEN
      DELETE FROM executions.deleted_runs x WHERE x.tenant_id = d.tenant_id AND x.run_id = d.run_id;
    ELSE
      UPDATE executions.deleted_runs x SET journal_gone = true WHERE x.tenant_id = d.tenant_id AND x.run_id = d.run_id;
    END IF;
  END LOOP;
  PERFORM set_config('app.tenant_id', '', true);
  RETURN p_limit - v_left;
END
$$;
