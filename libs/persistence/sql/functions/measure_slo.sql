-- Counts of one span of the journal. p_definition: {start, first_token, step: upper bounds of the buckets in ms; outcomes: [names]}.
-- counts of start, first_token and step: one per bucket, those above the last bound, sum in ms. Of run: one per outcome. Of recovery: runs
-- that met a failure of ours, those of them that ended well.
CREATE OR REPLACE FUNCTION executions.measure_slo(p_from timestamptz, p_to timestamptz, p_definition jsonb)
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
