-- Two promises that a crash could break: runs of a thread go in the order in which they were made, also when a delivery fails or is late;
-- and a workflow task that is executed again loses nothing of what it did differently the second time.
-- AlterTable
ALTER TABLE "executions"."run_events" ADD COLUMN "commit" INTEGER;

-- AlterTable
ALTER TABLE "executions"."runs" ADD COLUMN "leased_until" TIMESTAMPTZ(6);

-- From here on by hand.

-- As before, but `deliver_at` stays what it means, the time from which a run is due: the lease has a column of its own.
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

-- As before, and with p_in_turn: a run that has not begun yet while earlier ones of its thread are due and have not either is told to
-- wait for them ({kind: after}). An older worker does not pass p_in_turn and gets the answers that it knows.
DROP FUNCTION executions.begin_run(text, uuid, uuid, text, text, text, text);
CREATE FUNCTION executions.begin_run(p_tenant text, p_thread uuid, p_run uuid, p_workflow_id text, p_workflow_run_id text, p_build_id text,
  p_traceparent text, p_in_turn boolean DEFAULT false)
RETURNS TABLE (reply jsonb, saved text) LANGUAGE plpgsql AS $$
DECLARE
  -- More than these are told when their last one asks.
  most_earlier CONSTANT int := 100;
  t CONSTANT uuid := p_tenant::uuid;
  r executions.runs;
  v_earlier jsonb;
  v_asked text;
  v_step int;
  v_written boolean := false;
BEGIN
  SELECT * INTO r FROM executions.runs x WHERE x.tenant_id = t AND x.run_id = p_run AND x.thread_id = p_thread FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    reply := '{"kind": "skip", "reason": "unknown"}';
    RETURN NEXT;
    RETURN;
  ELSIF r.status NOT IN ('pending', 'running') THEN
    reply := '{"kind": "skip", "reason": "terminal"}';
    RETURN NEXT;
    RETURN;
  END IF;

  IF p_in_turn AND r.status = 'pending' THEN
    SELECT jsonb_agg(jsonb_build_object('runId', e.run_id, 'graphId', e.graph_id, 'traceparent', e.traceparent) ORDER BY e.deliver_at, e.position)
    INTO v_earlier
    FROM (SELECT x.run_id, x.graph_id, x.traceparent, x.deliver_at, x.position FROM executions.runs x
          WHERE x.tenant_id = t AND x.thread_id = p_thread AND x.status = 'pending' AND x.deliver_at <= now()
            AND (x.deliver_at, x.position) < (r.deliver_at, r.position)
          ORDER BY x.deliver_at, x.position LIMIT most_earlier) AS e;
    IF v_earlier IS NOT NULL THEN
      reply := jsonb_build_object('kind', 'after', 'runs', v_earlier);
      RETURN NEXT;
      RETURN;
    END IF;
  END IF;

  IF r.status = 'pending' OR r.workflow_run_id IS DISTINCT FROM p_workflow_run_id THEN
    UPDATE executions.runs x
    SET status = 'running', attempt = x.attempt + 1, workflow_id = p_workflow_id, workflow_run_id = p_workflow_run_id,
        started_at = coalesce(x.started_at, now()), delivered_at = coalesce(x.delivered_at, now()), last_seq = x.last_seq + 1, updated_at = now()
    WHERE x.tenant_id = t AND x.run_id = p_run
    RETURNING * INTO r;
    INSERT INTO executions.run_events (tenant_id, run_id, seq, thread_id, type, traceparent, data)
    VALUES (t, p_run, r.last_seq, p_thread, 'run.started.v1', p_traceparent, jsonb_build_object(
      'attempt', r.attempt, 'build_id', p_build_id, 'workflow_id', p_workflow_id, 'workflow_run_id', p_workflow_run_id));
    v_written := true;
  END IF;

  -- A run that has stored state goes on from it; before that it starts from the checkpoint it names, or from the thread's newest.
  IF NOT r.has_state THEN
    v_asked := coalesce(r.kwargs ->> 'checkpoint_id', r.kwargs #>> '{checkpoint,checkpoint_id}', r.kwargs #>> '{config,configurable,checkpoint_id}');
  END IF;
  IF v_asked IS NULL THEN
    SELECT c.saved, c.step INTO saved, v_step FROM executions.checkpoints c
    WHERE c.tenant_id = t AND c.thread_id = p_thread ORDER BY c.position DESC LIMIT 1;
  ELSE
    SELECT c.saved, c.step INTO saved, v_step FROM executions.checkpoints c
    WHERE c.tenant_id = t AND c.thread_id = p_thread AND c.checkpoint_id = v_asked;
  END IF;

  reply := jsonb_build_object('kind', 'go', 'written', v_written, 'seq', r.last_seq, 'graph_id', r.graph_id, 'kwargs', r.kwargs,
    'has_state', r.has_state, 'last_commit', r.last_commit, 'step', coalesce(v_step, -1));
  RETURN NEXT;
END
$$;
REVOKE EXECUTE ON FUNCTION executions.begin_run(text, uuid, uuid, text, text, text, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION executions.begin_run(text, uuid, uuid, text, text, text, text, boolean) TO holdfast_worker;

-- As before, and with p_seen: a workflow task that was lost after its commit is executed again, maybe with more in it (results that came
-- meanwhile are in the same activation then). The caller subtracts what rows of this commit and later ones hold already, and appends the
-- rest if last_seq is still what it saw. An end is only a duplicate when the run is over.
DROP FUNCTION executions.commit_progress(text, uuid, uuid, int, text, text, jsonb, jsonb, jsonb, text, jsonb, jsonb);
CREATE FUNCTION executions.commit_progress(p_tenant text, p_thread uuid, p_run uuid, p_commit int, p_workflow_run_id text, p_traceparent text,
  p_events jsonb, p_checkpoint jsonb, p_values jsonb, p_saved text, p_earlier jsonb, p_end jsonb, p_seen int DEFAULT NULL)
RETURNS TABLE (kind text, seq int, run_status text) LANGUAGE plpgsql AS $$
DECLARE
  t CONSTANT uuid := p_tenant::uuid;
  n CONSTANT int := jsonb_array_length(p_events);
  r executions.runs;
BEGIN
  IF p_end IS NOT NULL THEN
    PERFORM FROM executions.threads th WHERE th.tenant_id = t AND th.thread_id = p_thread FOR NO KEY UPDATE;
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

  IF p_end IS NOT NULL THEN
    IF (p_end ->> 'rollback')::boolean THEN
      DELETE FROM executions.checkpoints c WHERE c.tenant_id = t AND c.thread_id = p_thread AND c.run_id = p_run;
      DELETE FROM executions.runs x WHERE x.tenant_id = t AND x.run_id = p_run;
    END IF;
    PERFORM executions.settle_thread(t, p_thread, p_end ->> 'thread_status', nullif(p_end -> 'interrupts', 'null'), nullif(p_end -> 'error', 'null'));
  END IF;

  kind := 'committed';
  seq := r.last_seq;
  run_status := r.status;
  RETURN NEXT;
END
$$;
REVOKE EXECUTE ON FUNCTION executions.commit_progress(text, uuid, uuid, int, text, text, jsonb, jsonb, jsonb, text, jsonb, jsonb, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION executions.commit_progress(text, uuid, uuid, int, text, text, jsonb, jsonb, jsonb, text, jsonb, jsonb, int)
  TO holdfast_gateway, holdfast_worker;
