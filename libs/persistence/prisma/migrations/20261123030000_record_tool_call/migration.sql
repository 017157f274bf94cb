-- The record of a tool call stands in the way of its answer: one function call is one transaction and one round trip, with the tenant set
-- by its first argument and the caller's rights inside, like the functions of runs (20261123000100_functions). By hand.
CREATE FUNCTION tools.record_tool_calls(p_tenant text, p_calls jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO tools.tool_calls (tenant_id, run_id, call_id, server, tool, effect, status, code, duration_ms, bytes, arguments_sha256)
  SELECT p_tenant::uuid, c.run_id, c.call_id, c.server, c.tool, c.effect, c.status, c.code, c.duration_ms, c.bytes, c.arguments_sha256
  FROM jsonb_to_recordset(p_calls) AS c (run_id uuid, call_id text, server text, tool text, effect text, status text, code text,
    duration_ms double precision, bytes int, arguments_sha256 text)
  ON CONFLICT (tenant_id, run_id, call_id) DO UPDATE
  SET server = excluded.server, tool = excluded.tool, effect = excluded.effect, status = excluded.status, code = excluded.code,
      duration_ms = excluded.duration_ms, bytes = excluded.bytes, arguments_sha256 = excluded.arguments_sha256;
END
$$;
REVOKE EXECUTE ON FUNCTION tools.record_tool_calls(text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tools.record_tool_calls(text, jsonb) TO holdfast_tools;
