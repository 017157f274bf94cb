-- Ends claims of a router: one reply per end, named by the claim's number. 'fenced' when the claim has passed to somebody else, with the
-- outcome when there is one; what nobody knew by then is told in the journal. An end that was stored before is 'ended' again.
-- p_ends: claim_no, run_id, call_id, status (ok, error, refused, open), code, duration_ms, bytes, truncated, result, and lost: the tool may
-- have been called, and may be called again.
CREATE OR REPLACE FUNCTION tools.end_claims(p_tenant text, p_router uuid, p_ends jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  t CONSTANT uuid := p_tenant::uuid;
  e record;
  v_row tools.tool_calls;
  v_reply jsonb;
  v_replies jsonb[] := '{}';
BEGIN
  FOR e IN
    SELECT * FROM jsonb_to_recordset(p_ends)
      AS x (claim_no bigint, run_id uuid, call_id text, status text, code text, duration_ms double precision, bytes int, truncated boolean,
            result text, lost boolean)
    ORDER BY x.run_id, x.call_id
  LOOP
    UPDATE tools.tool_calls tc
    SET status = e.status, code = e.code, duration_ms = e.duration_ms, bytes = e.bytes, truncated = e.truncated, result = e.result,
        lost_claims = tc.lost_claims + e.lost::int, finished_at = CASE WHEN e.status IN ('ok', 'error') THEN clock_timestamp() END
    WHERE tc.tenant_id = t AND tc.run_id = e.run_id AND tc.call_id = e.call_id
      AND tc.status = 'claimed' AND tc.router_id = p_router AND tc.claim_no = e.claim_no;
    v_reply := jsonb_build_object('claim_no', e.claim_no, 'kind', 'ended');
    IF NOT FOUND THEN
      SELECT * INTO v_row FROM tools.tool_calls tc WHERE tc.tenant_id = t AND tc.run_id = e.run_id AND tc.call_id = e.call_id;
      -- No row: the claim was never stored.
      IF FOUND AND (v_row.router_id, v_row.claim_no) IS DISTINCT FROM (p_router, e.claim_no) THEN
        v_reply := jsonb_build_object('claim_no', e.claim_no, 'kind', 'fenced',
          'stored', CASE WHEN v_row.status IN ('ok', 'error') THEN tools.outcome_of(v_row) END);
        IF v_row.code = 'TOOL_OUTCOME_UNKNOWN' AND e.status IN ('ok', 'error') AND e.code IS DISTINCT FROM 'TOOL_OUTCOME_UNKNOWN' THEN
          PERFORM tools.tell_outcome(v_row, p_router || '/' || e.claim_no, e.status, e.code, e.duration_ms);
        END IF;
      END IF;
    END IF;
    v_replies := array_append(v_replies, v_reply);
  END LOOP;
  RETURN to_jsonb(v_replies);
END
$$;
