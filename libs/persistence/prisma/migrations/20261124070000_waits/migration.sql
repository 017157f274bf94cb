-- Nodes that wait for time or for an event: a run that ends with a wait makes the row for it in its own transaction, and the gateway's clock
-- makes the run that goes on.
-- CreateTable
CREATE TABLE "executions"."waits" (
    "tenant_id" UUID NOT NULL,
    "wait_id" UUID NOT NULL,
    "thread_id" UUID NOT NULL,
    "run_id" UUID NOT NULL,
    "interrupt_id" TEXT NOT NULL,
    "question_hash" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'pending',
    "event_type" TEXT,
    "event_key" TEXT,
    "wake_at" TIMESTAMPTZ(6),
    "leased_until" TIMESTAMPTZ(6),
    "event_id" TEXT,
    "event" JSONB,
    "delete_thread" BOOLEAN NOT NULL DEFAULT false,
    "outcome" TEXT,
    "resume_run_id" UUID,
    "traceparent" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ended_at" TIMESTAMPTZ(6),

    CONSTRAINT "waits_pkey" PRIMARY KEY ("tenant_id","wait_id")
);

-- CreateTable
CREATE TABLE "executions"."posted_events" (
    "tenant_id" UUID NOT NULL,
    "event_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "key" TEXT,
    "payload" JSONB NOT NULL,
    "request_hash" TEXT NOT NULL,
    "posted_by" TEXT NOT NULL,
    "woken" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "posted_events_pkey" PRIMARY KEY ("tenant_id","event_id")
);

-- CreateIndex
CREATE INDEX "waits_tenant_id_thread_id_idx" ON "executions"."waits"("tenant_id", "thread_id");

-- CreateIndex
CREATE INDEX "posted_events_tenant_id_type_created_at_idx" ON "executions"."posted_events"("tenant_id", "type", "created_at");

-- CreateIndex
CREATE INDEX "posted_events_expires_at_idx" ON "executions"."posted_events"("expires_at");

-- AddForeignKey
ALTER TABLE "executions"."waits" ADD CONSTRAINT "waits_tenant_id_thread_id_fkey" FOREIGN KEY ("tenant_id", "thread_id") REFERENCES "executions"."threads"("tenant_id", "thread_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- From here on by hand.
ALTER TABLE "executions"."waits" ADD CONSTRAINT "waits_status" CHECK ("status" IN ('pending', 'over', 'superseded'));

-- What is due; what an event may wake; what a thread waits for.
CREATE INDEX "waits_due" ON "executions"."waits" ("wake_at") WHERE "status" = 'pending' AND "wake_at" IS NOT NULL;
CREATE INDEX "waits_for_event" ON "executions"."waits" ("tenant_id", "event_type") WHERE "status" = 'pending' AND "event_type" IS NOT NULL;
CREATE INDEX "waits_open" ON "executions"."waits" ("tenant_id", "thread_id") WHERE "status" = 'pending';

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['executions.waits', 'executions.posted_events'] LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY tenant_isolation ON %s USING (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid))
       WITH CHECK (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid))', name);
  END LOOP;
END
$$;

GRANT SELECT, INSERT, UPDATE ON "executions"."waits" TO holdfast_gateway, holdfast_worker;
GRANT SELECT, INSERT, UPDATE ON "executions"."posted_events" TO holdfast_gateway;
GRANT SELECT ON "executions"."posted_events" TO holdfast_worker;

-- Order of locks: idempotency key, thread, run, approval, name of an event (advisory), wait (in the order of ids).

