-- People in the loop: a run that ends with the question of an approval makes the row for it in its own transaction, and only a decision
-- on the row goes on with the thread.
-- CreateTable
CREATE TABLE "executions"."approvals" (
    "tenant_id" UUID NOT NULL,
    "approval_id" UUID NOT NULL,
    "thread_id" UUID NOT NULL,
    "run_id" UUID NOT NULL,
    "interrupt_id" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'pending',
    "action" TEXT NOT NULL,
    "summary" TEXT,
    "requested_args" JSONB NOT NULL,
    "requested_hash" TEXT NOT NULL,
    "args" JSONB NOT NULL,
    "shown_hash" TEXT NOT NULL,
    "requested_by" TEXT,
    "policy" JSONB NOT NULL,
    "policy_version" TEXT NOT NULL,
    "roles" TEXT[],
    "assignees" TEXT[],
    "escalated" BOOLEAN NOT NULL DEFAULT false,
    "deadline_at" TIMESTAMPTZ(6),
    "remind_at" TIMESTAMPTZ(6),
    "reminders" INTEGER NOT NULL DEFAULT 0,
    "leased_until" TIMESTAMPTZ(6),
    "delete_thread" BOOLEAN NOT NULL DEFAULT false,
    "last_entry" INTEGER NOT NULL DEFAULT 0,
    "last_seq" INTEGER NOT NULL DEFAULT 0,
    "outcome" TEXT,
    "decided_by" TEXT[],
    "resume_run_id" UUID,
    "traceparent" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "decided_at" TIMESTAMPTZ(6),

    CONSTRAINT "approvals_pkey" PRIMARY KEY ("tenant_id","approval_id")
);

-- CreateTable
CREATE TABLE "executions"."approval_entries" (
    "tenant_id" UUID NOT NULL,
    "approval_id" UUID NOT NULL,
    "entry" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "principal_id" TEXT NOT NULL,
    "accepted" BOOLEAN NOT NULL,
    "code" TEXT,
    "shown_hash" TEXT,
    "policy_version" TEXT,
    "args" JSONB,
    "delegate_to" TEXT,
    "comment" TEXT,
    "idempotency_key" TEXT,
    "request_hash" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "approval_entries_pkey" PRIMARY KEY ("tenant_id","approval_id","entry")
);

-- CreateIndex
CREATE INDEX "approvals_tenant_id_thread_id_idx" ON "executions"."approvals"("tenant_id", "thread_id");

-- CreateIndex
CREATE INDEX "approvals_tenant_id_interrupt_id_idx" ON "executions"."approvals"("tenant_id", "interrupt_id");

-- From here on by hand.
ALTER TABLE "executions"."approvals" ADD CONSTRAINT "approvals_status"
  CHECK ("status" IN ('pending', 'approved', 'rejected', 'failed', 'superseded'));

-- The open questions of a thread, looked for whenever a thread settles; and those with a deadline or a reminder to come.
CREATE INDEX "approvals_open" ON "executions"."approvals" ("tenant_id", "thread_id") WHERE "status" = 'pending';
CREATE INDEX "approvals_due" ON "executions"."approvals" ((least("deadline_at", "remind_at"))) WHERE "status" = 'pending';
CREATE UNIQUE INDEX "approval_entries_once" ON "executions"."approval_entries" ("tenant_id", "approval_id", "principal_id", "idempotency_key")
  WHERE "idempotency_key" IS NOT NULL;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['executions.approvals', 'executions.approval_entries'] LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY tenant_isolation ON %s USING (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid))
       WITH CHECK (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid))', name);
  END LOOP;
END
$$;

GRANT SELECT, INSERT, UPDATE ON "executions"."approvals" TO holdfast_gateway, holdfast_worker;
GRANT SELECT, INSERT ON "executions"."approval_entries" TO holdfast_gateway;

-- Order of locks: idempotency key, thread, run, approval.

