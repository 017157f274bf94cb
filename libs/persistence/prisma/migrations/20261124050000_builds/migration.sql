-- Which builds there are and which of them have a worker: Temporal shows a poller for minutes after its process died.
-- CreateTable
CREATE TABLE "executions"."builds" (
    "build_id" TEXT NOT NULL,
    "graphs" JSONB NOT NULL DEFAULT '{}',
    "first_seen_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_current_at" TIMESTAMPTZ(6),
    "withdrawn_at" TIMESTAMPTZ(6),
    "withdrawn_reason" TEXT,

    CONSTRAINT "builds_pkey" PRIMARY KEY ("build_id")
);

-- CreateTable
CREATE TABLE "executions"."workers" (
    "worker_id" UUID NOT NULL,
    "build_id" TEXT NOT NULL,
    "alive_until" TIMESTAMPTZ(6) NOT NULL,
    "runs_ended" INTEGER NOT NULL DEFAULT 0,
    "runs_failed" INTEGER NOT NULL DEFAULT 0,
    "started_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "workers_pkey" PRIMARY KEY ("worker_id")
);

-- From here on by hand. Both belong to no tenant.
GRANT SELECT, INSERT, UPDATE, DELETE ON "executions"."builds", "executions"."workers" TO holdfast_worker;
GRANT SELECT, UPDATE ON "executions"."builds" TO holdfast_gateway;
GRANT SELECT ON "executions"."workers" TO holdfast_gateway;

-- A worker's sign of life, with what became of the runs that it ended. Who was dead for a day is forgotten: a worker without a row is as
-- dead as one whose time is over.
CREATE FUNCTION executions.renew_worker(p_worker uuid, p_build text, p_lease_ms int, p_ended int, p_failed int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_until CONSTANT timestamptz := clock_timestamp() + p_lease_ms * interval '1 millisecond';
BEGIN
  UPDATE executions.workers w SET alive_until = v_until, runs_ended = p_ended, runs_failed = p_failed WHERE w.worker_id = p_worker;
  IF NOT FOUND THEN
    DELETE FROM executions.workers w WHERE w.alive_until < clock_timestamp() - interval '1 day';
    INSERT INTO executions.builds (build_id) VALUES (p_build) ON CONFLICT DO NOTHING;
    INSERT INTO executions.workers (worker_id, build_id, alive_until, runs_ended, runs_failed) VALUES (p_worker, p_build, v_until, p_ended, p_failed)
    ON CONFLICT (worker_id) DO UPDATE SET alive_until = excluded.alive_until;
  END IF;
END
$$;

REVOKE EXECUTE ON FUNCTION executions.renew_worker(uuid, text, int, int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION executions.renew_worker(uuid, text, int, int, int) TO holdfast_worker;
