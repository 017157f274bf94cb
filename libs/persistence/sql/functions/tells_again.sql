-- Whether the journal of a run has some of these events already: calls and commands by their id among its latest rows, further back than a
-- workflow task reaches; finished supersteps by their checkpoint.
CREATE OR REPLACE FUNCTION executions.tells_again(p_tenant uuid, r executions.runs, p_events jsonb) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM jsonb_array_elements(p_events) AS e
    WHERE e -> 'data' ->> 'checkpoint_id' IS NOT NULL
      AND EXISTS (SELECT FROM executions.checkpoints c
                  WHERE c.tenant_id = p_tenant AND c.thread_id = r.thread_id AND c.checkpoint_id = e -> 'data' ->> 'checkpoint_id' AND c.run_id = r.run_id)
  ) OR EXISTS (
    SELECT FROM jsonb_array_elements(p_events) AS e
    JOIN executions.run_events x ON x.tenant_id = p_tenant AND x.run_id = r.run_id AND x.seq > r.last_seq - 400 AND x.type = e ->> 'type'
    WHERE e ->> 'type' <> 'run.step-completed.v1'
      AND coalesce(e -> 'data' ->> 'call_id', e -> 'data' ->> 'command_id') = coalesce(x.data ->> 'call_id', x.data ->> 'command_id')
  )
$$;
