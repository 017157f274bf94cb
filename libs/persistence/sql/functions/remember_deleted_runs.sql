-- Remembers runs that are deleted, until everything of theirs is. See forget_model_calls.
CREATE OR REPLACE FUNCTION executions.remember_deleted_runs() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO executions.deleted_runs (tenant_id, run_id, thread_id) SELECT g.tenant_id, g.run_id, g.thread_id FROM gone g
  -- A run id may come again after a rollback, and go again.
  ON CONFLICT (tenant_id, run_id) DO UPDATE SET deleted_at = now(), journal_gone = false, calls_gone = false;
  RETURN NULL;
END
$$;
