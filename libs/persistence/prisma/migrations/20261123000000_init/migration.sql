-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "events";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "executions";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "tools";

-- CreateTable
CREATE TABLE "executions"."tenants" (
    "tenant_id" UUID NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "tenants_pkey" PRIMARY KEY ("tenant_id")
);

-- CreateTable
CREATE TABLE "executions"."api_keys" (
    "tenant_id" UUID NOT NULL,
    "key_id" TEXT NOT NULL,
    "principal_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,
    "roles" TEXT[],
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revoked_at" TIMESTAMPTZ(6),

    CONSTRAINT "api_keys_pkey" PRIMARY KEY ("tenant_id","key_id")
);

-- CreateTable
CREATE TABLE "executions"."graphs" (
    "graph_id" TEXT NOT NULL,
    "build_id" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "structure" JSONB NOT NULL,
    "schemas" JSONB NOT NULL,
    "registered_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "graphs_pkey" PRIMARY KEY ("graph_id")
);

-- CreateTable
CREATE TABLE "executions"."assistants" (
    "tenant_id" UUID NOT NULL,
    "assistant_id" UUID NOT NULL,
    "graph_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "config" JSONB NOT NULL,
    "context" JSONB NOT NULL,
    "metadata" JSONB NOT NULL,
    "version" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "assistants_pkey" PRIMARY KEY ("tenant_id","assistant_id")
);

-- CreateTable
CREATE TABLE "executions"."assistant_versions" (
    "tenant_id" UUID NOT NULL,
    "assistant_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "graph_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "config" JSONB NOT NULL,
    "context" JSONB NOT NULL,
    "metadata" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "assistant_versions_pkey" PRIMARY KEY ("tenant_id","assistant_id","version")
);

-- CreateTable
CREATE TABLE "executions"."threads" (
    "tenant_id" UUID NOT NULL,
    "thread_id" UUID NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'idle',
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "config" JSONB NOT NULL DEFAULT '{}',
    "values" JSONB,
    "interrupts" JSONB NOT NULL DEFAULT '{}',
    "error" JSONB,
    "latest_checkpoint_id" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "state_updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "threads_pkey" PRIMARY KEY ("tenant_id","thread_id")
);

-- CreateTable
CREATE TABLE "executions"."runs" (
    "tenant_id" UUID NOT NULL,
    "run_id" UUID NOT NULL,
    "thread_id" UUID NOT NULL,
    "assistant_id" UUID NOT NULL,
    "graph_id" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'pending',
    "kwargs" JSONB NOT NULL,
    "metadata" JSONB NOT NULL,
    "multitask_strategy" TEXT NOT NULL,
    "position" BIGSERIAL NOT NULL,
    "last_seq" INTEGER NOT NULL,
    "last_commit" INTEGER NOT NULL DEFAULT 0,
    "workflow_id" TEXT,
    "workflow_run_id" TEXT,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "deliver_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "delivered_at" TIMESTAMPTZ(6),
    "delete_thread" BOOLEAN NOT NULL DEFAULT false,
    "has_state" BOOLEAN NOT NULL DEFAULT false,
    "error" JSONB,
    "traceparent" TEXT,
    "request_hash" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(6),
    "ended_at" TIMESTAMPTZ(6),
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "runs_pkey" PRIMARY KEY ("tenant_id","run_id")
);

-- CreateTable
CREATE TABLE "executions"."run_events" (
    "tenant_id" UUID NOT NULL,
    "run_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "thread_id" UUID NOT NULL,
    "position" BIGSERIAL NOT NULL,
    "type" TEXT NOT NULL,
    "time" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "traceparent" TEXT,
    "data" JSONB NOT NULL,
    "published_at" TIMESTAMPTZ(6),

    CONSTRAINT "run_events_pkey" PRIMARY KEY ("tenant_id","run_id","seq")
);

-- CreateTable
CREATE TABLE "executions"."checkpoints" (
    "tenant_id" UUID NOT NULL,
    "thread_id" UUID NOT NULL,
    "checkpoint_id" TEXT NOT NULL,
    "parent_checkpoint_id" TEXT,
    "run_id" UUID,
    "step" INTEGER NOT NULL,
    "source" TEXT NOT NULL,
    "values" JSONB NOT NULL,
    "next" TEXT[],
    "tasks" JSONB NOT NULL,
    "metadata" JSONB NOT NULL,
    "saved" TEXT NOT NULL,
    "position" BIGSERIAL NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "checkpoints_pkey" PRIMARY KEY ("tenant_id","thread_id","checkpoint_id")
);

