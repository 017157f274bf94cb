-- What a thread shows when no run is active: interrupts by task id.
CREATE OR REPLACE FUNCTION executions.interrupts_of(p_tasks jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(jsonb_object_agg(task ->> 'id', task -> 'interrupts'), '{}')
  FROM jsonb_array_elements(p_tasks) AS task
  WHERE jsonb_array_length(coalesce(nullif(task -> 'interrupts', 'null'), '[]')) > 0
$$;