-- Appends to the journal of an approval. Its rows stand under the approval's id, because the run that asked has ended with its last row.
CREATE FUNCTION executions.append_approval_event(p_tenant uuid, p_approval uuid, p_type text, p_data jsonb)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  a executions.approvals;
BEGIN
  UPDATE executions.approvals x SET last_seq = x.last_seq + 1 WHERE x.tenant_id = p_tenant AND x.approval_id = p_approval RETURNING * INTO STRICT a;
  INSERT INTO executions.run_events (tenant_id, run_id, seq, thread_id, type, traceparent, data)
  VALUES (p_tenant, p_approval, a.last_seq, a.thread_id, p_type, a.traceparent,
    jsonb_build_object('approval_id', a.approval_id, 'run_id', a.run_id, 'action', a.action) || p_data);
END
$$;

-- The first row of that journal.
CREATE FUNCTION executions.announce_approval(a executions.approvals) RETURNS void LANGUAGE sql AS $$
  SELECT executions.append_approval_event(a.tenant_id, a.approval_id, 'approval.requested.v1', jsonb_build_object(
    'summary', a.summary, 'shown_hash', a.shown_hash, 'policy_version', a.policy_version, 'roles', to_jsonb(a.roles),
    'quorum', a.policy -> 'quorum', 'requested_by', a.requested_by, 'deadline_at', a.deadline_at))
$$;

