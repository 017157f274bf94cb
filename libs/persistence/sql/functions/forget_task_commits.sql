-- See executions.forget_model_calls.
CREATE OR REPLACE FUNCTION executions.forget_task_commits() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  DELETE FROM executions.task_commits c USING gone g WHERE c.tenant_id = g.tenant_id AND c.run_id = g.run_id;
  RETURN NULL;
END
$$;
