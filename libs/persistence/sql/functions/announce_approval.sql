-- The first row of that journal.
CREATE OR REPLACE FUNCTION executions.announce_approval(a executions.approvals) RETURNS void LANGUAGE sql AS $$
  SELECT executions.append_approval_event(a.tenant_id, a.approval_id, 'approval.requested.v1', jsonb_build_object(
    'summary', a.summary, 'shown_hash', a.shown_hash, 'policy_version', a.policy_version, 'roles', to_jsonb(a.roles),
    'quorum', a.policy -> 'quorum', 'requested_by', a.requested_by, 'deadline_at', a.deadline_at))
$$;
