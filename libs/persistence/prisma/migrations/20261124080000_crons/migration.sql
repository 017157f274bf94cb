-- Runs by the clock: a cron is a row and a Temporal Schedule that follows it; what the schedule does is to leave a firing, of which the
-- gateway makes the run.
-- CreateTable
CREATE TABLE "executions"."crons" (
    "tenant_id" UUID NOT NULL,
    "cron_id" UUID NOT NULL,
    "assistant_id" UUID NOT NULL,
    "thread_id" UUID,
    "schedule" TEXT NOT NULL,
    "timezone" TEXT,
    "end_time" TIMESTAMPTZ(6),
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "overlap" TEXT NOT NULL DEFAULT 'allow',
    "on_run_completed" TEXT NOT NULL DEFAULT 'delete',
    "payload" JSONB NOT NULL,
    "metadata" JSONB NOT NULL,
    "user_id" TEXT NOT NULL,
    "roles" TEXT[],
    "next_run_at" TIMESTAMPTZ(6),
    "problem" TEXT,
    "revision" INTEGER NOT NULL DEFAULT 1,
    "synced_revision" INTEGER NOT NULL DEFAULT 0,
    "leased_until" TIMESTAMPTZ(6),
    "deleted" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "crons_pkey" PRIMARY KEY ("tenant_id","cron_id")
);

-- CreateTable
CREATE TABLE "executions"."cron_firings" (
    "tenant_id" UUID NOT NULL,
    "cron_id" UUID NOT NULL,
    "scheduled_at" TIMESTAMPTZ(6) NOT NULL,
    "outcome" TEXT,
    "run_id" UUID,
    "leased_until" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "cron_firings_pkey" PRIMARY KEY ("tenant_id","cron_id","scheduled_at")
);

-- AddForeignKey
ALTER TABLE "executions"."cron_firings" ADD CONSTRAINT "cron_firings_tenant_id_cron_id_fkey" FOREIGN KEY ("tenant_id", "cron_id") REFERENCES "executions"."crons"("tenant_id", "cron_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- From here on by hand.
ALTER TABLE "executions"."crons" ADD CONSTRAINT "crons_overlap" CHECK ("overlap" IN ('allow', 'skip')),
  ADD CONSTRAINT "crons_on_run_completed" CHECK ("on_run_completed" IN ('delete', 'keep'));

-- What its schedule does not know yet; firings without a run.
CREATE INDEX "crons_unsynced" ON "executions"."crons" ("updated_at") WHERE "revision" > "synced_revision";
CREATE INDEX "cron_firings_open" ON "executions"."cron_firings" ("created_at") WHERE "outcome" IS NULL;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['executions.crons', 'executions.cron_firings'] LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY tenant_isolation ON %s USING (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid))
       WITH CHECK (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid))', name);
  END LOOP;
END
$$;

GRANT SELECT, INSERT, UPDATE, DELETE ON "executions"."crons", "executions"."cron_firings" TO holdfast_gateway;
GRANT SELECT ON "executions"."crons" TO holdfast_worker;
GRANT SELECT, INSERT ON "executions"."cron_firings" TO holdfast_worker;

-- Across tenants, as claim_due_deliveries. A claimed one is not given out again before p_lease has passed.
CREATE POLICY find_due ON executions.crons FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY claim_due ON executions.crons FOR UPDATE TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY find_due ON executions.cron_firings FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY claim_due ON executions.cron_firings FOR UPDATE TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE FUNCTION executions.claim_unsynced_crons(p_limit int, p_lease interval) RETURNS SETOF executions.crons
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

CREATE FUNCTION executions.claim_cron_firings(p_limit int, p_lease interval)
RETURNS TABLE (tenant_id uuid, cron_id uuid, scheduled_at timestamptz)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH due AS (
    SELECT f.tenant_id, f.cron_id, f.scheduled_at FROM executions.cron_firings f
    WHERE f.outcome IS NULL AND (f.leased_until IS NULL OR f.leased_until <= now())
    ORDER BY f.created_at LIMIT p_limit
    FOR UPDATE SKIP LOCKED
  )
  UPDATE executions.cron_firings f SET leased_until = now() + p_lease
  FROM due WHERE f.tenant_id = due.tenant_id AND f.cron_id = due.cron_id AND f.scheduled_at = due.scheduled_at
  RETURNING f.tenant_id, f.cron_id, f.scheduled_at
$$;

REVOKE EXECUTE ON FUNCTION executions.claim_unsynced_crons(int, interval), executions.claim_cron_firings(int, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION executions.claim_unsynced_crons(int, interval), executions.claim_cron_firings(int, interval) TO holdfast_gateway;
