import { EFFECT_CLASSES } from '@holdfast/contracts/tools';
import { isServerSlug } from '@holdfast/mcp-adapters';
import { z } from 'zod';

const text = z.string().min(1);
const patterns = z.array(text).min(1);
const environment = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is no name of an environment variable'), z.string());

const transport = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('node-package').describe('A server from an installed npm package, run by this Node'),
    package: text,
    entry: text.describe('File inside the package'),
    args: z.array(z.string()).default([]),
    env: environment.default({}),
    cwd: text.optional(),
  }),
  z.strictObject({
    kind: z.literal('stdio').describe('Any other program; no shell is involved'),
    command: text,
    args: z.array(z.string()).default([]),
    env: environment.default({}),
    cwd: text.optional(),
  }),
  z.strictObject({
    kind: z.literal('streamable-http'),
    url: z.url({ protocol: /^https?$/, error: 'must be an http(s):// URL' }),
    headers: z.record(text, z.string()).default({}),
  }),
]);

const tool = z
  .strictObject({
    effect: z.enum(EFFECT_CLASSES).describe('What a repeat may do; decides about retries and caching'),
    timeoutMs: z.number().int().min(1).max(600_000).optional(),
    cache: z
      .strictObject({ ttlSeconds: z.number().int().min(1).max(86_400) })
      .optional()
      .describe('Results are kept in Redis per tenant, definition and arguments'),
  })
  .refine(({ effect, cache }) => cache === undefined || effect === 'read', {
    message: 'only results of tools with effect "read" may be cached: a repeat of anything else is not the same call',
    path: ['cache'],
  });

const denyPattern = text.refine(isRegExp, 'is no regular expression').transform((source) => new RegExp(source, 'u'));

const server = z.strictObject({
  transport,
  isolation: z.literal('shared').describe('One connection for all tenants: only for servers that keep nothing between calls'),
  timeoutMs: z.number().int().min(1).max(600_000).default(30_000).describe('Longest call of a tool that names none'),
  concurrency: z
    .strictObject({ calls: z.number().int().min(1).max(1_000).default(16), queue: z.number().int().min(0).max(10_000).default(64) })
    .prefault({})
    .describe('Calls of one tenant at a time, and how many may wait'),
  breaker: z
    .strictObject({ failures: z.number().int().min(1).max(1_000).default(5), openMs: z.number().int().min(10).max(600_000).default(2_000) })
    .prefault({})
    .describe('After so many failures in a row a tenant’s calls are refused for so long'),
  denyArguments: z.record(text, z.array(denyPattern).min(1)).default({}).describe('By argument name: texts that are refused'),
  tools: z.record(text.max(128), tool).refine((tools) => Object.keys(tools).length > 0, 'names no tool'),
});

const grant = z.strictObject({
  comment: z.string().optional(),
  effect: z.enum(['allow', 'deny']),
  tools: patterns,
  tenants: patterns.optional(),
  principals: patterns.optional(),
  roles: patterns.optional(),
});

/** The operator's catalogue file: servers, their allowed tools, and who may use them. Unknown fields are errors. */
export const catalogueSchema = z.strictObject({
  comment: z.string().optional(),
  servers: z.record(
    z.string().refine(isServerSlug, 'is no server name: lower-case letters and digits, single - or _ between them, at most 32'),
    server,
  ),
  grants: z.array(grant),
});

/** See {@link catalogueSchema}. */
export type Catalogue = z.infer<typeof catalogueSchema>;
/** One server of the catalogue. */
export type CatalogueServer = Catalogue['servers'][string];
/** One tool of a server. */
export type CatalogueTool = CatalogueServer['tools'][string];

function isRegExp(source: string): boolean {
  try {
    new RegExp(source, 'u');
    return true;
  } catch {
    return false;
  }
}
