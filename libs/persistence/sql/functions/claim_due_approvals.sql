-- Across tenants, as claim_due_deliveries: approvals whose deadline or reminder has come. A claimed one is not given out again before p_lease has passed;
-- two gateways never get the same one.
CREATE OR REPLACE FUNCTION executions.claim_due_approvals(p_limit int, p_lease interval)
RETURNS TABLE (tenant_id uuid, approval_id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH due AS (
    SELECT a.tenant_id, a.approval_id FROM executions.approvals a
    WHERE a.status = 'pending' AND least(a.deadline_at, a.remind_at) <= now() AND (a.leased_until IS NULL OR a.leased_until <= now())
    ORDER BY least(a.deadline_at, a.remind_at) LIMIT p_limit
    FOR UPDATE SKIP LOCKED
  )
  UPDATE executions.approvals a SET leased_until = now() + p_lease
  FROM due WHERE a.tenant_id = due.tenant_id AND a.approval_id = due.approval_id
  RETURNING a.tenant_id, a.approval_id
$$;
