-- The hot path of a run: one function call is one transaction and one round trip.
--
-- Every function of a tenant takes the tenant id as its first argument, and callers pass set_config('app.tenant_id', $1, true) there:
-- arguments are evaluated before the body, so the policies see the tenant, and the setting ends with the transaction. They run with
-- the caller's rights (SECURITY INVOKER): row level security holds inside as it does outside.
--
-- Order of locks, against deadlocks: idempotency key, thread, run.

-- What a thread shows when no run is active: interrupts by task id.
CREATE FUNCTION executions.interrupts_of(p_tasks jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(jsonb_object_agg(task ->> 'id', task -> 'interrupts'), '{}')
  FROM jsonb_array_elements(p_tasks) AS task
  WHERE jsonb_array_length(coalesce(nullif(task -> 'interrupts', 'null'), '[]')) > 0
$$;

-- Brings a thread's row in line with its newest checkpoint and its runs. The caller holds the thread's lock.
-- p_status: the status when no run is active; null derives it from the checkpoint.
CREATE FUNCTION executions.settle_thread(p_tenant uuid, p_thread uuid, p_status text, p_interrupts jsonb, p_error jsonb)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_newest record;
BEGIN
  SELECT c.checkpoint_id, c.values, c.next, c.tasks INTO v_newest
  FROM executions.checkpoints c
  WHERE c.tenant_id = p_tenant AND c.thread_id = p_thread
  ORDER BY c.position DESC LIMIT 1;

  UPDATE executions.threads th
  SET status = CASE
        WHEN EXISTS (SELECT FROM executions.runs r
                     WHERE r.tenant_id = p_tenant AND r.thread_id = p_thread AND r.status IN ('pending', 'running')) THEN 'busy'
        WHEN p_status IS NOT NULL THEN p_status
        WHEN p_error IS NOT NULL THEN 'error'
        WHEN cardinality(v_newest.next) > 0 THEN 'interrupted'
        ELSE 'idle' END,
      values = v_newest.values,
      interrupts = coalesce(p_interrupts, executions.interrupts_of(v_newest.tasks), '{}'),
      error = p_error,
      latest_checkpoint_id = v_newest.checkpoint_id,
      updated_at = now(),
      state_updated_at = CASE WHEN th.latest_checkpoint_id IS DISTINCT FROM v_newest.checkpoint_id THEN now() ELSE th.state_updated_at END
  WHERE th.tenant_id = p_tenant AND th.thread_id = p_thread;
END
$$;

-- Thread, double-texting decision, run, first journal row and idempotency row.
-- p_request: run_id, thread_id, assistant_id, graph_id, strategy, create_thread, after_seconds, delete_thread, request_hash, traceparent,
--            principal_id, route, key (the last three null without an idempotency key)
CREATE FUNCTION executions.create_run(p_tenant text, p_request jsonb, p_kwargs jsonb, p_metadata jsonb, p_thread_metadata jsonb)
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

-- Marks a run as running and hands out what its workflow needs. The same workflow run gets the same answer and writes nothing; another
-- one takes the run over from a workflow that is gone.
CREATE FUNCTION executions.begin_run(p_tenant text, p_thread uuid, p_run uuid, p_workflow_id text, p_workflow_run_id text, p_build_id text,
  p_traceparent text)
RETURNS TABLE (reply jsonb, saved text) LANGUAGE plpgsql AS $$
DECLARE
  t CONSTANT uuid := p_tenant::uuid;
  r executions.runs;
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

-- One commit of a run. p_events: [{type, data}] with the terminal event last when p_end is there. p_checkpoint, p_values and p_saved are the
-- newest checkpoint of the batch, apart from the others because it is nearly always the only one and its texts need no second escaping;
-- p_earlier: the checkpoints before it, [{…, values, saved}] or null. p_end: {run_status, thread_status, error, interrupts, rollback} or null.
CREATE FUNCTION executions.commit_progress(p_tenant text, p_thread uuid, p_run uuid, p_commit int, p_workflow_run_id text, p_traceparent text,
  p_events jsonb, p_checkpoint jsonb, p_values jsonb, p_saved text, p_earlier jsonb, p_end jsonb)
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
  SET last_commit = p_commit,
      last_seq = x.last_seq + n,
      has_state = x.has_state OR p_checkpoint IS NOT NULL,
      status = coalesce(p_end ->> 'run_status', x.status),
      error = nullif(p_end -> 'error', 'null'),
      ended_at = CASE WHEN p_end IS NULL THEN NULL ELSE now() END,
      updated_at = now()
  WHERE x.tenant_id = t AND x.run_id = p_run AND x.thread_id = p_thread AND x.status = 'running' AND x.last_commit < p_commit
    AND (p_workflow_run_id IS NULL OR x.workflow_run_id = p_workflow_run_id)
  RETURNING * INTO r;
  IF NOT FOUND THEN
    SELECT * INTO r FROM executions.runs x WHERE x.tenant_id = t AND x.run_id = p_run AND x.thread_id = p_thread;
    kind := CASE
      WHEN NOT FOUND THEN 'unknown'
      WHEN r.last_commit >= p_commit AND (p_workflow_run_id IS NULL OR r.workflow_run_id = p_workflow_run_id) THEN 'duplicate'
      WHEN r.status NOT IN ('pending', 'running') THEN 'terminal'
      ELSE 'fenced' END;
    seq := r.last_seq;
    run_status := r.status;
    RETURN NEXT;
    RETURN;
  END IF;

  INSERT INTO executions.run_events (tenant_id, run_id, seq, thread_id, type, traceparent, data)
  SELECT t, p_run, r.last_seq - n + e.place::int, p_thread, e.event ->> 'type', p_traceparent, e.event -> 'data'
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

-- Stores a checkpoint. A known id is replaced, because pending writes join a checkpoint after it was made; it becomes the newest, and
-- stays with the run that made it.
CREATE FUNCTION executions.put_checkpoint(p_tenant uuid, p_thread uuid, p_run uuid, p_draft jsonb, p_values jsonb, p_saved text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO executions.checkpoints AS c (tenant_id, thread_id, checkpoint_id, parent_checkpoint_id, run_id, step, source, values, next, tasks,
    metadata, saved)
  VALUES (p_tenant, p_thread, p_draft ->> 'checkpointId', p_draft ->> 'parentCheckpointId', p_run, (p_draft ->> 'step')::int,
    p_draft ->> 'source', p_values, ARRAY(SELECT jsonb_array_elements_text(p_draft -> 'next')), p_draft -> 'tasks', p_draft -> 'metadata', p_saved)
  ON CONFLICT (tenant_id, thread_id, checkpoint_id) DO UPDATE
  SET parent_checkpoint_id = excluded.parent_checkpoint_id, step = excluded.step, source = excluded.source, values = excluded.values,
      next = excluded.next, tasks = excluded.tasks, metadata = excluded.metadata, saved = excluded.saved, position = excluded.position;
END
$$;

-- A state edited by a person. Refused while a run is running; runs that wait begin after it.
CREATE FUNCTION executions.commit_edit(p_tenant text, p_thread uuid, p_draft jsonb, p_values jsonb, p_saved text, p_interrupts jsonb)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  t CONSTANT uuid := p_tenant::uuid;
BEGIN
  PERFORM FROM executions.threads th WHERE th.tenant_id = t AND th.thread_id = p_thread FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN 'thread-not-found';
  ELSIF EXISTS (SELECT FROM executions.checkpoints c
                WHERE c.tenant_id = t AND c.thread_id = p_thread AND c.checkpoint_id = p_draft ->> 'checkpointId') THEN
    RETURN 'committed';
  ELSIF EXISTS (SELECT FROM executions.runs r WHERE r.tenant_id = t AND r.thread_id = p_thread AND r.status = 'running') THEN
    RETURN 'thread-busy';
  END IF;
  PERFORM executions.put_checkpoint(t, p_thread, NULL, p_draft, p_values, p_saved);
  PERFORM executions.settle_thread(t, p_thread, NULL, p_interrupts, NULL);
  RETURN 'committed';
END
$$;

-- Cancels a run that has not begun.
CREATE FUNCTION executions.cancel_pending(p_tenant text, p_thread uuid, p_run uuid, p_reason text, p_rollback boolean, p_traceparent text)
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

-- A page of a run's journal with the run's status, from one snapshot (STABLE). The journal outlives the run: then the last row tells the status.
CREATE FUNCTION executions.read_events(p_tenant text, p_run uuid, p_after int, p_limit int)
RETURNS TABLE (run_status text, last_seq int, thread_id uuid, seq int, type text, "time" timestamptz, traceparent text, data jsonb)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  t CONSTANT uuid := p_tenant::uuid;
  v_status text;
  v_last int;
  v_type text;
BEGIN
  SELECT r.status, r.last_seq INTO v_status, v_last FROM executions.runs r WHERE r.tenant_id = t AND r.run_id = p_run;
  IF NOT FOUND THEN
    SELECT e.seq, e.type INTO v_last, v_type FROM executions.run_events e
    WHERE e.tenant_id = t AND e.run_id = p_run ORDER BY e.seq DESC LIMIT 1;
    IF NOT FOUND THEN
      RETURN;
    END IF;
    v_status := CASE v_type WHEN 'run.completed.v1' THEN 'success' WHEN 'run.failed.v1' THEN 'error' ELSE 'interrupted' END;
  END IF;
  RETURN QUERY
    SELECT v_status, v_last, e.thread_id, e.seq, e.type, e.time, e.traceparent, e.data
    FROM (VALUES (true)) AS one
    LEFT JOIN LATERAL (
      SELECT * FROM executions.run_events x WHERE x.tenant_id = t AND x.run_id = p_run AND x.seq > p_after ORDER BY x.seq LIMIT p_limit
    ) AS e ON true;
END
$$;

-- Across tenants. Three things must be found before their tenant is known: whose API key it is, which runs are due, which stateless threads
-- may go (and the owner's provisioning script finds a tenant by its slug). These functions run as the owner (SECURITY DEFINER) with a pinned search_path. The owner is under FORCE ROW LEVEL SECURITY like
-- everybody, so it gets policies of its own for exactly these tables and commands; no application role can use them but through the
-- functions, and the owner's login is for migrations only. Chosen over a BYPASSRLS owner, which would void FORCE for every table at once.
CREATE POLICY find_tenant ON executions.tenants FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY find_key ON executions.api_keys FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY find_due ON executions.runs FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY claim_due ON executions.runs FOR UPDATE TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE FUNCTION executions.authenticate(p_hash bytea)
RETURNS TABLE (tenant_id uuid, principal_id text, key_id text, roles text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT k.tenant_id, k.principal_id, k.key_id, k.roles FROM executions.api_keys k WHERE k.hash = p_hash AND k.revoked_at IS NULL
$$;

-- A claimed run is not given out again before p_lease has passed; two sweeps never get the same one.
CREATE FUNCTION executions.claim_due_deliveries(p_limit int, p_lease interval)
RETURNS TABLE (tenant_id uuid, thread_id uuid, run_id uuid, graph_id text, traceparent text)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH due AS (
    SELECT r.tenant_id, r.run_id FROM executions.runs r
    WHERE r.status = 'pending' AND r.deliver_at <= now()
      AND ((r.delivered_at IS NULL AND r.created_at < now() - interval '2 seconds') OR r.delivered_at < now() - interval '30 seconds')
    ORDER BY r.deliver_at LIMIT p_limit
    FOR UPDATE SKIP LOCKED
  )
  UPDATE executions.runs r SET deliver_at = now() + p_lease
  FROM due WHERE r.tenant_id = due.tenant_id AND r.run_id = due.run_id
  RETURNING r.tenant_id, r.thread_id, r.run_id, r.graph_id, r.traceparent
$$;

CREATE FUNCTION executions.list_finished_stateless(p_limit int, p_grace interval)
RETURNS TABLE (tenant_id uuid, thread_id uuid, run_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.tenant_id, r.thread_id, r.run_id FROM executions.runs r
  WHERE r.delete_thread AND r.ended_at < now() - p_grace
  ORDER BY r.ended_at LIMIT p_limit
$$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA executions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION executions.interrupts_of(jsonb), executions.settle_thread(uuid, uuid, text, jsonb, jsonb)
  TO holdfast_gateway, holdfast_worker;
GRANT EXECUTE ON FUNCTION executions.put_checkpoint(uuid, uuid, uuid, jsonb, jsonb, text) TO holdfast_worker;
GRANT EXECUTE ON FUNCTION executions.create_run(text, jsonb, jsonb, jsonb, jsonb),
  executions.cancel_pending(text, uuid, uuid, text, boolean, text), executions.read_events(text, uuid, int, int),
  executions.authenticate(bytea), executions.claim_due_deliveries(int, interval), executions.list_finished_stateless(int, interval)
  TO holdfast_gateway;
GRANT EXECUTE ON FUNCTION executions.begin_run(text, uuid, uuid, text, text, text, text),
  executions.commit_progress(text, uuid, uuid, int, text, text, jsonb, jsonb, jsonb, text, jsonb, jsonb),
  executions.commit_edit(text, uuid, jsonb, jsonb, text, jsonb), executions.read_events(text, uuid, int, int) TO holdfast_worker;
