-- The ledger of model calls (design.md §3): claimed before the call, finished with its reply, so that whoever makes the call again finds
-- the reply instead.
-- CreateTable
CREATE TABLE "executions"."model_calls" (
    "tenant_id" UUID NOT NULL,
    "origin_run_id" UUID NOT NULL,
    "call_id" TEXT NOT NULL,
    "run_id" UUID NOT NULL,
    "request_sha256" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "fence" INTEGER NOT NULL,
    "owner" TEXT NOT NULL,
    "reply" TEXT,
    "claimed_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(6),

    CONSTRAINT "model_calls_pkey" PRIMARY KEY ("tenant_id","origin_run_id","call_id")
);

-- From here on by hand.
ALTER TABLE "executions"."model_calls" ADD CONSTRAINT "model_calls_state" CHECK ("state" IN ('claimed', 'released', 'finished'));
-- Room on the page for the second version of a row, so that its end touches no index.
ALTER TABLE "executions"."model_calls" SET (fillfactor = 70);
ALTER TABLE "executions"."model_calls" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "executions"."model_calls" FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON "executions"."model_calls" USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON "executions"."model_calls" TO holdfast_worker;

-- A deleted run takes what models said to it along. A statement's trigger and no foreign key: that would lock the run's row at each claim.
CREATE FUNCTION executions.forget_model_calls() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  DELETE FROM executions.model_calls c USING gone g WHERE c.tenant_id = g.tenant_id AND c.origin_run_id = g.run_id;
  RETURN NULL;
END
$$;
CREATE TRIGGER forget_model_calls AFTER DELETE ON "executions"."runs" REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION executions.forget_model_calls();

-- The row of a call before it is made. `finished`: it is there already, with its reply. `claimed`: make it, and finish it with this fence;
-- `repeated` tells that another attempt was under way, whose outcome nobody knows. A model call has no effect but its price, so another
-- request under the same name (a prompt with the time in it, built a second time) is made like a new one: `changed`.
CREATE FUNCTION executions.claim_model_call(p_tenant text, p_origin uuid, p_call text, p_run uuid, p_request text, p_owner text)
RETURNS TABLE (state text, fence int, repeated boolean, changed boolean, reply text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  t CONSTANT uuid := p_tenant::uuid;
  c executions.model_calls;
BEGIN
  INSERT INTO executions.model_calls (tenant_id, origin_run_id, call_id, run_id, request_sha256, state, fence, owner)
  VALUES (t, p_origin, p_call, p_run, p_request, 'claimed', 1, p_owner)
  ON CONFLICT (tenant_id, origin_run_id, call_id) DO NOTHING;
  IF FOUND THEN
    RETURN QUERY SELECT 'claimed', 1, false, false, NULL::text;
    RETURN;
  END IF;
  SELECT * INTO STRICT c FROM executions.model_calls x WHERE x.tenant_id = t AND x.origin_run_id = p_origin AND x.call_id = p_call FOR UPDATE;
  IF c.state = 'finished' AND c.request_sha256 = p_request THEN
    RETURN QUERY SELECT c.state, c.fence, false, false, c.reply;
    RETURN;
  END IF;
  UPDATE executions.model_calls x
  SET state = 'claimed', fence = c.fence + 1, owner = p_owner, run_id = p_run, request_sha256 = p_request, reply = NULL, claimed_at = now(), finished_at = NULL
  WHERE x.tenant_id = t AND x.origin_run_id = p_origin AND x.call_id = p_call;
  RETURN QUERY SELECT 'claimed', c.fence + 1, c.state = 'claimed', c.request_sha256 <> p_request, NULL::text;
END
$$;

-- The end of an attempt: its reply, or (p_reply null) that it ended without one, so that the next one repeats nothing unknown. An attempt
-- that another one has overtaken changes nothing: it is told what stands there.
CREATE FUNCTION executions.finish_model_call(p_tenant text, p_origin uuid, p_call text, p_fence int, p_reply text)
RETURNS TABLE (state text, reply text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  t CONSTANT uuid := p_tenant::uuid;
BEGIN
  UPDATE executions.model_calls x
  SET state = CASE WHEN p_reply IS NULL THEN 'released' ELSE 'finished' END, reply = p_reply, finished_at = now()
  WHERE x.tenant_id = t AND x.origin_run_id = p_origin AND x.call_id = p_call AND x.fence = p_fence AND x.state = 'claimed';
  IF FOUND THEN
    RETURN QUERY SELECT CASE WHEN p_reply IS NULL THEN 'released' ELSE 'finished' END, p_reply;
    RETURN;
  END IF;
  RETURN QUERY SELECT x.state, x.reply FROM executions.model_calls x WHERE x.tenant_id = t AND x.origin_run_id = p_origin AND x.call_id = p_call;
END
$$;

-- As before, and with `forked` (the caller chose another checkpoint than the newest) and `called` (tool calls that the journal tells of
-- already, made after the checkpoint that the run goes on from).
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

REVOKE EXECUTE ON FUNCTION executions.claim_model_call(text, uuid, text, uuid, text, text), executions.finish_model_call(text, uuid, text, int, text),
  executions.forget_model_calls() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION executions.claim_model_call(text, uuid, text, uuid, text, text), executions.finish_model_call(text, uuid, text, int, text)
  TO holdfast_worker;
