-- Across tenants, as claim_due_deliveries: crons that their schedule does not follow yet. A claimed one is not given out again before p_lease has passed.
CREATE OR REPLACE FUNCTION executions.claim_unsynced_crons(p_limit int, p_lease interval) RETURNS SETOF executions.crons
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH due AS (
    SELECT c.tenant_id, c.cron_id FROM executions.crons c
    WHERE c.revision > c.synced_revision AND (c.leased_until IS NULL OR c.leased_until <= now())
    ORDER BY c.updated_at LIMIT p_limit
    FOR UPDATE SKIP LOCKED
  )
  UPDATE executions.crons c SET leased_until = now() + p_lease
  FROM due WHERE c.tenant_id = due.tenant_id AND c.cron_id = due.cron_id
  RETURNING c.*
$$;
