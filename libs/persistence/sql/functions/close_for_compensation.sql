-- Closes what a thread still asks people beside the run that begins to take back what was done, and cancels the runs of decisions that have not begun: they
-- would find nothing to answer. The caller holds the thread's lock, in the transaction that tells of the beginning.
CREATE OR REPLACE FUNCTION executions.close_for_compensation(p_tenant text, r executions.runs, p_traceparent text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  t CONSTANT uuid := p_tenant::uuid;
  v_decided uuid;
BEGIN
  PERFORM executions.supersede_approvals(t, r.thread_id, '{}', 'the run takes back what it did');
  FOR v_decided IN
    SELECT x.run_id FROM executions.runs x
    WHERE x.tenant_id = t AND x.thread_id = r.thread_id AND x.status = 'pending'
      AND EXISTS (SELECT FROM executions.approvals a WHERE a.tenant_id = t AND a.thread_id = r.thread_id AND a.resume_run_id = x.run_id)
    ORDER BY x.position
  LOOP
    PERFORM executions.cancel_pending(p_tenant, r.thread_id, v_decided, format('run %s takes back what was done', r.run_id), false, p_traceparent);
  END LOOP;
END
$$;
