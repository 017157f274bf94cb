-- Totals for Prometheus: by graph and build, and by tenant for the tenants named. Bounded: the newest p_limit rows of the last p_since.
CREATE OR REPLACE FUNCTION executions.read_slo_totals(p_tenants uuid[], p_since interval, p_limit int)
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
