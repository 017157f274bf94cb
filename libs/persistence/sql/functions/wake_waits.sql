-- Wakes at most p_limit of the waits that an event matches and that were there when it was posted. True when there may be more. The caller holds the
-- event's row, or has just made it.
CREATE OR REPLACE FUNCTION executions.wake_waits(p_tenant uuid, p_event_id text, p_limit int) RETURNS boolean LANGUAGE plpgsql AS $$
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
