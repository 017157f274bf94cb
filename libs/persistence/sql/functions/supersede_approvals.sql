-- Closes the open approvals of a thread but those kept, named by interrupt id, or by interrupt id and hash of the question.
-- The caller holds the thread's lock.
CREATE OR REPLACE FUNCTION executions.supersede_approvals(p_tenant uuid, p_thread uuid, p_kept text[], p_reason text)
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