-- Key of the lock under which the events of a name are posted, and waits for them begin: neither may miss the other. Two names may share one.
CREATE FUNCTION executions.event_lock(p_tenant uuid, p_type text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT hashtextextended(p_tenant::text || ' ' || p_type, 0)
$$;

-- An event as a node gets it.
CREATE FUNCTION executions.event_of(e executions.posted_events) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', e.event_id, 'type', e.type, 'key', e.key, 'payload', e.payload,
    'posted_at', to_char(e.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
$$;

-- Posts an event and wakes the waits that match. An id that is known is answered with what is there.
-- p_event: {id, type, key, payload, hash, posted_by, kept_seconds}
CREATE FUNCTION executions.post_event(p_tenant uuid, p_event jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  e executions.posted_events;
  n int;
BEGIN
  PERFORM pg_advisory_xact_lock(executions.event_lock(p_tenant, p_event ->> 'type'));

  INSERT INTO executions.posted_events (tenant_id, event_id, type, key, payload, request_hash, posted_by, created_at, expires_at)
  VALUES (p_tenant, p_event ->> 'id', p_event ->> 'type', p_event ->> 'key', p_event -> 'payload',
    p_event ->> 'hash', p_event ->> 'posted_by', clock_timestamp(),
    clock_timestamp() + make_interval(secs => (p_event ->> 'kept_seconds')::double precision))
  ON CONFLICT (tenant_id, event_id) DO NOTHING
  RETURNING * INTO e;
  IF NOT FOUND THEN
    SELECT * INTO STRICT e FROM executions.posted_events x WHERE x.tenant_id = p_tenant AND x.event_id = p_event ->> 'id';
    RETURN jsonb_build_object('kind', CASE WHEN e.request_hash = p_event ->> 'hash' THEN 'known' ELSE 'mismatch' END, 'event', to_jsonb(e));
  END IF;

  WITH matching AS (
    SELECT w.wait_id FROM executions.waits w
    WHERE w.tenant_id = p_tenant AND w.status = 'pending' AND w.event_type = e.type AND (w.event_key IS NULL OR w.event_key = e.key)
      AND w.event_id IS NULL AND (w.wake_at IS NULL OR w.wake_at > e.created_at)
    ORDER BY w.wait_id FOR NO KEY UPDATE
  )
  UPDATE executions.waits w SET event_id = e.event_id, event = executions.event_of(e), wake_at = e.created_at, leased_until = NULL
  FROM matching m WHERE w.tenant_id = p_tenant AND w.wait_id = m.wait_id;
  GET DIAGNOSTICS n = ROW_COUNT;
  UPDATE executions.posted_events x SET woken = n WHERE x.tenant_id = p_tenant AND x.event_id = e.event_id RETURNING * INTO e;
  RETURN jsonb_build_object('kind', 'posted', 'event', to_jsonb(e));
END
$$;

-- Closes the waits of a thread but those kept, named by interrupt id, or by interrupt id and hash of the question.
-- The caller holds the thread's lock.
CREATE FUNCTION executions.supersede_waits(p_tenant uuid, p_thread uuid, p_kept text[], p_reason text) RETURNS void LANGUAGE sql AS $$
  WITH gone AS (
    SELECT w.wait_id FROM executions.waits w
    WHERE w.tenant_id = p_tenant AND w.thread_id = p_thread AND w.status = 'pending'
      AND NOT (w.interrupt_id = ANY (p_kept) OR w.interrupt_id || ' ' || w.question_hash = ANY (p_kept))
    ORDER BY w.wait_id FOR NO KEY UPDATE
  )
  UPDATE executions.waits w SET status = 'superseded', outcome = p_reason, ended_at = now()
  FROM gone g WHERE w.tenant_id = p_tenant AND w.wait_id = g.wait_id
$$;

-- Makes the waits that a run ends with. One that is asked again as it stands keeps its row and its time, and so does one that is over and
-- whose run is the one that ends: its node has finished beside one that waits. An event that came shortly before is taken, unless the
-- thread had it already.
-- p_questions: [{interrupt_id, hash, seconds, date, event_type, event_key, lookback_seconds}]
CREATE FUNCTION executions.put_waits(p_tenant uuid, r executions.runs, p_questions jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_lock bigint;
BEGIN
  FOR v_lock IN
    SELECT DISTINCT executions.event_lock(p_tenant, q ->> 'event_type') AS l FROM jsonb_array_elements(p_questions) AS q
    WHERE q ->> 'event_type' IS NOT NULL ORDER BY l
  LOOP
    PERFORM pg_advisory_xact_lock_shared(v_lock);
  END LOOP;

  PERFORM executions.supersede_waits(p_tenant, r.thread_id,
    ARRAY(SELECT q ->> 'interrupt_id' || ' ' || (q ->> 'hash') FROM jsonb_array_elements(p_questions) AS q), 'the thread waits for something else');

  INSERT INTO executions.waits (tenant_id, wait_id, thread_id, run_id, interrupt_id, question_hash, event_type, event_key, wake_at, event_id, event,
    delete_thread, traceparent)
  SELECT p_tenant, uuidv7(), r.thread_id, r.run_id, q ->> 'interrupt_id', q ->> 'hash', q ->> 'event_type', q ->> 'event_key',
    coalesce(e.created_at, (q ->> 'date')::timestamptz, now() + make_interval(secs => (q ->> 'seconds')::double precision)),
    e.event_id, e.event, r.delete_thread, r.traceparent
  FROM jsonb_array_elements(p_questions) WITH ORDINALITY AS asked (q, place)
  LEFT JOIN LATERAL (
    SELECT x.created_at, x.event_id, executions.event_of(x) AS event FROM executions.posted_events x
    WHERE x.tenant_id = p_tenant AND x.type = q ->> 'event_type' AND (q ->> 'event_key' IS NULL OR x.key = q ->> 'event_key')
      AND x.created_at >= now() - make_interval(secs => (q ->> 'lookback_seconds')::double precision) AND x.expires_at > now()
      AND NOT EXISTS (SELECT FROM executions.waits had WHERE had.tenant_id = p_tenant AND had.thread_id = r.thread_id AND had.event_id = x.event_id)
    ORDER BY x.created_at, x.event_id LIMIT 1
  ) AS e ON true
  WHERE NOT EXISTS (
    SELECT FROM executions.waits w
    WHERE w.tenant_id = p_tenant AND w.thread_id = r.thread_id AND w.interrupt_id = q ->> 'interrupt_id' AND w.question_hash = q ->> 'hash'
      AND (w.status = 'pending' OR w.resume_run_id = r.run_id))
  ORDER BY place;

  -- The thread of a stateless run must outlast its wait; the run that goes on takes it along.
  UPDATE executions.runs x SET delete_thread = false WHERE x.tenant_id = p_tenant AND x.run_id = r.run_id AND x.delete_thread;
END
$$;

-- What a thread waits for, for a copy of it.
CREATE FUNCTION executions.copy_waits(p_tenant uuid, p_from uuid, p_to uuid) RETURNS void LANGUAGE sql AS $$
  INSERT INTO executions.waits (tenant_id, wait_id, thread_id, run_id, interrupt_id, question_hash, event_type, event_key, wake_at, event_id, event,
    traceparent)
  SELECT p_tenant, uuidv7(), p_to, w.run_id, w.interrupt_id, w.question_hash, w.event_type, w.event_key, w.wake_at, w.event_id, w.event, w.traceparent
  FROM executions.waits w WHERE w.tenant_id = p_tenant AND w.thread_id = p_from AND w.status = 'pending'
$$;

-- As before, and waits that the thread does not ask any more are superseded.
CREATE OR REPLACE FUNCTION executions.settle_thread(p_tenant uuid, p_thread uuid, p_status text, p_interrupts jsonb, p_error jsonb)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_newest record;
  v_interrupts jsonb;
BEGIN
  SELECT c.checkpoint_id, c.values, c.next, c.tasks INTO v_newest
  FROM executions.checkpoints c
  WHERE c.tenant_id = p_tenant AND c.thread_id = p_thread
  ORDER BY c.position DESC LIMIT 1;

  v_interrupts := coalesce(p_interrupts, executions.interrupts_of(v_newest.tasks), '{}');

  UPDATE executions.threads th
  SET status = CASE
        WHEN EXISTS (SELECT FROM executions.runs r
                     WHERE r.tenant_id = p_tenant AND r.thread_id = p_thread AND r.status IN ('pending', 'running')) THEN 'busy'
        WHEN p_status IS NOT NULL THEN p_status
        WHEN p_error IS NOT NULL THEN 'error'
        WHEN cardinality(v_newest.next) > 0 THEN 'interrupted'
        ELSE 'idle' END,
      values = v_newest.values,
      interrupts = v_interrupts,
      error = p_error,
      latest_checkpoint_id = v_newest.checkpoint_id,
      updated_at = now(),
      state_updated_at = CASE WHEN th.latest_checkpoint_id IS DISTINCT FROM v_newest.checkpoint_id THEN now() ELSE th.state_updated_at END
  WHERE th.tenant_id = p_tenant AND th.thread_id = p_thread;

  IF EXISTS (SELECT FROM executions.approvals a WHERE a.tenant_id = p_tenant AND a.thread_id = p_thread AND a.status = 'pending') THEN
    PERFORM executions.supersede_approvals(p_tenant, p_thread,
      -- What a failed node asked is not asked any more.
      CASE WHEN p_error IS NULL THEN ARRAY(SELECT i ->> 'id' FROM jsonb_path_query(v_interrupts, '$.*[*] ? (exists (@.id))') AS i) ELSE '{}' END,
      'the thread went on without it');
  END IF;
  IF EXISTS (SELECT FROM executions.waits w WHERE w.tenant_id = p_tenant AND w.thread_id = p_thread AND w.status = 'pending') THEN
    PERFORM executions.supersede_waits(p_tenant, p_thread,
      CASE WHEN p_error IS NULL THEN ARRAY(SELECT i ->> 'id' FROM jsonb_path_query(v_interrupts, '$.*[*] ? (exists (@.id))') AS i) ELSE '{}' END,
      'the thread went on without it');
    -- The clock passed over those that were due while the thread was busy.
    UPDATE executions.waits w SET leased_until = NULL
    WHERE w.tenant_id = p_tenant AND w.thread_id = p_thread AND w.status = 'pending' AND w.leased_until IS NOT NULL;
  END IF;
END
$$;

-- As before, and the end of a wait answers beside an approval. p_request: also wakes, true for the run that the end of waits makes.
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

-- As before, and with the waits that the run ends with. p_end: also waits, the questions of put_waits. An older worker passes none.
CREATE OR REPLACE FUNCTION executions.commit_progress(p_tenant text, p_thread uuid, p_run uuid, p_commit int, p_workflow_run_id text, p_traceparent text,
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

-- Across tenants, as claim_due_approvals: threads with a wait whose time has come.
CREATE POLICY find_due ON executions.waits FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY claim_due ON executions.waits FOR UPDATE TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE FUNCTION executions.claim_due_waits(p_limit int, p_lease interval)
RETURNS TABLE (tenant_id uuid, thread_id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH due AS (
    SELECT w.tenant_id, w.wait_id FROM executions.waits w
    WHERE w.status = 'pending' AND w.wake_at <= now() AND (w.leased_until IS NULL OR w.leased_until <= now())
    ORDER BY w.wake_at LIMIT p_limit
    FOR UPDATE SKIP LOCKED
  )
  UPDATE executions.waits w SET leased_until = now() + p_lease
  FROM due WHERE w.tenant_id = due.tenant_id AND w.wait_id = due.wait_id
  RETURNING w.tenant_id, w.thread_id
$$;

-- Deletes events whose time is over, of all tenants.
CREATE POLICY find_expired ON executions.posted_events FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY delete_expired ON executions.posted_events FOR DELETE TO CURRENT_USER USING (true);

CREATE FUNCTION executions.delete_expired_events(p_limit int) RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH expired AS (
    SELECT e.tenant_id, e.event_id FROM executions.posted_events e WHERE e.expires_at <= now() ORDER BY e.expires_at LIMIT p_limit
  ), gone AS (
    DELETE FROM executions.posted_events e USING expired x WHERE e.tenant_id = x.tenant_id AND e.event_id = x.event_id RETURNING e.event_id
  )
  SELECT count(*)::int FROM gone
$$;

REVOKE EXECUTE ON FUNCTION executions.event_lock(uuid, text), executions.post_event(uuid, jsonb), executions.event_of(executions.posted_events),
  executions.supersede_waits(uuid, uuid, text[], text), executions.put_waits(uuid, executions.runs, jsonb),
  executions.copy_waits(uuid, uuid, uuid), executions.claim_due_waits(int, interval), executions.delete_expired_events(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION executions.event_lock(uuid, text), executions.event_of(executions.posted_events),
  executions.supersede_waits(uuid, uuid, text[], text), executions.put_waits(uuid, executions.runs, jsonb) TO holdfast_gateway, holdfast_worker;
GRANT EXECUTE ON FUNCTION executions.post_event(uuid, jsonb), executions.copy_waits(uuid, uuid, uuid),
  executions.claim_due_waits(int, interval), executions.delete_expired_events(int) TO holdfast_gateway;
