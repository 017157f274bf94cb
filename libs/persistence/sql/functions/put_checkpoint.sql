-- Stores a checkpoint. A known id is replaced, because pending writes join a checkpoint after it was made; it becomes the newest, and
-- stays with the run that made it.
CREATE OR REPLACE FUNCTION executions.put_checkpoint(p_tenant uuid, p_thread uuid, p_run uuid, p_draft jsonb, p_values jsonb, p_saved text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO executions.checkpoints AS c (tenant_id, thread_id, checkpoint_id, parent_checkpoint_id, run_id, step, source, values, next, tasks,
    metadata, saved)
  VALUES (p_tenant, p_thread, p_draft ->> 'checkpointId', p_draft ->> 'parentCheckpointId', p_run, (p_draft ->> 'step')::int,
    p_draft ->> 'source', p_values, ARRAY(SELECT jsonb_array_elements_text(p_draft -> 'next')), p_draft -> 'tasks', p_draft -> 'metadata', p_saved)
  ON CONFLICT (tenant_id, thread_id, checkpoint_id) DO UPDATE
  SET parent_checkpoint_id = excluded.parent_checkpoint_id, step = excluded.step, source = excluded.source, values = excluded.values,
      next = excluded.next, tasks = excluded.tasks, metadata = excluded.metadata, saved = excluded.saved, position = excluded.position;
END
$$;
