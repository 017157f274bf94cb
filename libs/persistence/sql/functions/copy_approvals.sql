-- The open approvals of a thread, for a copy of it: the same questions, on which nobody has decided yet.
CREATE OR REPLACE FUNCTION executions.copy_approvals(p_tenant uuid, p_from uuid, p_to uuid) RETURNS void LANGUAGE plpgsql AS $$
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