-- The open approvals of a thread, for a copy of it: the same questions, on which nobody has decided yet.
CREATE FUNCTION executions.copy_approvals(p_tenant uuid, p_from uuid, p_to uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  a executions.approvals;
BEGIN
  FOR a IN
    INSERT INTO executions.approvals (tenant_id, approval_id, thread_id, run_id, interrupt_id, action, summary, requested_args, requested_hash,
      args, shown_hash, requested_by, policy, policy_version, roles, assignees, escalated, deadline_at, remind_at, decided_by, traceparent)
    SELECT p_tenant, uuidv7(), p_to, x.run_id, x.interrupt_id, x.action, x.summary, x.requested_args, x.requested_hash,
      x.requested_args, x.requested_hash, x.requested_by, x.policy, x.policy_version, x.roles, '{}', x.escalated, x.deadline_at, x.remind_at, '{}',
      x.traceparent
    FROM executions.approvals x WHERE x.tenant_id = p_tenant AND x.thread_id = p_from AND x.status = 'pending'
    RETURNING *
  LOOP
    PERFORM executions.announce_approval(a);
  END LOOP;
END
$$;

-- Closes the open approvals of a thread but those kept, named by interrupt id, or by interrupt id and hash of the question.
-- The caller holds the thread's lock.
CREATE FUNCTION executions.supersede_approvals(p_tenant uuid, p_thread uuid, p_kept text[], p_reason text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_id uuid;
BEGIN
  FOR v_id IN
    UPDATE executions.approvals a SET status = 'superseded', outcome = p_reason, decided_at = now()
    WHERE a.tenant_id = p_tenant AND a.thread_id = p_thread AND a.status = 'pending'
      AND NOT (a.interrupt_id = ANY (p_kept) OR a.interrupt_id || ' ' || a.requested_hash = ANY (p_kept))
    RETURNING a.approval_id
  LOOP
    PERFORM executions.append_approval_event(p_tenant, v_id, 'approval.superseded.v1', jsonb_build_object('reason', p_reason));
  END LOOP;
END
$$;

-- True when the command of a run would answer or step over what a thread waits for.
CREATE FUNCTION executions.has_command(p_kwargs jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(jsonb_typeof(p_kwargs -> 'command') = 'object'
    AND (p_kwargs -> 'command' ? 'resume' OR jsonb_strip_nulls(p_kwargs -> 'command') <> '{}'), false)
$$;

-- True when the state that a run would begin with waits for an approval: also an older one that it names, and a copy's.
CREATE FUNCTION executions.awaits_approval(p_tenant uuid, p_thread uuid, p_kwargs jsonb) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_asked CONSTANT text := coalesce(p_kwargs ->> 'checkpoint_id', p_kwargs #>> '{checkpoint,checkpoint_id}',
    p_kwargs #>> '{config,configurable,checkpoint_id}');
  v_tasks jsonb;
BEGIN
  SELECT c.tasks INTO v_tasks FROM executions.checkpoints c
  WHERE c.tenant_id = p_tenant AND c.thread_id = p_thread AND (v_asked IS NULL OR c.checkpoint_id = v_asked)
  ORDER BY c.position DESC LIMIT 1;
  -- What only looks like the question of an approval has no row, and may be answered by anybody. A node that has finished beside one that
  -- waits still shows what it asked.
  RETURN EXISTS (
    SELECT FROM jsonb_path_query(v_tasks, '$[*] ? (!exists (@.result) || @.result == null).interrupts[*] ? (@.value.kind == "approval")') AS question
    JOIN executions.approvals a ON a.tenant_id = p_tenant AND a.interrupt_id = question ->> 'id');
END
$$;

-- Makes the approvals that a run ends with. One that is asked again as it stands keeps its row, with what was said about it, and so does
-- one that was decided and whose run waits for its turn, or is the one that ends: its node has finished beside one that waits.
-- p_questions: [{interrupt_id, action, summary, args, hash, policy, policy_version, roles, deadline_ms, remind_every_ms, quorum}]
CREATE FUNCTION executions.put_approvals(p_tenant uuid, r executions.runs, p_questions jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_error CONSTANT jsonb := '{"code": "APPROVAL_REQUIRED", "message": "The thread waits for an approval.", "kind": "policy"}';
  v_kept text[];
  a executions.approvals;
BEGIN
  SELECT array_agg(q ->> 'interrupt_id' || ' ' || (q ->> 'hash')) INTO v_kept FROM jsonb_array_elements(p_questions) AS q;
  PERFORM executions.supersede_approvals(p_tenant, r.thread_id, v_kept, 'the thread asked something else');

  FOR a IN
    INSERT INTO executions.approvals (tenant_id, approval_id, thread_id, run_id, interrupt_id, action, summary, requested_args, requested_hash,
      args, shown_hash, requested_by, policy, policy_version, roles, assignees, deadline_at, remind_at, delete_thread, decided_by, traceparent)
    SELECT p_tenant, uuidv7(), r.thread_id, r.run_id, q ->> 'interrupt_id', q ->> 'action', q ->> 'summary', q -> 'args', q ->> 'hash',
      q -> 'args', q ->> 'hash', r.kwargs #>> '{config,configurable,langgraph_auth_user_id}', q -> 'policy', q ->> 'policy_version',
      ARRAY(SELECT jsonb_array_elements_text(q -> 'roles')), '{}',
      now() + make_interval(secs => (q ->> 'deadline_ms')::double precision / 1000),
      now() + make_interval(secs => (q ->> 'remind_every_ms')::double precision / 1000), r.delete_thread, '{}', r.traceparent
    FROM jsonb_array_elements(p_questions) WITH ORDINALITY AS asked (q, place)
    WHERE NOT EXISTS (
      SELECT FROM executions.approvals x LEFT JOIN executions.runs resumed ON resumed.tenant_id = p_tenant AND resumed.run_id = x.resume_run_id
      WHERE x.tenant_id = p_tenant AND x.thread_id = r.thread_id AND x.interrupt_id = q ->> 'interrupt_id' AND x.requested_hash = q ->> 'hash'
        AND (x.status = 'pending' OR resumed.status = 'pending' OR x.resume_run_id = r.run_id))
    ORDER BY place
    RETURNING *
  LOOP
    PERFORM executions.announce_approval(a);
  END LOOP;

  -- The thread of a stateless run must outlast its question; the run that resumes it takes it along.
  UPDATE executions.runs x SET delete_thread = false WHERE x.tenant_id = p_tenant AND x.run_id = r.run_id AND x.delete_thread;

  -- Commands that were queued before the thread began to wait would answer unasked.
  WITH refused AS (
    UPDATE executions.runs x SET status = 'error', error = v_error, last_seq = x.last_seq + 1, ended_at = now(), updated_at = now()
    WHERE x.tenant_id = p_tenant AND x.thread_id = r.thread_id AND x.status = 'pending' AND executions.has_command(x.kwargs)
      AND NOT EXISTS (SELECT FROM executions.approvals d WHERE d.tenant_id = p_tenant AND d.thread_id = r.thread_id AND d.resume_run_id = x.run_id)
    RETURNING x.*
  )
  INSERT INTO executions.run_events (tenant_id, run_id, seq, thread_id, type, traceparent, data)
  SELECT p_tenant, f.run_id, f.last_seq, f.thread_id, 'run.failed.v1', f.traceparent, jsonb_build_object('error', v_error) FROM refused f;
END
$$;

-- As before, and open approvals that the thread does not ask any more are superseded.
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
END
$$;

-- As before, and no command where the thread waits for an approval, unless it is the decision on it.
-- p_request: also approval_id, of the decision that makes the run, or null.
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
    IF p_request ->> 'approval_id' IS NULL AND executions.has_command(p_kwargs) AND executions.awaits_approval(t, v_thread_id, p_kwargs) THEN
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

-- As before, and with the approvals that the run ends with. p_end: also approvals, the questions of put_approvals. An older worker passes none.
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
    PERFORM executions.settle_thread(t, p_thread, p_end ->> 'thread_status', nullif(p_end -> 'interrupts', 'null'), nullif(p_end -> 'error', 'null'));
  END IF;

  kind := 'committed';
  seq := r.last_seq;
  run_status := r.status;
  RETURN NEXT;
END
$$;

-- Across tenants, as claim_due_deliveries: approvals whose deadline or reminder has come. A claimed one is not given out again before
-- p_lease has passed; two gateways never get the same one.
CREATE POLICY find_due ON executions.approvals FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY claim_due ON executions.approvals FOR UPDATE TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE FUNCTION executions.claim_due_approvals(p_limit int, p_lease interval)
RETURNS TABLE (tenant_id uuid, approval_id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH due AS (
    SELECT a.tenant_id, a.approval_id FROM executions.approvals a
    WHERE a.status = 'pending' AND least(a.deadline_at, a.remind_at) <= now() AND (a.leased_until IS NULL OR a.leased_until <= now())
    ORDER BY least(a.deadline_at, a.remind_at) LIMIT p_limit
    FOR UPDATE SKIP LOCKED
  )
  UPDATE executions.approvals a SET leased_until = now() + p_lease
  FROM due WHERE a.tenant_id = due.tenant_id AND a.approval_id = due.approval_id
  RETURNING a.tenant_id, a.approval_id
$$;

REVOKE EXECUTE ON FUNCTION executions.append_approval_event(uuid, uuid, text, jsonb), executions.announce_approval(executions.approvals),
  executions.copy_approvals(uuid, uuid, uuid), executions.supersede_approvals(uuid, uuid, text[], text),
  executions.has_command(jsonb), executions.awaits_approval(uuid, uuid, jsonb), executions.put_approvals(uuid, executions.runs, jsonb),
  executions.claim_due_approvals(int, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION executions.append_approval_event(uuid, uuid, text, jsonb), executions.announce_approval(executions.approvals),
  executions.supersede_approvals(uuid, uuid, text[], text), executions.has_command(jsonb), executions.put_approvals(uuid, executions.runs, jsonb)
  TO holdfast_gateway, holdfast_worker;
GRANT EXECUTE ON FUNCTION executions.copy_approvals(uuid, uuid, uuid), executions.awaits_approval(uuid, uuid, jsonb),
  executions.claim_due_approvals(int, interval) TO holdfast_gateway;
