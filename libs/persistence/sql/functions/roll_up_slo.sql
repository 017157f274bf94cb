-- Brings the rollups up to now, one bucket per call that becomes final: the time of a call does not depend on how far behind it is. A bucket is measured
-- again, as a whole, until no row of it can come any more (p_settle after its end: longer than a transaction may last); so whoever rolls up, and however
-- often, the counts are those of the journal. Totals are the sums of all buckets and only grow: they are what Prometheus reads. Buckets older than p_kept are
-- deleted and not measured again: they would be added to the totals twice.
CREATE OR REPLACE FUNCTION executions.roll_up_slo(p_definition jsonb, p_width interval, p_settle interval, p_kept interval)
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
