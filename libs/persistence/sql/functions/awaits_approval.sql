-- True when the state that a run would begin with waits for an approval: also an older one that it names, and a copy's.
CREATE OR REPLACE FUNCTION executions.awaits_approval(p_tenant uuid, p_thread uuid, p_kwargs jsonb) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_asked CONSTANT text := coalesce(p_kwargs ->> 'checkpoint_id', p_kwargs #>> '{checkpoint,checkpoint_id}',
    p_kwargs #>> '{config,configurable,checkpoint_id}');
  v_tasks jsonb;
BEGIN
  SELECT c.tasks INTO v_tasks FROM executions.checkpoints c
  WHERE c.tenant_id = p_tenant AND c.thread_id = p_thread AND (v_asked IS NULL OR c.checkpoint_id = v_asked)
  ORDER BY c.position DESC LIMIT 1;
  -- What only looks like the question of an approval has no row, and may be answered by anybody. A node that has finished beside one that
  -- waits still shows what it asked.
  RETURN EXISTS (
    SELECT FROM jsonb_path_query(v_tasks, '$[*] ? (!exists (@.result) || @.result == null).interrupts[*] ? (@.value.kind == "approval")') AS question
    JOIN executions.approvals a ON a.tenant_id = p_tenant AND a.interrupt_id = question ->> 'id');
END
$$;
