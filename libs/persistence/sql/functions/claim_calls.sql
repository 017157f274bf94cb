-- Claims calls for a router, or tells what stands there instead: one reply per claim, named by its number.
-- p_claims: claim_no, run_id, call_id, server, tool, effect, arguments_sha256. A router numbers its claims upwards, and claims a call only
-- while none of its own claims of that call is under way.
-- p_unknown: result of a call that a dead router left and that must not be repeated.
CREATE OR REPLACE FUNCTION tools.claim_calls(p_tenant text, p_router uuid, p_claims jsonb, p_unknown text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  t CONSTANT uuid := p_tenant::uuid;
  c record;
  v_row tools.tool_calls;
  v_left interval;
  v_orphaned boolean;
  v_reply jsonb;
  v_replies jsonb[] := '{}';
BEGIN
  -- Its claims would be anybody's at once.
  IF tools.lease_left(p_router) IS NULL THEN
    RETURN (SELECT jsonb_agg(jsonb_build_object('claim_no', x.claim_no, 'kind', 'lapsed')) FROM jsonb_to_recordset(p_claims) AS x (claim_no bigint));
  END IF;
  FOR c IN
    SELECT * FROM jsonb_to_recordset(p_claims)
      AS x (claim_no bigint, run_id uuid, call_id text, server text, tool text, effect text, arguments_sha256 text)
    ORDER BY x.run_id, x.call_id
  LOOP
    INSERT INTO tools.tool_calls (tenant_id, run_id, call_id, server, tool, effect, arguments_sha256, status, router_id, claim_no, fence)
    VALUES (t, c.run_id, c.call_id, c.server, c.tool, c.effect, c.arguments_sha256, 'claimed', p_router, c.claim_no, 1)
    ON CONFLICT (tenant_id, run_id, call_id) DO NOTHING;
    IF FOUND THEN
      v_replies := array_append(v_replies, jsonb_build_object('claim_no', c.claim_no, 'kind', 'claimed', 'fence', 1, 'repeated', false));
      CONTINUE;
    END IF;

    SELECT * INTO STRICT v_row FROM tools.tool_calls tc
    WHERE tc.tenant_id = t AND tc.run_id = c.run_id AND tc.call_id = c.call_id FOR UPDATE;
    v_left := CASE WHEN v_row.status = 'claimed' AND v_row.router_id <> p_router THEN tools.lease_left(v_row.router_id) END;
    v_orphaned := v_row.status = 'claimed' AND v_row.router_id <> p_router AND v_left IS NULL;

    -- A refusal binds the arguments only: the name may have become a tool's since.
    IF v_row.arguments_sha256 <> c.arguments_sha256 OR (v_row.status <> 'refused' AND (v_row.server, v_row.tool) IS DISTINCT FROM (c.server, c.tool)) THEN
      v_reply := jsonb_build_object('kind', 'conflict', 'server', v_row.server, 'tool', v_row.tool);
    ELSIF v_row.status IN ('ok', 'error') THEN
      v_reply := jsonb_build_object('kind', 'finished', 'stored', tools.outcome_of(v_row));
    ELSIF v_left IS NOT NULL THEN
      v_reply := jsonb_build_object('kind', 'in-flight', 'retry_after_ms', ceil(extract(epoch FROM v_left) * 1000));
    ELSIF v_row.router_id = p_router AND v_row.claim_no >= c.claim_no THEN
      -- This statement comes late: its router has given the claim up, and nobody waits for it.
      v_reply := jsonb_build_object('kind', 'in-flight', 'retry_after_ms', 0);
    -- MAINTENANCE: the classes that mayBeRepeated of apps/tool-router names. By the class that the call was made with.
    ELSIF v_orphaned AND v_row.effect NOT IN ('read', 'idempotent') THEN
      UPDATE tools.tool_calls tc
      SET status = 'error', code = 'TOOL_OUTCOME_UNKNOWN', result = p_unknown, router_id = p_router, claim_no = c.claim_no, fence = tc.fence + 1,
          finished_at = clock_timestamp()
      WHERE tc.tenant_id = t AND tc.run_id = c.run_id AND tc.call_id = c.call_id
      RETURNING tc.* INTO v_row;
      v_reply := jsonb_build_object('kind', 'unknown', 'stored', tools.outcome_of(v_row));
    ELSE
      -- Open, refused, a dead router's that may be made again, or a claim of this router whose answer never reached it: it called nothing.
      UPDATE tools.tool_calls tc
      SET status = 'claimed', code = NULL, server = c.server, tool = c.tool, effect = c.effect, router_id = p_router, claim_no = c.claim_no,
          fence = tc.fence + 1, lost_claims = tc.lost_claims + v_orphaned::int
      WHERE tc.tenant_id = t AND tc.run_id = c.run_id AND tc.call_id = c.call_id
      RETURNING tc.* INTO v_row;
      v_reply := jsonb_build_object('kind', 'claimed', 'fence', v_row.fence, 'repeated', v_row.lost_claims > 0);
    END IF;
    v_replies := array_append(v_replies, v_reply || jsonb_build_object('claim_no', c.claim_no));
  END LOOP;
  RETURN to_jsonb(v_replies);
END
$$;
