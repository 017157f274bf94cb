-- A router that was taken for dead can end a call after all whose outcome counts as unknown: a person may have decided by then, and the effect may have been
-- made again. Its result was dropped with a line in the log. The journal tells it now.

-- The id under which the journal has what became of a run's tool calls after all (tools.tell_outcome): the run may have ended with its own last row.
CREATE OR REPLACE FUNCTION executions.outcomes_of(p_run uuid) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT md5('outcomes of ' || p_run::text)::uuid
$$;

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

-- Deletes the journal of runs that were deleted before p_kept, with the approvals of threads that are gone and their journal; at most about p_limit rows
-- of the journal, in whole runs or parts of one. What the relay has not published stays. No run can have the id again before its journal is gone.
CREATE OR REPLACE FUNCTION executions.delete_outlived_journal(p_limit int, p_kept interval) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  d executions.deleted_runs;
  v_ids uuid[];
  v_left int := p_limit;
  v_gone int;
BEGIN
  FOR d IN
    SELECT * FROM executions.deleted_runs x WHERE NOT x.journal_gone AND x.deleted_at <= now() - p_kept
    ORDER BY x.deleted_at LIMIT 100 FOR UPDATE SKIP LOCKED
  LOOP
    EXIT WHEN v_left <= 0;
    -- Each tenant's rows under its own policy.
    PERFORM set_config('app.tenant_id', d.tenant_id::text, true);
    v_ids := ARRAY[d.run_id, executions.outcomes_of(d.run_id)];
    IF NOT EXISTS (SELECT FROM executions.threads t WHERE t.tenant_id = d.tenant_id AND t.thread_id = d.thread_id) THEN
      -- The journal of an approval stands under its own id.
      v_ids := v_ids || ARRAY(SELECT a.approval_id FROM executions.approvals a
                              WHERE a.tenant_id = d.tenant_id AND a.thread_id = d.thread_id AND a.run_id = d.run_id AND a.status <> 'pending');
    END IF;
    WITH old AS (
      SELECT e.run_id, e.seq FROM executions.run_events e
      WHERE e.tenant_id = d.tenant_id AND e.run_id = ANY (v_ids) AND e.published_at IS NOT NULL LIMIT v_left
    )
    DELETE FROM executions.run_events e USING old o WHERE e.tenant_id = d.tenant_id AND e.run_id = o.run_id AND e.seq = o.seq;
    GET DIAGNOSTICS v_gone = ROW_COUNT;
    v_left := v_left - v_gone;
    CONTINUE WHEN EXISTS (SELECT FROM executions.run_events e WHERE e.tenant_id = d.tenant_id AND e.run_id = ANY (v_ids));
    DELETE FROM executions.approval_entries n WHERE n.tenant_id = d.tenant_id AND n.approval_id = ANY (v_ids);
    DELETE FROM executions.approvals a WHERE a.tenant_id = d.tenant_id AND a.approval_id = ANY (v_ids);
    IF d.calls_gone THEN
      DELETE FROM executions.deleted_runs x WHERE x.tenant_id = d.tenant_id AND x.run_id = d.run_id;
    ELSE
      UPDATE executions.deleted_runs x SET journal_gone = true WHERE x.tenant_id = d.tenant_id AND x.run_id = d.run_id;
    END IF;
  END LOOP;
  PERFORM set_config('app.tenant_id', '', true);
  RETURN p_limit - v_left;
END
$$;

REVOKE EXECUTE ON FUNCTION executions.outcomes_of(uuid), tools.tell_outcome(tools.tool_calls, text, text, text, double precision) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tools.tell_outcome(tools.tool_calls, text, text, text, double precision) TO holdfast_tools;
