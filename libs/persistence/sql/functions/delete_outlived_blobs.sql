-- Looks at up to 100 owners of one tenant whose last look was before p_every: one whose thread is not there is gone, and p_kept (2 days at least) after
-- that was found, once the journal of the tenant's runs that were deleted till then is gone too, its uses are deleted, and the blobs that nobody else
-- uses. Of a thread that is there go uses whose time is over, when nothing has happened on it for an hour: no history of an open workflow can need
-- them. At most p_limit uses. Gives {looked, deleted}: owners and blobs.
CREATE OR REPLACE FUNCTION executions.delete_outlived_blobs(p_limit int, p_kept interval, p_every interval) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  -- Longer than a posted event is kept, than a worker remembers what it stored, and than any request takes.
  v_kept CONSTANT interval := greatest(p_kept, interval '2 days');
  v_tenant uuid;
  o executions.blob_owners;
  v_thread executions.threads;
  v_is_there boolean;
  v_hashes text[];
  v_left int := p_limit;
  v_looked int := 0;
  v_deleted int := 0;
  n int;
BEGIN
  SELECT x.tenant_id INTO v_tenant FROM executions.blob_owners x WHERE x.looked_at < now() - p_every ORDER BY x.looked_at LIMIT 1;
  IF NOT FOUND THEN
    RETURN jsonb_build_object('looked', 0, 'deleted', 0);
  END IF;
  -- One tenant in a transaction: two deleters must not have a lock each and wait for the other's.
  PERFORM set_config('app.tenant_id', v_tenant::text, true);
  PERFORM pg_advisory_xact_lock(executions.blob_lock(v_tenant));

  FOR o IN
    SELECT d.* FROM (SELECT * FROM executions.blob_owners x WHERE x.looked_at < now() - p_every ORDER BY x.looked_at LIMIT 100) AS d
    WHERE d.tenant_id = v_tenant ORDER BY d.looked_at
  LOOP
    EXIT WHEN v_left <= 0;
    v_looked := v_looked + 1;
    SELECT * INTO v_thread FROM executions.threads t WHERE t.tenant_id = v_tenant AND t.thread_id = o.owner_id;
    v_is_there := FOUND;
    IF NOT v_is_there AND (o.gone_since IS NULL OR o.gone_since > now() - v_kept OR EXISTS (
      SELECT FROM executions.deleted_runs x WHERE x.tenant_id = v_tenant AND NOT x.journal_gone AND x.deleted_at <= o.gone_since))
    THEN
      UPDATE executions.blob_owners x SET looked_at = now(), gone_since = coalesce(x.gone_since, now())
      WHERE x.tenant_id = v_tenant AND x.owner_id = o.owner_id;
      CONTINUE;
    END IF;

    v_hashes := '{}';
    IF NOT v_is_there OR v_thread.updated_at < now() - interval '1 hour' AND NOT EXISTS (
      SELECT FROM executions.runs r WHERE r.tenant_id = v_tenant AND r.thread_id = o.owner_id
        AND (r.status IN ('pending', 'running') OR r.ended_at > now() - interval '1 hour'))
    THEN
      WITH old AS (
        SELECT u.hash FROM executions.blob_uses u
        WHERE u.tenant_id = v_tenant AND u.owner_id = o.owner_id AND (NOT v_is_there OR u.kept_until < now()) LIMIT v_left
      ), gone AS (
        DELETE FROM executions.blob_uses u USING old WHERE u.tenant_id = v_tenant AND u.owner_id = o.owner_id AND u.hash = old.hash RETURNING u.hash
      )
      SELECT coalesce(array_agg(g.hash), '{}') INTO v_hashes FROM gone g;
      DELETE FROM executions.blobs b
      WHERE b.tenant_id = v_tenant AND b.hash = ANY (v_hashes) AND b.counted
        AND NOT EXISTS (SELECT FROM executions.blob_uses u WHERE u.tenant_id = v_tenant AND u.hash = b.hash);
      GET DIAGNOSTICS n = ROW_COUNT;
      v_deleted := v_deleted + n;
      v_left := v_left - cardinality(v_hashes);
    END IF;

    -- One that may have more is the first again.
    CONTINUE WHEN v_left <= 0;
    IF v_is_there THEN
      UPDATE executions.blob_owners x SET looked_at = now(), gone_since = NULL WHERE x.tenant_id = v_tenant AND x.owner_id = o.owner_id;
    ELSE
      DELETE FROM executions.blob_owners x WHERE x.tenant_id = v_tenant AND x.owner_id = o.owner_id;
    END IF;
  END LOOP;
  PERFORM set_config('app.tenant_id', '', true);
  RETURN jsonb_build_object('looked', v_looked, 'deleted', v_deleted);
END
$$;
