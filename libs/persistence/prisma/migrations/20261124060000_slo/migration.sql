-- Service levels of agents, measured from the journal: docs/slo.md says what each indicator means.
-- CreateTable
CREATE TABLE "executions"."slo_rollups" (
    "tenant_id" UUID NOT NULL,
    "bucket_start" TIMESTAMPTZ(6) NOT NULL,
    "graph_id" TEXT NOT NULL,
    "build_id" TEXT NOT NULL,
    "indicator" TEXT NOT NULL,
    "counts" BIGINT[],

    CONSTRAINT "slo_rollups_pkey" PRIMARY KEY ("tenant_id","bucket_start","graph_id","build_id","indicator")
);

-- CreateTable
CREATE TABLE "executions"."slo_totals" (
    "tenant_id" UUID NOT NULL,
    "graph_id" TEXT NOT NULL,
    "build_id" TEXT NOT NULL,
    "indicator" TEXT NOT NULL,
    "counts" BIGINT[],
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "slo_totals_pkey" PRIMARY KEY ("tenant_id","graph_id","build_id","indicator")
);

-- CreateTable
CREATE TABLE "executions"."slo_progress" (
    "one" BOOLEAN NOT NULL DEFAULT true,
    "rolled_until" TIMESTAMPTZ(6),

    CONSTRAINT "slo_progress_pkey" PRIMARY KEY ("one")
);

-- CreateIndex
CREATE INDEX "slo_rollups_bucket_start_idx" ON "executions"."slo_rollups"("bucket_start");

-- CreateIndex
CREATE INDEX "slo_totals_updated_at_idx" ON "executions"."slo_totals"("updated_at");

-- CreateIndex
CREATE INDEX "slo_totals_graph_id_build_id_indicator_idx" ON "executions"."slo_totals"("graph_id", "build_id", "indicator");

-- From here on by hand.
ALTER TABLE "executions"."slo_progress" ADD CONSTRAINT "slo_progress_one" CHECK ("one");
INSERT INTO "executions"."slo_progress" DEFAULT VALUES;

