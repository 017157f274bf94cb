-- An event that many waits match wakes them in batches, so that no statement takes long.
-- AlterTable
ALTER TABLE "executions"."posted_events" ADD COLUMN "waking" BOOLEAN NOT NULL DEFAULT false;

-- From here on by hand.
CREATE INDEX "posted_events_waking" ON "executions"."posted_events" ("created_at") WHERE "waking";

-- Wakes at most p_limit of the waits that an event matches and that were there when it was posted. True when there may be more. The caller holds the
-- event's row, or has just made it.
CREATE FUNCTION executions.wake_waits(p_tenant uuid, p_event_id text, p_limit int) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  e executions.posted_events;
  n int;
BEGIN
  SELECT * INTO e FROM executions.posted_events x WHERE x.tenant_id = p_tenant AND x.event_id = p_event_id AND x.waking FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  WITH matching AS (
    SELECT w.wait_id FROM executions.waits w
    WHERE w.tenant_id = p_tenant AND w.status = 'pending' AND w.event_type = e.type AND (w.event_key IS NULL OR w.event_key = e.key)
      AND w.event_id IS NULL AND (w.wake_at IS NULL OR w.wake_at > e.created_at)
      -- One that began later looks back as far as it was told to.
      AND w.created_at <= e.created_at
    ORDER BY w.wait_id LIMIT p_limit FOR NO KEY UPDATE
  )
  UPDATE executions.waits w SET event_id = e.event_id, event = executions.event_of(e), wake_at = e.created_at, leased_until = NULL
  FROM matching m WHERE w.tenant_id = p_tenant AND w.wait_id = m.wait_id;
  GET DIAGNOSTICS n = ROW_COUNT;
  UPDATE executions.posted_events x SET woken = x.woken + n, waking = n = p_limit WHERE x.tenant_id = p_tenant AND x.event_id = p_event_id;
  RETURN n = p_limit;
END
$$;

-- As before, and of many waits only the first are woken here: `waking` tells that wake_waits has to go on.
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

-- Across tenants: goes on with one event whose poster did not, a gateway that died say. True when it found one.
CREATE POLICY wake_rest ON executions.posted_events FOR UPDATE TO CURRENT_USER USING (waking) WITH CHECK (true);

CREATE FUNCTION executions.wake_rest(p_limit int, p_after interval) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  e record;
BEGIN
  SELECT x.tenant_id, x.event_id INTO e FROM executions.posted_events x WHERE x.waking AND x.created_at < now() - p_after
  ORDER BY x.created_at LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM set_config('app.tenant_id', e.tenant_id::text, true);
  PERFORM executions.wake_waits(e.tenant_id, e.event_id, p_limit);
  PERFORM set_config('app.tenant_id', '', true);
  RETURN true;
END
$$;

REVOKE EXECUTE ON FUNCTION executions.wake_waits(uuid, text, int), executions.wake_rest(int, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION executions.wake_waits(uuid, text, int), executions.wake_rest(int, interval) TO holdfast_gateway;
