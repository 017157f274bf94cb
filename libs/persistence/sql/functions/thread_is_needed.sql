-- True while something would miss the thread: a run, a wait, a question to people.
CREATE OR REPLACE FUNCTION executions.thread_is_needed(th executions.threads) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT th.status = 'busy'
    OR EXISTS (SELECT FROM executions.runs r WHERE r.tenant_id = th.tenant_id AND r.thread_id = th.thread_id AND r.status IN ('pending', 'running'))
    OR EXISTS (SELECT FROM executions.waits w WHERE w.tenant_id = th.tenant_id AND w.thread_id = th.thread_id AND w.status = 'pending')
    OR EXISTS (SELECT FROM executions.approvals a WHERE a.tenant_id = th.tenant_id AND a.thread_id = th.thread_id AND a.status = 'pending')
$$;
