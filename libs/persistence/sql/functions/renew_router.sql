-- A router's sign of life. Who was dead for a day is forgotten: a router without a row is as dead as one whose time is over.
CREATE OR REPLACE FUNCTION tools.renew_router(p_router uuid, p_lease_ms int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_until CONSTANT timestamptz := clock_timestamp() + p_lease_ms * interval '1 millisecond';
BEGIN
  UPDATE tools.routers r SET alive_until = v_until WHERE r.router_id = p_router;
  IF NOT FOUND THEN
    DELETE FROM tools.routers r WHERE r.alive_until < clock_timestamp() - interval '1 day';
    INSERT INTO tools.routers (router_id, alive_until) VALUES (p_router, v_until)
    ON CONFLICT (router_id) DO UPDATE SET alive_until = excluded.alive_until;
  END IF;
END
$$;
