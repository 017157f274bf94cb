import { z } from 'zod';
import { endpoint } from '../openapi/endpoint';
import {
  approvalDetailSchema,
  approvalListQuery,
  approvalParams,
  approvalSchema,
  commentSchema,
  decisionSchema,
  delegationSchema,
  editSchema,
} from './approvals.schema';

const tag = 'Approvals';
const one = { 200: { description: 'The approval', schema: approvalDetailSchema } };
const idempotent = { 'Idempotency-Key': 'A repeat with the same key and body changes nothing' };
const act = { method: 'POST', tag, params: approvalParams, headers: idempotent, responses: one } as const;

/** Endpoints under /approvals; Holdfast only. */
export const approvalEndpoints = {
  list: endpoint({
    method: 'GET',
    path: '/approvals',
    operationId: 'listApprovals',
    summary: 'List approvals',
    tag,
    query: approvalListQuery,
    responses: { 200: { description: 'Newest first', schema: z.array(approvalSchema), headers: { 'X-Pagination-Next': '`after` of the next page' } } },
  }),
  get: endpoint({ method: 'GET', path: '/approvals/{approval_id}', operationId: 'getApproval', summary: 'Get an approval with what was said and done about it', tag, params: approvalParams, responses: one }),
  approve: endpoint({ ...act, path: '/approvals/{approval_id}/approve', operationId: 'approveApproval', summary: 'Approve', body: decisionSchema }),
  reject: endpoint({ ...act, path: '/approvals/{approval_id}/reject', operationId: 'rejectApproval', summary: 'Reject', body: decisionSchema }),
  edit: endpoint({ ...act, path: '/approvals/{approval_id}/edit', operationId: 'editApproval', summary: 'Approve with other arguments', description: 'What others approved before does not count for the new arguments.', body: editSchema }),
  delegate: endpoint({ ...act, path: '/approvals/{approval_id}/delegate', operationId: 'delegateApproval', summary: 'Hand the own decision to another principal', body: delegationSchema }),
  comment: endpoint({ ...act, path: '/approvals/{approval_id}/comment', operationId: 'commentApproval', summary: 'Comment', body: commentSchema }),
};
