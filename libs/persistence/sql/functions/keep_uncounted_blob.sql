-- A blob that a build before this table came stores, or would store again, has uses that nobody noted: it stays.
CREATE OR REPLACE FUNCTION executions.keep_uncounted_blob() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- Alone: a counted one that is being stored now would be found too late.
  PERFORM pg_advisory_xact_lock(executions.blob_lock(NEW.tenant_id));
  UPDATE executions.blobs b SET counted = false WHERE b.tenant_id = NEW.tenant_id AND b.hash = NEW.hash AND b.counted;
  RETURN NEW;
END
$$;
