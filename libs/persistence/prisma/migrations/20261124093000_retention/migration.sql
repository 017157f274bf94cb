-- What outlives its use is deleted in the end, in bounded batches: rows of runs that are gone, idempotency keys, waits and moments of crons that
-- are over, and sums of graphs and builds that nobody runs any more.

-- Runs that were deleted, until everything of theirs is: journal and approvals by the gateway, tool calls by the tool router.
-- CreateTable
CREATE TABLE "executions"."deleted_runs" (
    "tenant_id" UUID NOT NULL,
    "run_id" UUID NOT NULL,
    "thread_id" UUID NOT NULL,
    "deleted_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "journal_gone" BOOLEAN NOT NULL DEFAULT false,
    "calls_gone" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "deleted_runs_pkey" PRIMARY KEY ("tenant_id","run_id")
);

-- CreateIndex
CREATE INDEX "deleted_runs_deleted_at_idx" ON "executions"."deleted_runs"("deleted_at");

-- From here on by hand.
ALTER TABLE "executions"."deleted_runs" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "executions"."deleted_runs" FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON "executions"."deleted_runs" USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY retire ON "executions"."deleted_runs" TO CURRENT_USER USING (true) WITH CHECK (true);

-- By the order in which rows come, next to free at each insert. Only deletion looks for old rows.
CREATE INDEX "idempotency_keys_created_at" ON "executions"."idempotency_keys" USING BRIN ("created_at") WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX "cron_firings_created_at" ON "executions"."cron_firings" USING BRIN ("created_at") WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX "waits_created_at" ON "executions"."waits" USING BRIN ("created_at") WITH (pages_per_range = 16, autosummarize = on);

-- See executions.forget_model_calls.
CREATE FUNCTION executions.remember_deleted_runs() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO executions.deleted_runs (tenant_id, run_id, thread_id) SELECT g.tenant_id, g.run_id, g.thread_id FROM gone g
  -- A run id may come again after a rollback, and go again.
  ON CONFLICT (tenant_id, run_id) DO UPDATE SET deleted_at = now(), journal_gone = false, calls_gone = false;
  RETURN NULL;
END
$$;
CREATE TRIGGER remember_deleted_runs AFTER DELETE ON "executions"."runs" REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION executions.remember_deleted_runs();

-- Deletes the journal of runs that were deleted before p_kept, with the approvals of threads that are gone and their journal; at most about p_limit rows
-- of the journal, in whole runs or parts of one. What the relay has not published stays. No run can have the id again before its journal is gone.
CREATE FUNCTION executions.delete_outlived_journal(p_limit int, p_kept interval) RETURNS int
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
    v_ids := ARRAY[d.run_id];
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

-- Deletes the tool calls of runs that were deleted before p_kept, of at most p_limit runs. A run that is there keeps its ledger: it may wait, and be
-- executed again.
CREATE FUNCTION tools.delete_outlived_calls(p_limit int, p_kept interval) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  d executions.deleted_runs;
  v_runs int := 0;
BEGIN
  FOR d IN
    SELECT * FROM executions.deleted_runs x WHERE NOT x.calls_gone AND x.deleted_at <= now() - p_kept
    ORDER BY x.deleted_at LIMIT p_limit FOR UPDATE SKIP LOCKED
  LOOP
    PERFORM set_config('app.tenant_id', d.tenant_id::text, true);
    IF NOT EXISTS (SELECT FROM executions.runs r WHERE r.tenant_id = d.tenant_id AND r.run_id = d.run_id) THEN
      DELETE FROM tools.tool_calls c WHERE c.tenant_id = d.tenant_id AND c.run_id = d.run_id;
    END IF;
    IF d.journal_gone THEN
      DELETE FROM executions.deleted_runs x WHERE x.tenant_id = d.tenant_id AND x.run_id = d.run_id;
    ELSE
      UPDATE executions.deleted_runs x SET calls_gone = true WHERE x.tenant_id = d.tenant_id AND x.run_id = d.run_id;
    END IF;
    v_runs := v_runs + 1;
  END LOOP;
  PERFORM set_config('app.tenant_id', '', true);
  RETURN v_runs;
