-- Brings a thread's row in line with its newest checkpoint and its runs, and supersedes open approvals and waits that the thread does not ask any more. The
-- caller holds the thread's lock. p_status: the status when no run is active; null derives it from the checkpoint.
-- A wait that is over is opened again when the run that it made was cancelled and its question still stands: otherwise the thread would wait for nothing. It
-- comes back a minute later, or with its event. The wait of a stateless run ends with that run.
CREATE OR REPLACE FUNCTION executions.settle_thread(p_tenant uuid, p_thread uuid, p_status text, p_interrupts jsonb, p_error jsonb)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  -- Somebody cancelled the run: it does not come back in the same moment.
  again_after CONSTANT interval := '1 minute';
  v_newest record;
  v_interrupts jsonb;
  v_asked text[];
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

  -- What the thread still asks: a task that was answered and has finished keeps its question while one beside it waits.
  IF p_error IS NULL AND v_interrupts <> '{}' THEN
    v_asked := ARRAY(SELECT i ->> 'id' FROM jsonb_array_elements(v_newest.tasks) AS task, jsonb_array_elements(coalesce(nullif(task -> 'interrupts', 'null'), '[]')) AS i
                     WHERE coalesce(task -> 'result', 'null') = 'null');
    UPDATE executions.waits w
    SET status = 'pending', outcome = NULL, resume_run_id = NULL, ended_at = NULL, leased_until = NULL, wake_at = now() + again_after
    WHERE w.tenant_id = p_tenant AND w.thread_id = p_thread AND w.status = 'over' AND w.interrupt_id = ANY (v_asked) AND NOT w.delete_thread
      AND NOT EXISTS (SELECT FROM executions.waits o WHERE o.tenant_id = p_tenant AND o.thread_id = p_thread AND o.interrupt_id = w.interrupt_id
                      AND (o.status = 'pending' OR o.wait_id > w.wait_id))
      -- Its run was cancelled, or is gone with a rollback.
      AND NOT EXISTS (SELECT FROM executions.runs r WHERE r.tenant_id = p_tenant AND r.run_id = w.resume_run_id AND NOT (
            r.status = 'interrupted' AND EXISTS (SELECT FROM executions.run_events e WHERE e.tenant_id = p_tenant AND e.run_id = r.run_id
                                                 AND e.seq = r.last_seq AND e.type = 'run.cancelled.v1')));
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
