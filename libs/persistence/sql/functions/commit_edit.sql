-- A state edited by a person, once per command: a repeat is told the checkpoint that the first one made. Refused while a run is running; runs that wait
-- begin after it.
CREATE OR REPLACE FUNCTION executions.commit_edit(p_tenant text, p_thread uuid, p_draft jsonb, p_values jsonb, p_saved text, p_interrupts jsonb, p_command text)
RETURNS TABLE (kind text, checkpoint_id text) LANGUAGE plpgsql AS $$
DECLARE
  t CONSTANT uuid := p_tenant::uuid;
BEGIN
  checkpoint_id := p_draft ->> 'checkpointId';
  PERFORM FROM executions.threads th WHERE th.tenant_id = t AND th.thread_id = p_thread FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    kind := 'thread-not-found';
    RETURN NEXT;
    RETURN;
  END IF;
  SELECT c.checkpoint_id INTO commit_edit.checkpoint_id FROM executions.checkpoints c
  WHERE c.tenant_id = t AND c.thread_id = p_thread AND c.command_id = p_command;
  IF FOUND THEN
    kind := 'committed';
    RETURN NEXT;
    RETURN;
  END IF;
  checkpoint_id := p_draft ->> 'checkpointId';
  IF EXISTS (SELECT FROM executions.runs r WHERE r.tenant_id = t AND r.thread_id = p_thread AND r.status = 'running') THEN
    kind := 'thread-busy';
    RETURN NEXT;
    RETURN;
  END IF;
  PERFORM executions.put_checkpoint(t, p_thread, NULL, p_draft, p_values, p_saved);
  UPDATE executions.checkpoints c SET command_id = p_command
  WHERE c.tenant_id = t AND c.thread_id = p_thread AND c.checkpoint_id = commit_edit.checkpoint_id;
  PERFORM executions.settle_thread(t, p_thread, NULL, p_interrupts, NULL);
  kind := 'committed';
  RETURN NEXT;
END
$$;
