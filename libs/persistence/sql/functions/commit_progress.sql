-- One commit of a run. p_events: [{type, data}] with the terminal event last when p_end is there. p_checkpoint, p_values and p_saved are the newest
-- checkpoint of the batch, apart from the others because it is nearly always the only one and its texts need no second escaping; p_earlier: the checkpoints
-- before it, [{…, values, saved}] or null. p_end: {run_status, thread_status, error, interrupts, rollback, approvals, waits} or null; the last two are the
-- questions of put_approvals and put_waits that the run ends with, and an older worker passes none.
-- p_seen: a workflow task that was lost after its commit is executed again, maybe with more in it (results that came meanwhile are in the same activation
-- then), or as two commits of what was one. The caller subtracts what rows of this commit and later ones hold already, and appends the rest if last_seq is
-- still what it saw. An end is only a duplicate when the run is over.
-- With the event that a run takes back what was done, nothing else of its thread asks any more.
CREATE OR REPLACE FUNCTION executions.commit_progress(p_tenant text, p_thread uuid, p_run uuid, p_commit int, p_workflow_run_id text, p_traceparent text,
  p_events jsonb, p_checkpoint jsonb, p_values jsonb, p_saved text, p_earlier jsonb, p_end jsonb, p_seen int DEFAULT NULL)
RETURNS TABLE (kind text, seq int, run_status text) LANGUAGE plpgsql AS $$
DECLARE
  t CONSTANT uuid := p_tenant::uuid;
  n CONSTANT int := jsonb_array_length(p_events);
  v_compensates CONSTANT boolean := p_events @> '[{"type": "run.compensation-started.v1"}]';
  r executions.runs;
BEGIN
  IF p_end IS NOT NULL OR v_compensates THEN
    PERFORM FROM executions.threads th WHERE th.tenant_id = t AND th.thread_id = p_thread FOR NO KEY UPDATE;
  END IF;

  -- A number that is new does not say that what it brings is: see libs/persistence/src/commit-repeat.ts. Whoever repeats names what it has seen, and
  -- another one may have written since.
  IF n > 0 THEN
    SELECT * INTO r FROM executions.runs x WHERE x.tenant_id = t AND x.run_id = p_run AND x.thread_id = p_thread FOR NO KEY UPDATE;
    IF r.status = 'running' AND r.last_commit < p_commit AND (p_workflow_run_id IS NULL OR r.workflow_run_id = p_workflow_run_id)
      AND p_seen IS DISTINCT FROM r.last_seq AND executions.tells_again(t, r, p_events) THEN
      kind := 'duplicate';
      seq := r.last_seq;
      run_status := r.status;
      RETURN NEXT;
      RETURN;
    END IF;
  END IF;

  UPDATE executions.runs x
  SET last_commit = greatest(x.last_commit, p_commit),
      last_seq = x.last_seq + n,
      has_state = x.has_state OR p_checkpoint IS NOT NULL,
      status = coalesce(p_end ->> 'run_status', x.status),
      error = nullif(p_end -> 'error', 'null'),
      ended_at = CASE WHEN p_end IS NULL THEN NULL ELSE now() END,
      updated_at = now()
  WHERE x.tenant_id = t AND x.run_id = p_run AND x.thread_id = p_thread AND x.status = 'running' AND (x.last_commit < p_commit OR x.last_seq = p_seen)
    AND (p_workflow_run_id IS NULL OR x.workflow_run_id = p_workflow_run_id)
  RETURNING * INTO r;
  IF NOT FOUND THEN
    SELECT * INTO r FROM executions.runs x WHERE x.tenant_id = t AND x.run_id = p_run AND x.thread_id = p_thread;
    kind := CASE
      WHEN NOT FOUND THEN 'unknown'
      WHEN r.status NOT IN ('pending', 'running') THEN
        CASE WHEN p_end IS NOT NULL AND r.last_commit >= p_commit AND (p_workflow_run_id IS NULL OR r.workflow_run_id = p_workflow_run_id)
          THEN 'duplicate' ELSE 'terminal' END
      WHEN r.last_commit >= p_commit AND (p_workflow_run_id IS NULL OR r.workflow_run_id = p_workflow_run_id) THEN 'duplicate'
      ELSE 'fenced' END;
    seq := r.last_seq;
    run_status := r.status;
    RETURN NEXT;
    RETURN;
  END IF;

  INSERT INTO executions.run_events (tenant_id, run_id, seq, thread_id, commit, type, traceparent, data)
  SELECT t, p_run, r.last_seq - n + e.place::int, p_thread, p_commit, e.event ->> 'type', p_traceparent, e.event -> 'data'
  FROM jsonb_array_elements(p_events) WITH ORDINALITY AS e (event, place)
  ORDER BY e.place;

  IF p_earlier IS NOT NULL THEN
    PERFORM executions.put_checkpoint(t, p_thread, p_run, c.draft, c.draft -> 'values', c.draft ->> 'saved')
    FROM jsonb_array_elements(p_earlier) WITH ORDINALITY AS c (draft, place)
    ORDER BY c.place;
  END IF;
  IF p_checkpoint IS NOT NULL THEN
    PERFORM executions.put_checkpoint(t, p_thread, p_run, p_checkpoint, p_values, p_saved);
  END IF;

  -- Here and nowhere else: a run that ends before its cancel reaches it leaves open what it asks.
  IF v_compensates THEN
    PERFORM executions.close_for_compensation(p_tenant, r, p_traceparent);
  END IF;

  IF p_end IS NOT NULL THEN
    IF (p_end ->> 'rollback')::boolean THEN
      DELETE FROM executions.checkpoints c WHERE c.tenant_id = t AND c.thread_id = p_thread AND c.run_id = p_run;
      DELETE FROM executions.runs x WHERE x.tenant_id = t AND x.run_id = p_run;
    END IF;
    IF p_end -> 'approvals' <> '[]' THEN
      PERFORM executions.put_approvals(t, r, p_end -> 'approvals');
    END IF;
    IF p_end -> 'waits' <> '[]' THEN
      PERFORM executions.put_waits(t, r, p_end -> 'waits');
    END IF;
    PERFORM executions.settle_thread(t, p_thread, p_end ->> 'thread_status', nullif(p_end -> 'interrupts', 'null'), nullif(p_end -> 'error', 'null'));
  END IF;

  kind := 'committed';
  seq := r.last_seq;
  run_status := r.status;
  RETURN NEXT;
END
$$;
