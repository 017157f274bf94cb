-- Notes that an owner uses blobs, until p_until (for good without it; a use for good stays so). An owner that was found gone is there again.
CREATE OR REPLACE FUNCTION executions.use_blobs(p_tenant uuid, p_owner uuid, p_until timestamptz, p_hashes text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_new int;
BEGIN
  INSERT INTO executions.blob_owners (tenant_id, owner_id) VALUES (p_tenant, p_owner) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    UPDATE executions.blob_owners o SET gone_since = NULL WHERE o.tenant_id = p_tenant AND o.owner_id = p_owner AND o.gone_since IS NOT NULL;
  END IF;
  INSERT INTO executions.blob_uses (tenant_id, owner_id, hash, kept_until) SELECT p_tenant, p_owner, h, p_until FROM unnest(p_hashes) AS h
  ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS v_new = ROW_COUNT;
  IF v_new < cardinality(p_hashes) THEN
    -- Not at every use: a row is written once a day.
    UPDATE executions.blob_uses u SET kept_until = p_until
    WHERE u.tenant_id = p_tenant AND u.owner_id = p_owner AND u.hash = ANY (p_hashes)
      AND u.kept_until < coalesce(p_until - interval '1 day', 'infinity');
  END IF;
END
$$;
