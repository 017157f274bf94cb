-- A worker's sign of life, with what became of the runs that it ended. Who was dead for a day is forgotten: a worker without a row is as
-- dead as one whose time is over.
CREATE OR REPLACE FUNCTION executions.renew_worker(p_worker uuid, p_build text, p_lease_ms int, p_ended int, p_failed int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_until CONSTANT timestamptz := clock_timestamp() + p_lease_ms * interval '1 millisecond';
BEGIN
  UPDATE executions.workers w SET alive_until = v_until, runs_ended = p_ended, runs_failed = p_failed WHERE w.worker_id = p_worker;
  IF NOT FOUND THEN
    DELETE FROM executions.workers w WHERE w.alive_until < clock_timestamp() - interval '1 day';
    INSERT INTO executions.builds (build_id) VALUES (p_build) ON CONFLICT DO NOTHING;
    INSERT INTO executions.workers (worker_id, build_id, alive_until, runs_ended, runs_failed) VALUES (p_worker, p_build, v_until, p_ended, p_failed)
    ON CONFLICT (worker_id) DO UPDATE SET alive_until = excluded.alive_until;
  END IF;
END
$$;
