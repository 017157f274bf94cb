-- Stores what is not there yet, and that the owner uses all of it: a thread, or an id that stands for a posted event. Without p_kept_days it does so
-- as long as it is there. Hashes in one order everywhere: two writers of the same blobs wait for each other, never in a circle.
CREATE OR REPLACE FUNCTION executions.put_blobs(p_tenant text, p_owner uuid, p_kept_days int, p_hashes text[], p_bodies bytea[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_tenant uuid := p_tenant::uuid;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(executions.blob_lock(v_tenant));
  INSERT INTO executions.blobs (tenant_id, hash, bytes, body, counted)
  SELECT v_tenant, b.hash, octet_length(b.body), b.body, true FROM unnest(p_hashes, p_bodies) AS b (hash, body)
  ON CONFLICT DO NOTHING;
  PERFORM executions.use_blobs(v_tenant, p_owner, now() + make_interval(days => p_kept_days), p_hashes);
END
$$;
