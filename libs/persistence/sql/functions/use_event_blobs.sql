-- A wait that takes an event uses the event's texts from then on: the event itself is kept for a day.
CREATE OR REPLACE FUNCTION executions.use_event_blobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM executions.use_blobs(NEW.tenant_id, NEW.thread_id, NULL,
    ARRAY(SELECT DISTINCT m.hit[1] FROM regexp_matches(NEW.event::text, '"(sha256:[0-9a-f]{64})"', 'g') AS m (hit) ORDER BY 1));
  RETURN NULL;
END
$$;
