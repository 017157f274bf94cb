-- Makes the approvals that a run ends with. One that is asked again as it stands keeps its row, with what was said about it, and so does
-- one that was decided and whose run waits for its turn, or is the one that ends: its node has finished beside one that waits.
-- p_questions: [{interrupt_id, action, summary, args, hash, policy, policy_version, roles, deadline_ms, remind_every_ms, quorum}]
CREATE OR REPLACE FUNCTION executions.put_approvals(p_tenant uuid, r executions.runs, p_questions jsonb) RETURNS void LANGUAGE plpgsql AS $$
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
