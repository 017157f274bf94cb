-- The repair of a stream pages through the journal by position: with BRIN each page read and sorted all that was left.
-- DropIndex
DROP INDEX "executions"."run_events_position_idx";

-- CreateIndex
CREATE INDEX "run_events_position_idx" ON "executions"."run_events"("position");

-- From here on by hand.

-- Each relayed row leaves a dead entry in run_events_unpublished; by default the next vacuum waits for a fifth of the table.
ALTER TABLE "executions"."run_events" SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);

-- A run whose workflow is gone (terminated, Temporal restored from a backup) is ended by the gateway.
GRANT EXECUTE ON FUNCTION executions.commit_progress(text, uuid, uuid, int, text, text, jsonb, jsonb, jsonb, text, jsonb, jsonb),
  executions.put_checkpoint(uuid, uuid, uuid, jsonb, jsonb, text) TO holdfast_gateway;
