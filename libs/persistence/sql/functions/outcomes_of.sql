-- The id under which the journal has what became of a run's tool calls after all (tools.tell_outcome): the run may have ended with its own last row.
CREATE OR REPLACE FUNCTION executions.outcomes_of(p_run uuid) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT md5('outcomes of ' || p_run::text)::uuid
$$;
