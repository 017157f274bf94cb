-- An event as a node gets it.
CREATE OR REPLACE FUNCTION executions.event_of(e executions.posted_events) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', e.event_id, 'type', e.type, 'key', e.key, 'payload', e.payload,
    'posted_at', to_char(e.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
$$;
