-- The end of an attempt: its reply, or (p_reply null) that it ended without one, so that the next one repeats nothing unknown. An attempt
-- that another one has overtaken changes nothing: it is told what stands there.
CREATE OR REPLACE FUNCTION executions.finish_model_call(p_tenant text, p_origin uuid, p_call text, p_fence int, p_reply text)
RETURNS TABLE (state text, reply text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  t CONSTANT uuid := p_tenant::uuid;
BEGIN
  UPDATE executions.model_calls x
  SET state = CASE WHEN p_reply IS NULL THEN 'released' ELSE 'finished' END, reply = p_reply, finished_at = now()
  WHERE x.tenant_id = t AND x.origin_run_id = p_origin AND x.call_id = p_call AND x.fence = p_fence AND x.state = 'claimed';
  IF FOUND THEN
    RETURN QUERY SELECT CASE WHEN p_reply IS NULL THEN 'released' ELSE 'finished' END, p_reply;
    RETURN;
  END IF;
  RETURN QUERY SELECT x.state, x.reply FROM executions.model_calls x WHERE x.tenant_id = t AND x.origin_run_id = p_origin AND x.call_id = p_call;
END
$$;
