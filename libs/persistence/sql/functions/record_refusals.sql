-- Refusals of calls that were never claimed, each call at most once. They bind nothing, and leave alone what was called or is being called.
CREATE OR REPLACE FUNCTION tools.record_refusals(p_tenant text, p_refusals jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO tools.tool_calls (tenant_id, run_id, call_id, server, tool, effect, arguments_sha256, status, code, duration_ms)
  SELECT p_tenant::uuid, x.run_id, x.call_id, x.server, x.tool, x.effect, x.arguments_sha256, 'refused', x.code, x.duration_ms
  FROM jsonb_to_recordset(p_refusals)
    AS x (run_id uuid, call_id text, server text, tool text, effect text, arguments_sha256 text, code text, duration_ms double precision)
  ORDER BY x.run_id, x.call_id
  ON CONFLICT (tenant_id, run_id, call_id) DO UPDATE
  SET server = excluded.server, tool = excluded.tool, effect = excluded.effect, status = excluded.status, code = excluded.code,
      duration_ms = excluded.duration_ms
  WHERE tool_calls.status IN ('open', 'refused') AND tool_calls.arguments_sha256 = excluded.arguments_sha256;
END
$$;
