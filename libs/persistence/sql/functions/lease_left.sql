-- What is left of a router's lease, by this server's clock; null for a dead one.
CREATE OR REPLACE FUNCTION tools.lease_left(p_router uuid) RETURNS interval LANGUAGE sql AS $$
  SELECT r.alive_until - clock_timestamp() FROM tools.routers r WHERE r.router_id = p_router AND r.alive_until > clock_timestamp()
$$;
