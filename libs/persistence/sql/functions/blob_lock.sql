-- Key of the lock that writers of a tenant's blobs share, and that deletion has alone: no writer finds a blob that is about to go.
CREATE OR REPLACE FUNCTION executions.blob_lock(p_tenant uuid) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT hashtextextended('blobs ' || p_tenant::text, 0)
$$;
