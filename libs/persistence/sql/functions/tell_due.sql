-- The journal outlives runs, so it must tell itself when a delayed run was due.
CREATE OR REPLACE FUNCTION executions.tell_due() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_due timestamptz;
BEGIN
  SELECT r.deliver_at INTO v_due FROM executions.runs r WHERE r.tenant_id = NEW.tenant_id AND r.run_id = NEW.run_id AND r.deliver_at > now();
  IF FOUND THEN
    NEW.data := NEW.data || jsonb_build_object('due_at', to_char(v_due AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'));
  END IF;
  RETURN NEW;
END
$$;
