-- Posts an event and wakes the waits that match; of many only the first are woken here: `waking` tells that wake_waits has to go on. An id that is known is
-- answered with what is there.
-- p_event: {id, type, key, payload, hash, posted_by, kept_seconds}
CREATE OR REPLACE FUNCTION executions.post_event(p_tenant uuid, p_event jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  first_batch CONSTANT int := 500;
  e executions.posted_events;
BEGIN
  PERFORM pg_advisory_xact_lock(executions.event_lock(p_tenant, p_event ->> 'type'));

  INSERT INTO executions.posted_events (tenant_id, event_id, type, key, payload, request_hash, posted_by, created_at, expires_at, waking)
  VALUES (p_tenant, p_event ->> 'id', p_event ->> 'type', p_event ->> 'key', p_event -> 'payload',
    p_event ->> 'hash', p_event ->> 'posted_by', clock_timestamp(),
    clock_timestamp() + make_interval(secs => (p_event ->> 'kept_seconds')::double precision), true)
  ON CONFLICT (tenant_id, event_id) DO NOTHING
  RETURNING * INTO e;
  IF NOT FOUND THEN
    SELECT * INTO STRICT e FROM executions.posted_events x WHERE x.tenant_id = p_tenant AND x.event_id = p_event ->> 'id';
    RETURN jsonb_build_object('kind', CASE WHEN e.request_hash = p_event ->> 'hash' THEN 'known' ELSE 'mismatch' END, 'event', to_jsonb(e));
  END IF;

  PERFORM executions.wake_waits(p_tenant, e.event_id, first_batch);
  SELECT * INTO STRICT e FROM executions.posted_events x WHERE x.tenant_id = p_tenant AND x.event_id = e.event_id;
  RETURN jsonb_build_object('kind', 'posted', 'event', to_jsonb(e));
END
$$;
