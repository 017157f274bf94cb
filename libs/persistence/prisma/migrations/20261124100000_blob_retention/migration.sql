-- Blobs go with what uses them: each use is a row under its owner, and a blob that nobody uses any more is deleted.

-- AlterTable
ALTER TABLE "executions"."blobs" ADD COLUMN "counted" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "executions"."blob_owners" (
    "tenant_id" UUID NOT NULL,
    "owner_id" UUID NOT NULL,
    "looked_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "gone_since" TIMESTAMPTZ(6),

    CONSTRAINT "blob_owners_pkey" PRIMARY KEY ("tenant_id","owner_id")
);

-- CreateTable
CREATE TABLE "executions"."blob_uses" (
    "tenant_id" UUID NOT NULL,
    "owner_id" UUID NOT NULL,
    "hash" TEXT NOT NULL,
    "kept_until" TIMESTAMPTZ(6),

    CONSTRAINT "blob_uses_pkey" PRIMARY KEY ("tenant_id","owner_id","hash")
);

-- CreateIndex
CREATE INDEX "blob_owners_looked_at_idx" ON "executions"."blob_owners"("looked_at");

-- CreateIndex
CREATE INDEX "blob_uses_tenant_id_hash_idx" ON "executions"."blob_uses"("tenant_id", "hash");

-- From here on by hand.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['executions.blob_owners', 'executions.blob_uses'] LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY tenant_isolation ON %s USING (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid))
       WITH CHECK (tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid))', name);
  END LOOP;
END
$$;
CREATE POLICY retire_found ON executions.blob_owners FOR SELECT TO CURRENT_USER USING (true);

GRANT SELECT, INSERT, UPDATE ("gone_since") ON "executions"."blob_owners" TO holdfast_gateway, holdfast_worker;
GRANT SELECT, INSERT, UPDATE ("kept_until") ON "executions"."blob_uses" TO holdfast_gateway, holdfast_worker;

-- Key of the lock that writers of a tenant's blobs share, and that deletion has alone: no writer finds a blob that is about to go.
CREATE FUNCTION executions.blob_lock(p_tenant uuid) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT hashtextextended('blobs ' || p_tenant::text, 0)
$$;

-- Notes that an owner uses blobs, until p_until (for good without it; a use for good stays so). An owner that was found gone is there again.
CREATE FUNCTION executions.use_blobs(p_tenant uuid, p_owner uuid, p_until timestamptz, p_hashes text[]) RETURNS void LANGUAGE plpgsql AS $$
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

-- Stores what is not there yet, and that the owner uses all of it: a thread, or an id that stands for a posted event. Without p_kept_days it does so
-- as long as it is there. Hashes in one order everywhere: two writers of the same blobs wait for each other, never in a circle.
CREATE FUNCTION executions.put_blobs(p_tenant text, p_owner uuid, p_kept_days int, p_hashes text[], p_bodies bytea[]) RETURNS void LANGUAGE plpgsql AS $$
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

-- A blob that a build before this table came stores, or would store again, has uses that nobody noted: it stays.
CREATE FUNCTION executions.keep_uncounted_blob() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- Alone: a counted one that is being stored now would be found too late.
  PERFORM pg_advisory_xact_lock(executions.blob_lock(NEW.tenant_id));
  UPDATE executions.blobs b SET counted = false WHERE b.tenant_id = NEW.tenant_id AND b.hash = NEW.hash AND b.counted;
  RETURN NEW;
END
$$;
CREATE TRIGGER keep_uncounted_blob BEFORE INSERT ON "executions"."blobs" FOR EACH ROW WHEN (NOT NEW.counted)
  EXECUTE FUNCTION executions.keep_uncounted_blob();

-- A wait that takes an event uses the event's texts from then on: the event itself is kept for a day.
CREATE FUNCTION executions.use_event_blobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM executions.use_blobs(NEW.tenant_id, NEW.thread_id, NULL,
    ARRAY(SELECT DISTINCT m.hit[1] FROM regexp_matches(NEW.event::text, '"(sha256:[0-9a-f]{64})"', 'g') AS m (hit) ORDER BY 1));
  RETURN NULL;
END
$$;
CREATE TRIGGER use_event_blobs AFTER INSERT OR UPDATE OF event ON "executions"."waits"
  FOR EACH ROW WHEN (NEW.event IS NOT NULL AND NEW.event::text LIKE '%"sha256:%') EXECUTE FUNCTION executions.use_event_blobs();

-- What a thread waits for, for a copy of it, under the locks of the events: one that is posted meanwhile would wake the wait, but not its copy. And the
-- blobs that the thread uses: a build before this one calls no other function for them.
CREATE OR REPLACE FUNCTION executions.copy_waits(p_tenant uuid, p_from uuid, p_to uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_lock bigint;
  v_used text[];
BEGIN
  FOR v_lock IN
    SELECT DISTINCT executions.event_lock(p_tenant, w.event_type) AS l FROM executions.waits w
    WHERE w.tenant_id = p_tenant AND w.thread_id = p_from AND w.status = 'pending' AND w.event_type IS NOT NULL ORDER BY l
  LOOP
    PERFORM pg_advisory_xact_lock_shared(v_lock);
  END LOOP;
  INSERT INTO executions.waits (tenant_id, wait_id, thread_id, run_id, interrupt_id, question_hash, event_type, event_key, wake_at, event_id, event,
    traceparent)
  SELECT p_tenant, uuidv7(), p_to, w.run_id, w.interrupt_id, w.question_hash, w.event_type, w.event_key, w.wake_at, w.event_id, w.event, w.traceparent
  FROM executions.waits w WHERE w.tenant_id = p_tenant AND w.thread_id = p_from AND w.status = 'pending';
  -- Those of histories are the source's alone.
  v_used := ARRAY(SELECT u.hash FROM executions.blob_uses u
                  WHERE u.tenant_id = p_tenant AND u.owner_id = p_from AND u.kept_until IS NULL ORDER BY u.hash);
  IF cardinality(v_used) > 0 THEN
    PERFORM executions.use_blobs(p_tenant, p_to, NULL, v_used);
  END IF;
END
$$;

-- Looks at up to 100 owners of one tenant whose last look was before p_every: one whose thread is not there is gone, and p_kept (2 days at least) after
-- that was found, once the journal of the tenant's runs that were deleted till then is gone too, its uses are deleted, and the blobs that nobody else
-- uses. Of a thread that is there go uses whose time is over, when nothing has happened on it for an hour: no history of an open workflow can need
-- them. At most p_limit uses. Gives {looked, deleted}: owners and blobs.
CREATE FUNCTION executions.delete_outlived_blobs(p_limit int, p_kept interval, p_every interval) RETURNS jsonb
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

REVOKE EXECUTE ON FUNCTION executions.blob_lock(uuid), executions.use_blobs(uuid, uuid, timestamptz, text[]),
  executions.put_blobs(text, uuid, int, text[], bytea[]), executions.keep_uncounted_blob(), executions.use_event_blobs(),
  executions.delete_outlived_blobs(int, interval, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION executions.blob_lock(uuid), executions.use_blobs(uuid, uuid, timestamptz, text[]),
  executions.put_blobs(text, uuid, int, text[], bytea[]) TO holdfast_gateway, holdfast_worker;
GRANT EXECUTE ON FUNCTION executions.delete_outlived_blobs(int, interval, interval) TO holdfast_gateway;
