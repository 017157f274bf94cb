-- What a thread waits for, for a copy of it, under the locks of the events: one that is posted meanwhile would wake the wait, but not its copy. And the
-- blobs that the thread uses: a build before this one calls no other function for them.
CREATE OR REPLACE FUNCTION executions.copy_waits(p_tenant uuid, p_from uuid, p_to uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_lock bigint;
  v_used text[];
BEGIN
  FOR v_lock IN
    SELECT DISTINCT executions.event_lock(p_tenant, w.event_type) AS l FROM executions.waits w
    WHERE w.tenant_id = p_tenant AND w.thread_id = p_from AND w.status = 'pending' AND w.event_type IS NOT NULL ORDER BY l
  LOOP
    PERFORM pg_advisory_xact_lock_shared(v_lock);
  END LOOP;
  INSERT INTO executions.waits (tenant_id, wait_id, thread_id, run_id, interrupt_id, question_hash, event_type, event_key, wake_at, event_id, event,
    traceparent)
  SELECT p_tenant, uuidv7(), p_to, w.run_id, w.interrupt_id, w.question_hash, w.event_type, w.event_key, w.wake_at, w.event_id, w.event, w.traceparent
  FROM executions.waits w WHERE w.tenant_id = p_tenant AND w.thread_id = p_from AND w.status = 'pending';
  -- Those of histories are the source's alone.
  v_used := ARRAY(SELECT u.hash FROM executions.blob_uses u
                  WHERE u.tenant_id = p_tenant AND u.owner_id = p_from AND u.kept_until IS NULL ORDER BY u.hash);
  IF cardinality(v_used) > 0 THEN
    PERFORM executions.use_blobs(p_tenant, p_to, NULL, v_used);
  END IF;
END
$$;
