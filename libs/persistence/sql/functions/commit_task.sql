-- Appends what a task did to the journal of its run. `duplicate`: the commit is there, or one of an earlier execution of the task has its
-- number; the caller adds what is missing, with p_seen as the last row that it looked at. `changed`: there are rows since. `over`: the run is.
CREATE OR REPLACE FUNCTION executions.commit_task(p_tenant text, p_thread uuid, p_run uuid, p_task text, p_commit int, p_traceparent text, p_events jsonb,
  p_seen int DEFAULT NULL)
RETURNS TABLE (kind text, seq int) LANGUAGE plpgsql AS $$
DECLARE
  t CONSTANT uuid := p_tenant::uuid;
  n CONSTANT int := jsonb_array_length(p_events);
  r executions.runs;
BEGIN
  SELECT * INTO r FROM executions.runs x WHERE x.tenant_id = t AND x.run_id = p_run AND x.thread_id = p_thread FOR NO KEY UPDATE;
  seq := r.last_seq;
  kind := CASE
    WHEN NOT FOUND OR r.status <> 'running' THEN 'over'
    WHEN p_seen IS NULL AND EXISTS (
      SELECT FROM executions.task_commits c WHERE c.tenant_id = t AND c.run_id = p_run AND c.task_id = p_task AND c.commit = p_commit) THEN 'duplicate'
    WHEN r.last_seq <> p_seen THEN 'changed'
    ELSE 'committed' END;
  IF kind = 'committed' THEN
    INSERT INTO executions.run_events (tenant_id, run_id, seq, thread_id, type, traceparent, data)
    SELECT t, p_run, r.last_seq + e.place::int, p_thread, e.event ->> 'type', p_traceparent, e.event -> 'data'
    FROM jsonb_array_elements(p_events) WITH ORDINALITY AS e (event, place)
    ORDER BY e.place;
    INSERT INTO executions.task_commits AS c (tenant_id, run_id, task_id, commit, seqs)
    VALUES (t, p_run, p_task, p_commit, ARRAY(SELECT generate_series(r.last_seq + 1, r.last_seq + n)))
    ON CONFLICT (tenant_id, run_id, task_id, commit) DO UPDATE SET seqs = c.seqs || EXCLUDED.seqs;
    seq := r.last_seq + n;
    UPDATE executions.runs x SET last_seq = seq, updated_at = now() WHERE x.tenant_id = t AND x.run_id = p_run;
  END IF;
  RETURN NEXT;
END
$$;
