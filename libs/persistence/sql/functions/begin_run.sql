-- Marks a run as running and hands out what its workflow needs. The same workflow run gets the same answer and writes nothing; another one takes the run
-- over from a workflow that is gone. With p_in_turn, a run that has not begun yet while earlier ones of its thread are due and have not either is told to wait
-- for them ({kind: after}); an older worker does not pass it and gets the answers that it knows. `forked`: the caller chose another checkpoint than the newest.
-- `called`: tool calls that the journal tells of already, made after the checkpoint that the run goes on from.
CREATE OR REPLACE FUNCTION executions.begin_run(p_tenant text, p_thread uuid, p_run uuid, p_workflow_id text, p_workflow_run_id text, p_build_id text,
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
  v_forked boolean := false;
  v_called jsonb := '[]';
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
    v_forked := v_asked IS DISTINCT FROM (
      SELECT c.checkpoint_id FROM executions.checkpoints c WHERE c.tenant_id = t AND c.thread_id = p_thread ORDER BY c.position DESC LIMIT 1);
  END IF;

  -- Another execution of the workflow may have told of calls of the superstep that is now done again.
  IF r.last_commit > 0 THEN
    SELECT coalesce(jsonb_agg(e.data -> 'call_id'), '[]') INTO v_called FROM executions.run_events e
    WHERE e.tenant_id = t AND e.run_id = p_run AND e.type = 'tool.called.v1' AND e.seq > coalesce((
      SELECT s.seq FROM executions.run_events s
      WHERE s.tenant_id = t AND s.run_id = p_run AND s.type = 'run.step-completed.v1' AND s.data ->> 'checkpoint_id' IS NOT NULL
      ORDER BY s.seq DESC LIMIT 1), 0);
  END IF;

  reply := jsonb_build_object('kind', 'go', 'written', v_written, 'seq', r.last_seq, 'graph_id', r.graph_id, 'kwargs', r.kwargs,
    'has_state', r.has_state, 'last_commit', r.last_commit, 'step', coalesce(v_step, -1),
    'forked', v_forked, 'called', v_called);
  RETURN NEXT;
END
$$;
