-- Threads that go after a time without a change.
-- CreateTable
CREATE TABLE "executions"."thread_ttls" (
    "tenant_id" UUID NOT NULL,
    "thread_id" UUID NOT NULL,
    "ttl_seconds" DOUBLE PRECISION NOT NULL,
    "due_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "thread_ttls_pkey" PRIMARY KEY ("tenant_id","thread_id")
);

-- CreateIndex
CREATE INDEX "thread_ttls_due_at_idx" ON "executions"."thread_ttls"("due_at");

-- AddForeignKey
ALTER TABLE "executions"."thread_ttls" ADD CONSTRAINT "thread_ttls_tenant_id_thread_id_fkey" FOREIGN KEY ("tenant_id", "thread_id") REFERENCES "executions"."threads"("tenant_id", "thread_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- From here on by hand.
ALTER TABLE "executions"."thread_ttls" ENABLE ROW LEVEL SECURITY;
ALTER TABLE "executions"."thread_ttls" FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON "executions"."thread_ttls"
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON "executions"."thread_ttls" TO holdfast_gateway;

-- True while something would miss the thread: a run, a wait, a question to people.
CREATE FUNCTION executions.thread_is_needed(th executions.threads) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT th.status = 'busy'
    OR EXISTS (SELECT FROM executions.runs r WHERE r.tenant_id = th.tenant_id AND r.thread_id = th.thread_id AND r.status IN ('pending', 'running'))
    OR EXISTS (SELECT FROM executions.waits w WHERE w.tenant_id = th.tenant_id AND w.thread_id = th.thread_id AND w.status = 'pending')
    OR EXISTS (SELECT FROM executions.approvals a WHERE a.tenant_id = th.tenant_id AND a.thread_id = th.thread_id AND a.status = 'pending')
$$;

-- Across tenants, as claim_due_deliveries: threads that were due when they were looked at last. Whether their time is over only their tenant
-- can see; what changes with each commit has no index.
CREATE POLICY find_due ON executions.thread_ttls FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY claim_due ON executions.thread_ttls FOR UPDATE TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE FUNCTION executions.claim_due_threads(p_limit int, p_lease interval) RETURNS TABLE (tenant_id uuid, thread_id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH due AS (
    SELECT x.tenant_id, x.thread_id FROM executions.thread_ttls x WHERE x.due_at <= now() ORDER BY x.due_at LIMIT p_limit
    FOR UPDATE SKIP LOCKED
  )
  UPDATE executions.thread_ttls x SET due_at = now() + p_lease
  FROM due WHERE x.tenant_id = due.tenant_id AND x.thread_id = due.thread_id
  RETURNING x.tenant_id, x.thread_id
$$;

REVOKE EXECUTE ON FUNCTION executions.thread_is_needed(executions.threads), executions.claim_due_threads(int, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION executions.thread_is_needed(executions.threads), executions.claim_due_threads(int, interval) TO holdfast_gateway;
