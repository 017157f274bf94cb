-- A stored outcome as callers get it.
CREATE OR REPLACE FUNCTION tools.outcome_of(p_call tools.tool_calls) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object('status', p_call.status, 'code', p_call.code, 'server', p_call.server, 'tool', p_call.tool, 'effect', p_call.effect,
    'duration_ms', p_call.duration_ms, 'bytes', p_call.bytes, 'truncated', p_call.truncated, 'arguments_sha256', p_call.arguments_sha256,
    'repeated', p_call.lost_claims > 0, 'result', p_call.result)
$$;
