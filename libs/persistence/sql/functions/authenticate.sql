-- Across tenants: whose key has this hash.
CREATE OR REPLACE FUNCTION executions.authenticate(p_hash bytea)
RETURNS TABLE (tenant_id uuid, principal_id text, key_id text, roles text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT k.tenant_id, k.principal_id, k.key_id, k.roles FROM executions.api_keys k WHERE k.hash = p_hash AND k.revoked_at IS NULL
$$;
