-- A deleted run takes what models said to it along. A statement's trigger and no foreign key: that would lock the run's row at each claim.
CREATE OR REPLACE FUNCTION executions.forget_model_calls() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  DELETE FROM executions.model_calls c USING gone g WHERE c.tenant_id = g.tenant_id AND c.origin_run_id = g.run_id;
  RETURN NULL;
END
$$;
