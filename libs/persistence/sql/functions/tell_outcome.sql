-- Tells in the journal how a call ended whose outcome nobody knew: the router that was taken for dead has ended it after all. Each attempt once; nothing of
-- a run that is gone. With the owner's rights: a router writes nothing else in that schema.
CREATE OR REPLACE FUNCTION tools.tell_outcome(p_call tools.tool_calls, p_attempt text, p_status text, p_code text, p_duration_ms double precision)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_id CONSTANT uuid := executions.outcomes_of(p_call.run_id);
  r executions.runs;
BEGIN
  -- Who tells of the same run waits here for its number.
  SELECT * INTO r FROM executions.runs x WHERE x.tenant_id = p_call.tenant_id AND x.run_id = p_call.run_id FOR NO KEY UPDATE;
  IF NOT FOUND OR EXISTS (
    SELECT FROM executions.run_events e WHERE e.tenant_id = r.tenant_id AND e.run_id = v_id AND e.data ->> 'attempt' = p_attempt) THEN
    RETURN;
  END IF;
  INSERT INTO executions.run_events (tenant_id, run_id, seq, thread_id, type, traceparent, data)
  SELECT r.tenant_id, v_id, coalesce(max(e.seq), 0) + 1, r.thread_id, 'tool.outcome-revealed.v1', r.traceparent, jsonb_strip_nulls(jsonb_build_object(
    'run_id', p_call.run_id, 'call_id', p_call.call_id, 'server', p_call.server, 'tool', p_call.tool, 'effect', p_call.effect, 'status', p_status,
    'code', p_code, 'duration_ms', p_duration_ms, 'arguments_sha256', p_call.arguments_sha256, 'attempt', p_attempt))
  FROM executions.run_events e WHERE e.tenant_id = r.tenant_id AND e.run_id = v_id;
END
$$;