-- CreateTable
CREATE TABLE "executions"."blobs" (
    "tenant_id" UUID NOT NULL,
    "hash" TEXT NOT NULL,
    "bytes" INTEGER NOT NULL,
    "body" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "blobs_pkey" PRIMARY KEY ("tenant_id","hash")
);

-- CreateTable
CREATE TABLE "executions"."idempotency_keys" (
    "tenant_id" UUID NOT NULL,
    "principal_id" TEXT NOT NULL,
    "route" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "request_hash" TEXT NOT NULL,
    "run_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("tenant_id","principal_id","route","key")
);

-- CreateTable
CREATE TABLE "tools"."tool_calls" (
    "tenant_id" UUID NOT NULL,
    "run_id" UUID NOT NULL,
    "call_id" TEXT NOT NULL,
    "server" TEXT NOT NULL,
    "tool" TEXT NOT NULL,
    "effect" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "code" TEXT,
    "duration_ms" DOUBLE PRECISION NOT NULL,
    "bytes" INTEGER NOT NULL,
    "arguments_sha256" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "tool_calls_pkey" PRIMARY KEY ("tenant_id","run_id","call_id")
);

-- CreateTable
CREATE TABLE "events"."stream_state" (
    "stream" TEXT NOT NULL,
    "created" TIMESTAMPTZ(6) NOT NULL,
    "last_seq" BIGINT NOT NULL,
    "checked_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "stream_state_pkey" PRIMARY KEY ("stream")
);

-- CreateIndex
CREATE UNIQUE INDEX "tenants_slug_key" ON "executions"."tenants"("slug");

-- CreateIndex
CREATE UNIQUE INDEX "api_keys_hash_key" ON "executions"."api_keys"("hash");

-- CreateIndex
CREATE INDEX "threads_tenant_id_created_at_idx" ON "executions"."threads"("tenant_id", "created_at");

-- CreateIndex
CREATE INDEX "runs_tenant_id_thread_id_position_idx" ON "executions"."runs"("tenant_id", "thread_id", "position");

-- CreateIndex
CREATE INDEX "run_events_position_idx" ON "executions"."run_events" USING BRIN ("position");

-- CreateIndex
CREATE INDEX "checkpoints_tenant_id_thread_id_position_idx" ON "executions"."checkpoints"("tenant_id", "thread_id", "position");

