-- Makes the waits that a run ends with. One that is asked again as it stands keeps its row and its time, and so does one that is over and
-- whose run is the one that ends: its node has finished beside one that waits. An event that came shortly before is taken, unless the
-- thread had it already.
-- p_questions: [{interrupt_id, hash, seconds, date, event_type, event_key, lookback_seconds}]
CREATE OR REPLACE FUNCTION executions.put_waits(p_tenant uuid, r executions.runs, p_questions jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_lock bigint;
BEGIN
  FOR v_lock IN
    SELECT DISTINCT executions.event_lock(p_tenant, q ->> 'event_type') AS l FROM jsonb_array_elements(p_questions) AS q
    WHERE q ->> 'event_type' IS NOT NULL ORDER BY l
  LOOP
    PERFORM pg_advisory_xact_lock_shared(v_lock);
  END LOOP;

  PERFORM executions.supersede_waits(p_tenant, r.thread_id,
    ARRAY(SELECT q ->> 'interrupt_id' || ' ' || (q ->> 'hash') FROM jsonb_array_elements(p_questions) AS q), 'the thread waits for something else');

  INSERT INTO executions.waits (tenant_id, wait_id, thread_id, run_id, interrupt_id, question_hash, event_type, event_key, wake_at, event_id, event,
    delete_thread, traceparent)
  SELECT p_tenant, uuidv7(), r.thread_id, r.run_id, q ->> 'interrupt_id', q ->> 'hash', q ->> 'event_type', q ->> 'event_key',
    coalesce(e.created_at, (q ->> 'date')::timestamptz, now() + make_interval(secs => (q ->> 'seconds')::double precision)),
    e.event_id, e.event, r.delete_thread, r.traceparent
  FROM jsonb_array_elements(p_questions) WITH ORDINALITY AS asked (q, place)
  LEFT JOIN LATERAL (
    SELECT x.created_at, x.event_id, executions.event_of(x) AS event FROM executions.posted_events x
    WHERE x.tenant_id = p_tenant AND x.type = q ->> 'event_type' AND (q ->> 'event_key' IS NULL OR x.key = q ->> 'event_key')
      AND x.created_at >= now() - make_interval(secs => (q ->> 'lookback_seconds')::double precision) AND x.expires_at > now()
      AND NOT EXISTS (SELECT FROM executions.waits had WHERE had.tenant_id = p_tenant AND had.thread_id = r.thread_id AND had.event_id = x.event_id)
    ORDER BY x.created_at, x.event_id LIMIT 1
  ) AS e ON true
  WHERE NOT EXISTS (
    SELECT FROM executions.waits w
    WHERE w.tenant_id = p_tenant AND w.thread_id = r.thread_id AND w.interrupt_id = q ->> 'interrupt_id' AND w.question_hash = q ->> 'hash'
      AND (w.status = 'pending' OR w.resume_run_id = r.run_id))
  ORDER BY place;

  -- The thread of a stateless run must outlast its wait; the run that goes on takes it along.
  UPDATE executions.runs x SET delete_thread = false WHERE x.tenant_id = p_tenant AND x.run_id = r.run_id AND x.delete_thread;
END
$$;
