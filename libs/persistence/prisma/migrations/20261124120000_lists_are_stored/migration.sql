-- A checkpoint names the parts of long lists of messages by hash. One that is not stored was found by the thread's next run only, when nobody could mend it.

-- The tenant, when it has all of these blobs, each named once. For the first argument of a function that stores what names them: otherwise nothing is
-- stored (23503).
CREATE OR REPLACE FUNCTION executions.with_blobs(p_tenant text, p_hashes text[]) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF cardinality(p_hashes) > 0 AND cardinality(p_hashes) > (SELECT count(*) FROM executions.blobs b WHERE b.tenant_id = p_tenant::uuid AND b.hash = ANY (p_hashes)) THEN
    RAISE foreign_key_violation USING MESSAGE = 'a text that is named is not stored';
  END IF;
  RETURN p_tenant;
END
$$;

REVOKE EXECUTE ON FUNCTION executions.with_blobs(text, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION executions.with_blobs(text, text[]) TO holdfast_worker, holdfast_gateway;
