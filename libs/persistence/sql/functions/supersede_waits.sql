-- Closes the waits of a thread but those kept, named by interrupt id, or by interrupt id and hash of the question.
-- The caller holds the thread's lock.
CREATE OR REPLACE FUNCTION executions.supersede_waits(p_tenant uuid, p_thread uuid, p_kept text[], p_reason text) RETURNS void LANGUAGE sql AS $$
  WITH gone AS (
    SELECT w.wait_id FROM executions.waits w
    WHERE w.tenant_id = p_tenant AND w.thread_id = p_thread AND w.status = 'pending'
      AND NOT (w.interrupt_id = ANY (p_kept) OR w.interrupt_id || ' ' || w.question_hash = ANY (p_kept))
    ORDER BY w.wait_id FOR NO KEY UPDATE
  )
  UPDATE executions.waits w SET status = 'superseded', outcome = p_reason, ended_at = now()
  FROM gone g WHERE w.tenant_id = p_tenant AND w.wait_id = g.wait_id
$$;
