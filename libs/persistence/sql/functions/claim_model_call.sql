-- The row of a call before it is made. `finished`: it is there already, with its reply. `claimed`: make it, and finish it with this fence;
-- `repeated` tells that another attempt was under way, whose outcome nobody knows. A model call has no effect but its price, so another
-- request under the same name (a prompt with the time in it, built a second time) is made like a new one: `changed`.
CREATE OR REPLACE FUNCTION executions.claim_model_call(p_tenant text, p_origin uuid, p_call text, p_run uuid, p_request text, p_owner text)
RETURNS TABLE (state text, fence int, repeated boolean, changed boolean, reply text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  t CONSTANT uuid := p_tenant::uuid;
  c executions.model_calls;
BEGIN
  INSERT INTO executions.model_calls (tenant_id, origin_run_id, call_id, run_id, request_sha256, state, fence, owner)
  VALUES (t, p_origin, p_call, p_run, p_request, 'claimed', 1, p_owner)
  ON CONFLICT (tenant_id, origin_run_id, call_id) DO NOTHING;
  IF FOUND THEN
    RETURN QUERY SELECT 'claimed', 1, false, false, NULL::text;
    RETURN;
  END IF;
  SELECT * INTO STRICT c FROM executions.model_calls x WHERE x.tenant_id = t AND x.origin_run_id = p_origin AND x.call_id = p_call FOR UPDATE;
  IF c.state = 'finished' AND c.request_sha256 = p_request THEN
    RETURN QUERY SELECT c.state, c.fence, false, false, c.reply;
    RETURN;
  END IF;
  UPDATE executions.model_calls x
  SET state = 'claimed', fence = c.fence + 1, owner = p_owner, run_id = p_run, request_sha256 = p_request, reply = NULL, claimed_at = now(), finished_at = NULL
  WHERE x.tenant_id = t AND x.origin_run_id = p_origin AND x.call_id = p_call;
  RETURN QUERY SELECT 'claimed', c.fence + 1, c.state = 'claimed', c.request_sha256 <> p_request, NULL::text;
END
$$;
