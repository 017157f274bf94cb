-- Across tenants, as claim_due_deliveries: moments of crons, and only of crons that nobody has moments of. The lease stands on the cron's row: whoever
-- claims at the same moment sees it under the row's lock.
CREATE OR REPLACE FUNCTION executions.claim_cron_firings(p_limit int, p_lease interval)
RETURNS TABLE (tenant_id uuid, cron_id uuid, scheduled_at timestamptz, leased_until timestamptz)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH due AS (
    SELECT f.tenant_id, f.cron_id, f.scheduled_at FROM executions.cron_firings f
    JOIN executions.crons c ON c.tenant_id = f.tenant_id AND c.cron_id = f.cron_id
    WHERE f.outcome IS NULL AND (f.leased_until IS NULL OR f.leased_until <= now()) AND (c.firing_until IS NULL OR c.firing_until <= now())
    ORDER BY f.created_at LIMIT p_limit
    FOR UPDATE OF f SKIP LOCKED FOR NO KEY UPDATE OF c SKIP LOCKED
  ), held AS (
    UPDATE executions.crons c SET firing_until = now() + p_lease
    WHERE (c.tenant_id, c.cron_id) IN (SELECT due.tenant_id, due.cron_id FROM due)
  )
  UPDATE executions.cron_firings f SET leased_until = now() + p_lease
  FROM due WHERE f.tenant_id = due.tenant_id AND f.cron_id = due.cron_id AND f.scheduled_at = due.scheduled_at
  RETURNING f.tenant_id, f.cron_id, f.scheduled_at, f.leased_until
$$;