END
$$;

CREATE POLICY retire_found ON executions.idempotency_keys FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY retire ON executions.idempotency_keys FOR DELETE TO CURRENT_USER USING (true);
CREATE POLICY retire ON executions.cron_firings FOR DELETE TO CURRENT_USER USING (true);
CREATE POLICY retire ON executions.waits FOR DELETE TO CURRENT_USER USING (true);

-- Deletes what is over, of all tenants, at most p_limit rows of each kind: idempotency keys older than p_keys; waits and moments of crons that have
-- been over for p_past, and sums of service levels that nothing was added to for so long. A wait stays while the run that it made is active.
CREATE FUNCTION executions.delete_past(p_limit int, p_keys interval, p_past interval) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_keys int;
  v_firings int;
  v_waits int;
  v_totals int;
BEGIN
  WITH old AS (
    SELECT k.tenant_id, k.principal_id, k.route, k.key FROM executions.idempotency_keys k WHERE k.created_at < now() - p_keys LIMIT p_limit
  )
  DELETE FROM executions.idempotency_keys k USING old o
  WHERE k.tenant_id = o.tenant_id AND k.principal_id = o.principal_id AND k.route = o.route AND k.key = o.key;
  GET DIAGNOSTICS v_keys = ROW_COUNT;

  WITH old AS (
    SELECT f.tenant_id, f.cron_id, f.scheduled_at FROM executions.cron_firings f
    WHERE f.created_at < now() - p_past AND f.outcome IS NOT NULL LIMIT p_limit
  )
  DELETE FROM executions.cron_firings f USING old o
  WHERE f.tenant_id = o.tenant_id AND f.cron_id = o.cron_id AND f.scheduled_at = o.scheduled_at;
  GET DIAGNOSTICS v_firings = ROW_COUNT;

  WITH old AS (
    SELECT w.tenant_id, w.wait_id FROM executions.waits w
    WHERE w.created_at < now() - p_past AND w.status <> 'pending' AND w.ended_at < now() - p_past
      AND NOT EXISTS (SELECT FROM executions.runs r
                      WHERE r.tenant_id = w.tenant_id AND r.run_id = w.resume_run_id AND r.status IN ('pending', 'running')) LIMIT p_limit
  )
  DELETE FROM executions.waits w USING old o WHERE w.tenant_id = o.tenant_id AND w.wait_id = o.wait_id;
  GET DIAGNOSTICS v_waits = ROW_COUNT;

  PERFORM set_config('app.measures', 'on', true);
  WITH old AS (
    SELECT s.tenant_id, s.graph_id, s.build_id, s.indicator FROM executions.slo_totals s WHERE s.updated_at < now() - p_past LIMIT p_limit
  )
  DELETE FROM executions.slo_totals s USING old o
  WHERE s.tenant_id = o.tenant_id AND s.graph_id = o.graph_id AND s.build_id = o.build_id AND s.indicator = o.indicator;
  GET DIAGNOSTICS v_totals = ROW_COUNT;
  PERFORM set_config('app.measures', '', true);

  RETURN jsonb_build_object('idempotency_keys', v_keys, 'cron_firings', v_firings, 'waits', v_waits, 'slo_totals', v_totals);
END
$$;

REVOKE EXECUTE ON FUNCTION executions.remember_deleted_runs(), executions.delete_outlived_journal(int, interval),
  tools.delete_outlived_calls(int, interval), executions.delete_past(int, interval, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION executions.delete_outlived_journal(int, interval), executions.delete_past(int, interval, interval) TO holdfast_gateway;
GRANT EXECUTE ON FUNCTION tools.delete_outlived_calls(int, interval) TO holdfast_tools;
