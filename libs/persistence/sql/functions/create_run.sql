-- Thread, double-texting decision, run, first journal row and idempotency row. Two requests with the same run id make one run, also at the same moment. No
-- command where the thread waits for an approval, unless it is the decision on it; the end of a wait answers beside an approval.
-- p_request: run_id, thread_id, assistant_id, graph_id, strategy, create_thread, after_seconds, delete_thread, request_hash, traceparent,
--            principal_id, route, key (these three null without an idempotency key),
--            approval_id (of the decision that makes the run, or null), wakes (true for the run that the end of waits makes)
-- Order of locks: idempotency key, run id (advisory), thread, run, approval, name of an event (advisory), wait (in the order of ids).
CREATE OR REPLACE FUNCTION executions.create_run(p_tenant text, p_request jsonb, p_kwargs jsonb, p_metadata jsonb, p_thread_metadata jsonb)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  t CONSTANT uuid := p_tenant::uuid;
  v_run_id CONSTANT uuid := (p_request ->> 'run_id')::uuid;
  v_thread_id CONSTANT uuid := (p_request ->> 'thread_id')::uuid;
  v_hash CONSTANT text := p_request ->> 'request_hash';
  v_strategy CONSTANT text := p_request ->> 'strategy';
  v_key CONSTANT text := p_request ->> 'key';
  v_new_thread boolean := false;
  v_status text;
  v_active jsonb := '[]';
  v_known executions.idempotency_keys;
  v_run executions.runs;
BEGIN
  IF v_key IS NOT NULL THEN
    -- Waits here for a request with the same key that is under way.
    INSERT INTO executions.idempotency_keys (tenant_id, principal_id, route, key, request_hash, run_id)
    VALUES (t, p_request ->> 'principal_id', p_request ->> 'route', v_key, v_hash, v_run_id)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
      SELECT * INTO STRICT v_known FROM executions.idempotency_keys k
      WHERE k.tenant_id = t AND k.principal_id = p_request ->> 'principal_id' AND k.route = p_request ->> 'route' AND k.key = v_key;
      IF v_known.request_hash IS DISTINCT FROM v_hash THEN
        RETURN '{"kind": "refused", "reason": "idempotency-mismatch"}';
      END IF;
      SELECT * INTO v_run FROM executions.runs r WHERE r.tenant_id = t AND r.run_id = v_known.run_id;
      IF NOT FOUND THEN
        RETURN '{"kind": "refused", "reason": "run-gone"}';
      END IF;
      RETURN jsonb_build_object('kind', 'created', 'replayed', true, 'run', to_jsonb(v_run), 'active', '[]'::jsonb);
    END IF;
  END IF;

  -- An id of the caller's own may be on its way twice: the second waits here, and then finds the run of the first.
  IF v_hash IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(hashtextextended(t::text || ' run ' || v_run_id::text, 0));
  END IF;
  SELECT * INTO v_run FROM executions.runs r WHERE r.tenant_id = t AND r.run_id = v_run_id;
  IF FOUND THEN
    DELETE FROM executions.idempotency_keys k WHERE k.tenant_id = t AND k.run_id = v_run_id AND k.key = v_key
      AND k.principal_id = p_request ->> 'principal_id' AND k.route = p_request ->> 'route';
    IF v_hash IS NULL OR v_run.request_hash IS DISTINCT FROM v_hash THEN
      RETURN '{"kind": "refused", "reason": "run-id-taken"}';
    END IF;
    RETURN jsonb_build_object('kind', 'created', 'replayed', true, 'run', to_jsonb(v_run), 'active', '[]'::jsonb);
  END IF;

  IF (p_request ->> 'create_thread')::boolean THEN
    INSERT INTO executions.threads (tenant_id, thread_id, status, metadata) VALUES (t, v_thread_id, 'busy', p_thread_metadata)
    ON CONFLICT DO NOTHING;
    v_new_thread := FOUND;
  END IF;
  IF NOT v_new_thread THEN
    -- Two creators of runs on one thread pass here one after the other.
    SELECT th.status INTO v_status FROM executions.threads th WHERE th.tenant_id = t AND th.thread_id = v_thread_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
      DELETE FROM executions.idempotency_keys k WHERE k.tenant_id = t AND k.run_id = v_run_id AND k.key = v_key
        AND k.principal_id = p_request ->> 'principal_id' AND k.route = p_request ->> 'route';
      RETURN '{"kind": "refused", "reason": "thread-not-found"}';
    END IF;
    IF v_status = 'busy' THEN
      SELECT coalesce(jsonb_agg(jsonb_build_object('runId', r.run_id, 'status', r.status) ORDER BY r.position), '[]') INTO v_active
      FROM executions.runs r
      WHERE r.tenant_id = t AND r.thread_id = v_thread_id AND r.status IN ('pending', 'running');
    END IF;
    IF v_strategy = 'reject' AND v_active <> '[]' THEN
      -- A refusal is not an answer to keep: the same key may try again.
      DELETE FROM executions.idempotency_keys k WHERE k.tenant_id = t AND k.run_id = v_run_id AND k.key = v_key
        AND k.principal_id = p_request ->> 'principal_id' AND k.route = p_request ->> 'route';
      RETURN jsonb_build_object('kind', 'refused', 'reason', 'thread-busy', 'active', v_active);
    END IF;
    IF p_request ->> 'approval_id' IS NULL AND NOT coalesce((p_request ->> 'wakes')::boolean, false)
      AND executions.has_command(p_kwargs) AND executions.awaits_approval(t, v_thread_id, p_kwargs) THEN
      DELETE FROM executions.idempotency_keys k WHERE k.tenant_id = t AND k.run_id = v_run_id AND k.key = v_key
        AND k.principal_id = p_request ->> 'principal_id' AND k.route = p_request ->> 'route';
      RETURN '{"kind": "refused", "reason": "approval-required"}';
    END IF;
    UPDATE executions.threads th
    SET status = 'busy', updated_at = now(),
        metadata = CASE WHEN th.metadata @> p_thread_metadata THEN th.metadata ELSE th.metadata || p_thread_metadata END
    WHERE th.tenant_id = t AND th.thread_id = v_thread_id;
  END IF;

  INSERT INTO executions.runs (tenant_id, run_id, thread_id, assistant_id, graph_id, status, kwargs, metadata, multitask_strategy, last_seq,
    deliver_at, delete_thread, traceparent, request_hash)
  VALUES (t, v_run_id, v_thread_id, (p_request ->> 'assistant_id')::uuid, p_request ->> 'graph_id', 'pending', p_kwargs, p_metadata, v_strategy, 1,
    now() + make_interval(secs => (p_request ->> 'after_seconds')::double precision), (p_request ->> 'delete_thread')::boolean,
    p_request ->> 'traceparent', v_hash)
  RETURNING * INTO v_run;

  INSERT INTO executions.run_events (tenant_id, run_id, seq, thread_id, type, traceparent, data)
  VALUES (t, v_run_id, 1, v_thread_id, 'run.created.v1', p_request ->> 'traceparent', jsonb_build_object(
    'assistant_id', v_run.assistant_id, 'graph_id', v_run.graph_id, 'multitask_strategy', v_strategy, 'metadata', p_metadata));

  RETURN jsonb_build_object('kind', 'created', 'replayed', false, 'run', to_jsonb(v_run), 'active', v_active);
END
$$;
