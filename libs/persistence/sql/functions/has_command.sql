-- True when the command of a run would answer or step over what a thread waits for.
CREATE OR REPLACE FUNCTION executions.has_command(p_kwargs jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(jsonb_typeof(p_kwargs -> 'command') = 'object'
    AND (p_kwargs -> 'command' ? 'resume' OR jsonb_strip_nulls(p_kwargs -> 'command') <> '{}'), false)
$$;
