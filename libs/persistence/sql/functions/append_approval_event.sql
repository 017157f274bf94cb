-- Appends to the journal of an approval. Its rows stand under the approval's id, because the run that asked has ended with its last row.
CREATE OR REPLACE FUNCTION executions.append_approval_event(p_tenant uuid, p_approval uuid, p_type text, p_data jsonb)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  a executions.approvals;
BEGIN
  UPDATE executions.approvals x SET last_seq = x.last_seq + 1 WHERE x.tenant_id = p_tenant AND x.approval_id = p_approval RETURNING * INTO STRICT a;
  INSERT INTO executions.run_events (tenant_id, run_id, seq, thread_id, type, traceparent, data)
  VALUES (p_tenant, p_approval, a.last_seq, a.thread_id, p_type, a.traceparent,
    jsonb_build_object('approval_id', a.approval_id, 'run_id', a.run_id, 'action', a.action) || p_data);
END
$$;