-- AddForeignKey
ALTER TABLE "executions"."api_keys" ADD CONSTRAINT "api_keys_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "executions"."tenants"("tenant_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "executions"."assistant_versions" ADD CONSTRAINT "assistant_versions_tenant_id_assistant_id_fkey" FOREIGN KEY ("tenant_id", "assistant_id") REFERENCES "executions"."assistants"("tenant_id", "assistant_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "executions"."runs" ADD CONSTRAINT "runs_tenant_id_thread_id_fkey" FOREIGN KEY ("tenant_id", "thread_id") REFERENCES "executions"."threads"("tenant_id", "thread_id") ON DELETE CASCADE ON UPDATE CASCADE;


-- From here on by hand: Prisma has no words for it, and its drift check looks past it.

-- Values that the protocol knows.
ALTER TABLE "executions"."threads" ADD CONSTRAINT "threads_status" CHECK ("status" IN ('idle', 'busy', 'interrupted', 'error'));
ALTER TABLE "executions"."runs" ADD CONSTRAINT "runs_status"
  CHECK ("status" IN ('pending', 'running', 'error', 'success', 'timeout', 'interrupted'));
ALTER TABLE "executions"."runs" ADD CONSTRAINT "runs_multitask_strategy"
  CHECK ("multitask_strategy" IN ('reject', 'enqueue', 'interrupt', 'rollback'));
ALTER TABLE "executions"."run_events" ADD CONSTRAINT "run_events_seq" CHECK ("seq" > 0);

-- Active runs of a thread; runs to deliver; threads of stateless runs to delete; rows to relay, by partition.
-- All are partial: an entry leaves with the state that it stands for, so they stay small.
CREATE INDEX "runs_active" ON "executions"."runs" ("tenant_id", "thread_id") WHERE "status" IN ('pending', 'running');
CREATE INDEX "runs_due" ON "executions"."runs" ("deliver_at") WHERE "status" = 'pending';
CREATE INDEX "runs_stateless" ON "executions"."runs" ("ended_at") WHERE "delete_thread" AND "ended_at" IS NOT NULL;
CREATE INDEX "run_events_unpublished" ON "executions"."run_events" ((get_byte(uuid_send("run_id"), 15) & 15), "position")
  WHERE "published_at" IS NULL;
-- There is no GIN index for the metadata filters of searches: `@>` is not leakproof, and under row level security PostgreSQL
-- uses only leakproof operators as index conditions. Searches walk the tenant's rows by (tenant_id, created_at).

-- Rows that are updated a few times in their life find room on their page (heap-only tuples).
ALTER TABLE "executions"."threads" SET (fillfactor = 80);
ALTER TABLE "executions"."runs" SET (fillfactor = 60);

-- lz4 costs a fraction of pglz. A server built without it keeps its default.
DO $$
BEGIN
  ALTER TABLE "executions"."threads" ALTER COLUMN "values" SET COMPRESSION lz4;
  ALTER TABLE "executions"."runs" ALTER COLUMN "kwargs" SET COMPRESSION lz4;
  ALTER TABLE "executions"."run_events" ALTER COLUMN "data" SET COMPRESSION lz4;
  ALTER TABLE "executions"."checkpoints"
    ALTER COLUMN "values" SET COMPRESSION lz4, ALTER COLUMN "tasks" SET COMPRESSION lz4, ALTER COLUMN "saved" SET COMPRESSION lz4;
  ALTER TABLE "executions"."blobs" ALTER COLUMN "body" SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
  RAISE NOTICE 'this server has no lz4';
END
$$;

-- Row level security: a session sees and writes the rows of the tenant named by app.tenant_id, and none without it. After a
-- transaction the setting is '', hence nullif. FORCE: the owner is no exception. The sub-select is evaluated once per statement.
DO $$
DECLARE
  owned record;
BEGIN
  FOR owned IN
    SELECT c.oid::regclass AS name
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace IN ('executions'::regnamespace, 'tools'::regnamespace, 'events'::regnamespace)
  LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', owned.name);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', owned.name);
    EXECUTE format(
      'CREATE POLICY tenant_isolation ON %s USING (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid))
       WITH CHECK (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid))', owned.name);
  END LOOP;
END
$$;

-- Roles own nothing and get what they use. No role gets TRUNCATE. No UPDATE or DELETE on the journal, but for the relay's stamp.
GRANT USAGE ON SCHEMA "executions" TO holdfast_gateway, holdfast_worker, holdfast_relay;
GRANT USAGE ON SCHEMA "tools" TO holdfast_tools;
GRANT USAGE ON SCHEMA "events" TO holdfast_relay;

GRANT SELECT ON "executions"."tenants" TO holdfast_gateway;
-- Not the hash: keys are compared by executions.authenticate.
GRANT SELECT ("tenant_id", "key_id", "principal_id", "name", "roles", "created_at", "revoked_at"), UPDATE ("revoked_at")
  ON "executions"."api_keys" TO holdfast_gateway;
GRANT SELECT ON "executions"."graphs" TO holdfast_gateway;
GRANT SELECT, INSERT, UPDATE ON "executions"."graphs" TO holdfast_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON "executions"."assistants", "executions"."assistant_versions" TO holdfast_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON "executions"."threads", "executions"."runs", "executions"."checkpoints" TO holdfast_gateway;
GRANT SELECT, UPDATE ON "executions"."threads" TO holdfast_worker;
GRANT SELECT, UPDATE, DELETE ON "executions"."runs" TO holdfast_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON "executions"."checkpoints" TO holdfast_worker;
GRANT SELECT, INSERT ON "executions"."run_events", "executions"."blobs" TO holdfast_gateway, holdfast_worker;
GRANT SELECT, UPDATE ("published_at") ON "executions"."run_events" TO holdfast_relay;
GRANT SELECT, INSERT, DELETE ON "executions"."idempotency_keys" TO holdfast_gateway;
GRANT USAGE ON SEQUENCE "executions"."runs_position_seq" TO holdfast_gateway;
GRANT USAGE ON SEQUENCE "executions"."run_events_position_seq", "executions"."checkpoints_position_seq" TO holdfast_gateway, holdfast_worker;
GRANT SELECT, INSERT, UPDATE ON "tools"."tool_calls" TO holdfast_tools;
GRANT SELECT, INSERT, UPDATE, DELETE ON "events"."stream_state" TO holdfast_relay;
