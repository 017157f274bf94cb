-- Cancels a run that has not begun.
CREATE OR REPLACE FUNCTION executions.cancel_pending(p_tenant text, p_thread uuid, p_run uuid, p_reason text, p_rollback boolean, p_traceparent text)
RETURNS TABLE (kind text, seq int) LANGUAGE plpgsql AS $$
DECLARE
  t CONSTANT uuid := p_tenant::uuid;
  r executions.runs;
  v_error jsonb;
BEGIN
  SELECT th.error INTO v_error FROM executions.threads th WHERE th.tenant_id = t AND th.thread_id = p_thread FOR NO KEY UPDATE;
  UPDATE executions.runs x SET status = 'interrupted', last_seq = x.last_seq + 1, ended_at = now(), updated_at = now()
  WHERE x.tenant_id = t AND x.run_id = p_run AND x.thread_id = p_thread AND x.status = 'pending'
  RETURNING * INTO r;
  IF NOT FOUND THEN
    SELECT * INTO r FROM executions.runs x WHERE x.tenant_id = t AND x.run_id = p_run AND x.thread_id = p_thread;
    kind := CASE WHEN NOT FOUND THEN 'not-found' WHEN r.status = 'running' THEN 'running' ELSE 'terminal' END;
    RETURN NEXT;
    RETURN;
  END IF;
  INSERT INTO executions.run_events (tenant_id, run_id, seq, thread_id, type, traceparent, data)
  VALUES (t, p_run, r.last_seq, p_thread, 'run.cancelled.v1', p_traceparent, jsonb_build_object('reason', p_reason));
  IF p_rollback THEN
    DELETE FROM executions.runs x WHERE x.tenant_id = t AND x.run_id = p_run;
  END IF;
  PERFORM executions.settle_thread(t, p_thread, NULL, NULL, v_error);
  kind := 'cancelled';
  seq := r.last_seq;
  RETURN NEXT;
END
$$;
