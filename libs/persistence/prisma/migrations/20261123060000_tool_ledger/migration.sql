-- The ledger of tool calls: claimed before the call, ended with its outcome, read by whoever asks for the call again.
-- AlterTable
ALTER TABLE "tools"."tool_calls" ADD COLUMN "router_id" UUID,
ADD COLUMN "claim_no" BIGINT,
ADD COLUMN "fence" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN "lost_claims" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN "truncated" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN "result" TEXT,
ADD COLUMN "finished_at" TIMESTAMPTZ(6),
ALTER COLUMN "duration_ms" SET DEFAULT 0,
ALTER COLUMN "bytes" SET DEFAULT 0;

-- CreateTable
CREATE TABLE "tools"."routers" (
    "router_id" UUID NOT NULL,
    "alive_until" TIMESTAMPTZ(6) NOT NULL,
    "started_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "routers_pkey" PRIMARY KEY ("router_id")
);

-- From here on by hand.

-- claimed: a router calls, or is about to. open: nobody does; a repeat calls. refused: as open, with the router's reason. ok, error: final.
ALTER TABLE "tools"."tool_calls" ADD CONSTRAINT "tool_calls_status" CHECK ("status" IN ('claimed', 'open', 'refused', 'ok', 'error'));
-- Each row is updated soon after it was written, by the end of its call.
ALTER TABLE "tools"."tool_calls" SET (fillfactor = 70);
DO $$
BEGIN
  ALTER TABLE "tools"."tool_calls" ALTER COLUMN "result" SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
  RAISE NOTICE 'this server has no lz4';
END
$$;

-- Routers belong to no tenant.
GRANT SELECT, INSERT, UPDATE, DELETE ON "tools"."routers" TO holdfast_tools;

DROP FUNCTION tools.record_tool_calls(text, jsonb);

-- Everything below has the caller's rights, and functions of a tenant are called with set_config('app.tenant_id', $1, true) as their
-- first argument, like the functions of runs (20261123000100_functions). Rows are locked in the order of (run_id, call_id), against deadlocks.

-- A router's sign of life. Who was dead for a day is forgotten: a router without a row is as dead as one whose time is over.
CREATE FUNCTION tools.renew_router(p_router uuid, p_lease_ms int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_until CONSTANT timestamptz := clock_timestamp() + p_lease_ms * interval '1 millisecond';
BEGIN
  UPDATE tools.routers r SET alive_until = v_until WHERE r.router_id = p_router;
  IF NOT FOUND THEN
    DELETE FROM tools.routers r WHERE r.alive_until < clock_timestamp() - interval '1 day';
    INSERT INTO tools.routers (router_id, alive_until) VALUES (p_router, v_until)
    ON CONFLICT (router_id) DO UPDATE SET alive_until = excluded.alive_until;
  END IF;
END
$$;

-- What is left of a router's lease, by this server's clock; null for a dead one.
CREATE FUNCTION tools.lease_left(p_router uuid) RETURNS interval LANGUAGE sql AS $$
  SELECT r.alive_until - clock_timestamp() FROM tools.routers r WHERE r.router_id = p_router AND r.alive_until > clock_timestamp()
$$;

-- A stored outcome as callers get it.
CREATE FUNCTION tools.outcome_of(p_call tools.tool_calls) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object('status', p_call.status, 'code', p_call.code, 'server', p_call.server, 'tool', p_call.tool, 'effect', p_call.effect,
    'duration_ms', p_call.duration_ms, 'bytes', p_call.bytes, 'truncated', p_call.truncated, 'arguments_sha256', p_call.arguments_sha256,
    'repeated', p_call.lost_claims > 0, 'result', p_call.result)
$$;

-- Claims calls for a router, or tells what stands there instead: one reply per claim, named by its number.
-- p_claims: claim_no, run_id, call_id, server, tool, effect, arguments_sha256. A router numbers its claims upwards, and claims a call only
-- while none of its own claims of that call is under way.
-- p_unknown: result of a call that a dead router left and that must not be repeated.
CREATE FUNCTION tools.claim_calls(p_tenant text, p_router uuid, p_claims jsonb, p_unknown text) RETURNS jsonb LANGUAGE plpgsql AS $$
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

-- Ends claims of a router: one reply per end, named by the claim's number. 'fenced' when the claim has passed to somebody else, with the
-- outcome when there is one. An end that was stored before is 'ended' again.
-- p_ends: claim_no, run_id, call_id, status (ok, error, refused, open), code, duration_ms, bytes, truncated, result, and lost: the tool may
-- have been called, and may be called again.
CREATE FUNCTION tools.end_claims(p_tenant text, p_router uuid, p_ends jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
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
      END IF;
    END IF;
    v_replies := array_append(v_replies, v_reply);
  END LOOP;
  RETURN to_jsonb(v_replies);
END
$$;

-- Refusals of calls that were never claimed, each call at most once. They bind nothing, and leave alone what was called or is being called.
CREATE FUNCTION tools.record_refusals(p_tenant text, p_refusals jsonb) RETURNS void LANGUAGE plpgsql AS $$
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

REVOKE EXECUTE ON FUNCTION tools.renew_router(uuid, int), tools.lease_left(uuid), tools.outcome_of(tools.tool_calls),
  tools.claim_calls(text, uuid, jsonb, text), tools.end_claims(text, uuid, jsonb), tools.record_refusals(text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tools.renew_router(uuid, int), tools.lease_left(uuid), tools.outcome_of(tools.tool_calls),
  tools.claim_calls(text, uuid, jsonb, text), tools.end_claims(text, uuid, jsonb), tools.record_refusals(text, jsonb) TO holdfast_tools;
