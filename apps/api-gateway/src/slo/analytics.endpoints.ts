import { endpoint } from '../openapi/endpoint';
import { sloQuery, sloReportSchema } from './analytics.schema';

/** Endpoints under /analytics; Holdfast only. */
export const analyticsEndpoints = {
  slo: endpoint({
    method: 'GET',
    path: '/analytics/slo',
    operationId: 'getServiceLevels',
    summary: 'Service levels of the tenant’s agents',
    description: 'Measured from the journal, at most some 15 s behind it: see docs/slo.md.',
    tag: 'Analytics',
    query: sloQuery,
    responses: { 200: { description: 'Objectives and buckets', schema: sloReportSchema } },
  }),
};