-- Across tenants, as the functions of deliveries: only inside the functions below, which say so by this setting. Other statements of the
-- owner still see no tenant's journal.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['executions.slo_rollups', 'executions.slo_totals'] LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY tenant_isolation ON %s USING (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid))
       WITH CHECK (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid))', name);
    EXECUTE format(
      'CREATE POLICY measure ON %s TO CURRENT_USER USING ((SELECT current_setting(''app.measures'', true)) = ''on'')
       WITH CHECK ((SELECT current_setting(''app.measures'', true)) = ''on'')', name);
  END LOOP;
END
$$;
CREATE POLICY measure ON "executions"."run_events" FOR SELECT TO CURRENT_USER USING ((SELECT current_setting('app.measures', true)) = 'on');
GRANT SELECT ON "executions"."slo_rollups" TO holdfast_gateway;

-- Rows of a span of time: the journal grows in the order of time, so BRIN is a few pages and costs inserts next to nothing.
CREATE INDEX "run_events_time" ON "executions"."run_events" USING BRIN ("time") WITH (pages_per_range = 16, autosummarize = on);
-- What is asked about a run as a whole: its executions, and the few rows that tell of a first token or of a recovery.
CREATE INDEX "run_events_marks" ON "executions"."run_events" ("tenant_id", "run_id", "seq")
  WHERE "type" = 'run.started.v1' OR "data" ?| ARRAY['first_token_at', 'recovered', 'repeated'];

-- The journal outlives runs, so it must tell itself when a delayed run was due.
CREATE FUNCTION executions.tell_due() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_due timestamptz;
BEGIN
  SELECT r.deliver_at INTO v_due FROM executions.runs r WHERE r.tenant_id = NEW.tenant_id AND r.run_id = NEW.run_id AND r.deliver_at > now();
  IF FOUND THEN
    NEW.data := NEW.data || jsonb_build_object('due_at', to_char(v_due AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'));
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER tell_due BEFORE INSERT ON "executions"."run_events" FOR EACH ROW WHEN (NEW.type = 'run.created.v1')
  EXECUTE FUNCTION executions.tell_due();

-- Counts of one span of the journal. p_definition: {start, first_token, step: upper bounds of the buckets in ms; outcomes: [names]}.
-- counts of start, first_token and step: one per bucket, those above the last bound, sum in ms. Of run: one per outcome. Of recovery: runs
-- that met a failure of ours, those of them that ended well.
CREATE FUNCTION executions.measure_slo(p_from timestamptz, p_to timestamptz, p_definition jsonb)
RETURNS TABLE (tenant_id uuid, graph_id text, build_id text, indicator text, counts bigint[]) LANGUAGE sql STABLE AS $$
  WITH bounds AS (
    SELECT b.key AS indicator, array_agg(v.value::float8 ORDER BY v.place) AS upper, count(*)::int AS n
    FROM jsonb_each(p_definition - 'outcomes') AS b, jsonb_array_elements_text(b.value) WITH ORDINALITY AS v (value, place) GROUP BY b.key
  ),
  found AS MATERIALIZED (
    SELECT e.tenant_id, e.run_id, e.seq, e.thread_id, e.type, e.commit, e.time,
      CASE e.type WHEN 'run.started.v1' THEN e.data ->> 'build_id' END AS build_id,
      CASE e.type WHEN 'run.started.v1' THEN (e.data ->> 'attempt')::int END AS attempt,
      CASE e.type WHEN 'run.step-completed.v1' THEN (e.data ->> 'first_token_at')::timestamptz END AS first_token_at,
      CASE e.type WHEN 'run.failed.v1' THEN e.data #>> '{error,kind}' END AS error_kind
    FROM executions.run_events e
    WHERE e.time >= p_from AND e.time < p_to AND (e.type IN ('run.started.v1', 'run.completed.v1', 'run.interrupted.v1', 'run.failed.v1', 'run.cancelled.v1')
      -- A row without a checkpoint tells of a step that goes on.
      OR e.type = 'run.step-completed.v1' AND e.data ->> 'checkpoint_id' IS NOT NULL AND (e.data ->> 'step')::int > 0)
  ),
  -- A run waits for its turn on its thread: that is no latency of ours. Further back than the last bound an end makes no difference.
  ends AS MATERIALIZED (
    SELECT e.tenant_id, e.thread_id, e.run_id, e.time FROM executions.run_events e
    WHERE e.time >= p_from - interval '10 minutes' AND e.time < p_to
      -- One that was cancelled before it began kept nobody waiting.
      AND e.commit IS NOT NULL AND e.type IN ('run.completed.v1', 'run.interrupted.v1', 'run.failed.v1', 'run.cancelled.v1')
  ),
  firsts AS (SELECT f.tenant_id, f.run_id, min(f.seq) AS seq FROM found f GROUP BY f.tenant_id, f.run_id),
  runs AS MATERIALIZED (
    SELECT f.tenant_id, f.run_id, c.data ->> 'graph_id' AS graph_id, greatest(c.time, (c.data ->> 'due_at')::timestamptz) AS due,
      s.data ->> 'build_id' AS build_id, (s.data ->> 'attempt')::int AS attempt, s.time AS started_at, p.time AS before
    FROM firsts f
    JOIN executions.run_events c ON c.tenant_id = f.tenant_id AND c.run_id = f.run_id AND c.seq = 1 AND c.type = 'run.created.v1'
    LEFT JOIN LATERAL (SELECT x.data, x.time FROM executions.run_events x
      WHERE x.tenant_id = f.tenant_id AND x.run_id = f.run_id AND x.seq < f.seq AND x.type = 'run.started.v1' ORDER BY x.seq DESC LIMIT 1) AS s ON true
    LEFT JOIN LATERAL (SELECT x.time FROM executions.run_events x
      WHERE x.tenant_id = f.tenant_id AND x.run_id = f.run_id AND x.seq < f.seq
        AND (x.type = 'run.started.v1' OR x.type = 'run.step-completed.v1' AND x.data ->> 'checkpoint_id' IS NOT NULL)
      ORDER BY x.seq DESC LIMIT 1) AS p ON true
  ),
  placed AS (
    SELECT f.*, r.graph_id, r.due, r.build_id AS build_before, r.attempt AS attempt_before, r.started_at AS started_before,
      count(*) FILTER (WHERE f.type = 'run.started.v1') OVER w AS execution,
      coalesce(lag(f.time) OVER w, r.before) AS before
    FROM found f JOIN runs r USING (tenant_id, run_id)
    WINDOW w AS (PARTITION BY f.tenant_id, f.run_id ORDER BY f.seq)
  ),
  told AS (
    SELECT p.tenant_id, p.run_id, p.seq, p.thread_id, p.type, p.commit, p.time, p.first_token_at, p.error_kind, p.graph_id, p.due, p.before,
      coalesce(max(p.build_id) OVER e, p.build_before, '') AS build_id, coalesce(max(p.attempt) OVER e, p.attempt_before) AS attempt,
      coalesce(max(p.time) FILTER (WHERE p.type = 'run.started.v1') OVER e, p.started_before) AS started_at
    FROM placed p WINDOW e AS (PARTITION BY p.tenant_id, p.run_id, p.execution)
  ),
  -- Joined by equality and not asked for row by row: a bucket holds thousands of runs.
  turns AS (
    SELECT t.tenant_id, t.run_id, t.seq, max(n.time) AS time FROM told t JOIN ends n ON n.tenant_id = t.tenant_id AND n.thread_id = t.thread_id
    WHERE (t.type = 'run.started.v1' AND t.attempt = 1 OR t.first_token_at IS NOT NULL) AND n.run_id <> t.run_id AND n.time <= t.started_at
    GROUP BY t.tenant_id, t.run_id, t.seq
  ),
  begun AS (
    SELECT t.*, greatest(t.due, u.time) AS since FROM told t LEFT JOIN turns u USING (tenant_id, run_id, seq)
    WHERE t.type = 'run.started.v1' AND t.attempt = 1 OR t.first_token_at IS NOT NULL
  ),
  timed AS (
    SELECT 'start' AS indicator, b.tenant_id, b.graph_id, b.build_id, extract(epoch FROM b.time - b.since) * 1000 AS ms FROM begun b WHERE b.type = 'run.started.v1'
    UNION ALL
    -- An answer from a ledger is older than the run; and of several executions the first one with a token counts.
    SELECT 'first_token', b.tenant_id, b.graph_id, b.build_id, extract(epoch FROM b.first_token_at - b.since) * 1000 FROM begun b
    WHERE b.first_token_at >= b.due AND (b.attempt = 1 OR NOT EXISTS (
      SELECT FROM executions.run_events x WHERE x.tenant_id = b.tenant_id AND x.run_id = b.run_id AND x.seq < b.seq
        AND (x.type = 'run.started.v1' OR x.data ?| ARRAY['first_token_at', 'recovered', 'repeated']) AND x.data ? 'first_token_at'))
    UNION ALL
    -- Steps that came in one commit share its time.
    SELECT 'step', t.tenant_id, t.graph_id, t.build_id,
      extract(epoch FROM sum(t.time - t.before) OVER c) * 1000 / count(*) OVER c
    FROM told t WHERE t.type = 'run.step-completed.v1' AND t.before IS NOT NULL
    WINDOW c AS (PARTITION BY t.tenant_id, t.run_id, t.commit)
  ),
  ended AS (
    SELECT t.*, CASE t.type WHEN 'run.completed.v1' THEN 'completed' WHEN 'run.interrupted.v1' THEN 'interrupted' WHEN 'run.cancelled.v1' THEN 'cancelled'
      ELSE 'failed_' || coalesce(t.error_kind, 'defect') END AS outcome
    FROM told t WHERE t.type IN ('run.completed.v1', 'run.interrupted.v1', 'run.failed.v1', 'run.cancelled.v1')
  ),
  met AS (
    SELECT e.* FROM ended e
    WHERE e.outcome <> 'cancelled' AND (e.outcome = 'failed_infrastructure' OR EXISTS (
      SELECT FROM executions.run_events x WHERE x.tenant_id = e.tenant_id AND x.run_id = e.run_id
        AND (x.type = 'run.started.v1' OR x.data ?| ARRAY['first_token_at', 'recovered', 'repeated'])
        AND (x.data ?| ARRAY['recovered', 'repeated']
          -- Begun again before anything was committed. After a commit it may just have gone on in its next execution: `recovered` tells.
          OR (x.data ->> 'attempt')::int > 1 AND EXISTS (SELECT FROM executions.run_events y
            WHERE y.tenant_id = x.tenant_id AND y.run_id = x.run_id AND y.seq = x.seq - 1 AND y.type = 'run.started.v1'))))
  ),
  cells AS (
    SELECT t.tenant_id, t.graph_id, t.build_id, t.indicator, width_bucket(greatest(t.ms, 0)::float8 - 0.0005, b.upper) + 1 AS place, count(*) AS n
    FROM timed t JOIN bounds b USING (indicator) GROUP BY 1, 2, 3, 4, 5
    UNION ALL
    SELECT t.tenant_id, t.graph_id, t.build_id, t.indicator, b.n + 2, round(sum(greatest(t.ms, 0)))
    FROM timed t JOIN bounds b USING (indicator) GROUP BY 1, 2, 3, 4, 5
    UNION ALL
    SELECT e.tenant_id, e.graph_id, e.build_id, 'run', o.place, count(*)
    FROM ended e JOIN jsonb_array_elements_text(p_definition -> 'outcomes') WITH ORDINALITY AS o (name, place) ON o.name = e.outcome GROUP BY 1, 2, 3, 4, 5
    UNION ALL
    SELECT m.tenant_id, m.graph_id, m.build_id, 'recovery', s.place,
      count(*) FILTER (WHERE s.place = 1 OR m.outcome NOT IN ('failed_infrastructure', 'failed_defect'))
    FROM met m, generate_series(1, 2) AS s (place) GROUP BY 1, 2, 3, 4, 5
  ),
  sizes AS (
    SELECT b.indicator, b.n + 2 AS size FROM bounds b
    UNION ALL VALUES ('run', jsonb_array_length(p_definition -> 'outcomes')), ('recovery', 2)
  )
  SELECT k.tenant_id, k.graph_id, k.build_id, k.indicator, array_agg(coalesce(c.n, 0)::bigint ORDER BY i.place)
  FROM (SELECT DISTINCT c.tenant_id, c.graph_id, c.build_id, c.indicator FROM cells c) AS k
  JOIN sizes z USING (indicator)
  CROSS JOIN LATERAL generate_series(1, z.size) AS i (place)
  LEFT JOIN cells c ON c.tenant_id = k.tenant_id AND c.graph_id = k.graph_id AND c.build_id = k.build_id AND c.indicator = k.indicator AND c.place = i.place
  GROUP BY k.tenant_id, k.graph_id, k.build_id, k.indicator
$$;

-- Brings the rollups up to now, one bucket per call that becomes final: the time of a call does not depend on how far behind it is. A bucket is measured again, as a whole, until no row of it can come any more
-- (p_settle after its end: longer than a transaction may last); so whoever rolls up, and however often, the counts are those of the journal.
-- Totals are the sums of all buckets and only grow: they are what Prometheus reads. Buckets older than p_kept are deleted and not measured
-- again: they would be added to the totals twice.
CREATE FUNCTION executions.roll_up_slo(p_definition jsonb, p_width interval, p_settle interval, p_kept interval)
RETURNS TABLE (rolled_until timestamptz, behind boolean) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  v_begun CONSTANT timestamptz := clock_timestamp();
  v_bucket timestamptz;
BEGIN
  PERFORM set_config('app.measures', 'on', true);
  -- One at a time: a slower one must not write older counts over newer ones.
  SELECT g.rolled_until INTO v_bucket FROM executions.slo_progress g FOR UPDATE;
  IF v_bucket IS NULL THEN
    SELECT date_bin(p_width, greatest(e.time, v_begun - p_kept), 'epoch') INTO v_bucket FROM executions.run_events e ORDER BY e.position LIMIT 1;
  END IF;
  rolled_until := coalesce(v_bucket, date_bin(p_width, v_begun - p_settle, 'epoch'));
  behind := false;
  WHILE v_bucket <= v_begun LOOP
    WITH fresh AS MATERIALIZED (SELECT * FROM executions.measure_slo(v_bucket, v_bucket + p_width, p_definition)),
    changed AS (
      SELECT f.*, (SELECT array_agg(n.fresh - coalesce(n.known, 0) ORDER BY n.place)
                   FROM unnest(f.counts, known.counts) WITH ORDINALITY AS n (fresh, known, place)) AS added
      FROM fresh f
      LEFT JOIN executions.slo_rollups known ON known.tenant_id = f.tenant_id AND known.bucket_start = v_bucket AND known.graph_id = f.graph_id
        AND known.build_id = f.build_id AND known.indicator = f.indicator
      WHERE known.counts IS DISTINCT FROM f.counts
    ),
    stored AS (
      INSERT INTO executions.slo_rollups AS s (tenant_id, bucket_start, graph_id, build_id, indicator, counts)
      SELECT c.tenant_id, v_bucket, c.graph_id, c.build_id, c.indicator, c.counts FROM changed c
      ON CONFLICT (tenant_id, bucket_start, graph_id, build_id, indicator) DO UPDATE SET counts = excluded.counts
    )
    INSERT INTO executions.slo_totals AS s (tenant_id, graph_id, build_id, indicator, counts)
    SELECT c.tenant_id, c.graph_id, c.build_id, c.indicator, c.added FROM changed c
    ON CONFLICT (tenant_id, graph_id, build_id, indicator) DO UPDATE SET updated_at = now(), counts = (
      SELECT array_agg(n.known + n.added ORDER BY n.place) FROM unnest(s.counts, excluded.counts) WITH ORDINALITY AS n (known, added, place));
    v_bucket := v_bucket + p_width;
    rolled_until := greatest(rolled_until, least(v_bucket, date_bin(p_width, v_begun - p_settle, 'epoch')));
    behind := v_bucket <= rolled_until AND v_bucket <= v_begun;
    EXIT WHEN behind;
  END LOOP;
  -- Bounded: what is left is for the next call.
  DELETE FROM executions.slo_rollups s USING (
    SELECT o.tenant_id, o.bucket_start, o.graph_id, o.build_id, o.indicator FROM executions.slo_rollups o
    WHERE o.bucket_start < v_begun - p_kept - p_width ORDER BY o.bucket_start LIMIT 10000
  ) AS old
  WHERE s.tenant_id = old.tenant_id AND s.bucket_start = old.bucket_start AND s.graph_id = old.graph_id AND s.build_id = old.build_id
    AND s.indicator = old.indicator;
  UPDATE executions.slo_progress g SET rolled_until = roll_up_slo.rolled_until WHERE g.rolled_until IS DISTINCT FROM roll_up_slo.rolled_until;
  PERFORM set_config('app.measures', 'off', true);
  RETURN NEXT;
END
$$;

-- Totals for Prometheus: by graph and build, and by tenant for the tenants named. Bounded: the newest p_limit rows of the last p_since.
CREATE FUNCTION executions.read_slo_totals(p_tenants uuid[], p_since interval, p_limit int)
RETURNS TABLE (tenant_id uuid, graph_id text, build_id text, indicator text, counts bigint[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM set_config('app.measures', 'on', true);
  RETURN QUERY
    WITH recent AS MATERIALIZED (
      SELECT CASE WHEN s.tenant_id = ANY (p_tenants) THEN s.tenant_id END AS tenant_id, s.graph_id, s.build_id, s.indicator, max(s.updated_at) AS updated_at
      FROM executions.slo_totals s WHERE s.updated_at > now() - p_since GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 2, 3, 4 LIMIT p_limit
    ),
    -- All rows of what is recent, old ones too: a sum that lost a quiet tenant would look to Prometheus like a counter that began again.
    cells AS (
      SELECT r.tenant_id, r.graph_id, r.build_id, r.indicator, r.updated_at, n.place, sum(n.value)::bigint AS value
      FROM recent r JOIN executions.slo_totals s ON s.graph_id = r.graph_id AND s.build_id = r.build_id AND s.indicator = r.indicator
        AND CASE WHEN s.tenant_id = ANY (p_tenants) THEN s.tenant_id END IS NOT DISTINCT FROM r.tenant_id,
        unnest(s.counts) WITH ORDINALITY AS n (value, place)
      GROUP BY 1, 2, 3, 4, 5, 6
    )
    SELECT c.tenant_id, c.graph_id, c.build_id, c.indicator, array_agg(c.value ORDER BY c.place) FROM cells c
    GROUP BY c.tenant_id, c.graph_id, c.build_id, c.indicator, c.updated_at ORDER BY c.updated_at DESC, 2, 3, 4, 1;
  PERFORM set_config('app.measures', 'off', true);
END
$$;

-- Runs that nobody has begun p_late after they were due, though their thread is free: an outage begins nothing, so nothing of it is measured.
CREATE FUNCTION executions.count_overdue_runs(p_late interval) RETURNS TABLE (graph_id text, runs bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.graph_id, count(*) FROM executions.runs r
  WHERE r.status = 'pending' AND r.deliver_at < now() - p_late
    AND NOT EXISTS (SELECT FROM executions.runs a WHERE a.tenant_id = r.tenant_id AND a.thread_id = r.thread_id
      AND (a.status = 'running' OR a.status = 'pending' AND a.position < r.position OR a.ended_at > now() - p_late))
  GROUP BY r.graph_id
$$;

REVOKE EXECUTE ON FUNCTION executions.tell_due(), executions.measure_slo(timestamptz, timestamptz, jsonb),
  executions.roll_up_slo(jsonb, interval, interval, interval), executions.read_slo_totals(uuid[], interval, int),
  executions.count_overdue_runs(interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION executions.roll_up_slo(jsonb, interval, interval, interval), executions.read_slo_totals(uuid[], interval, int),
  executions.count_overdue_runs(interval) TO holdfast_gateway;
GRANT SELECT ON "executions"."slo_progress" TO holdfast_gateway;
