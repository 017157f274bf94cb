import { createHash } from 'node:crypto';
import type { Tool } from '@modelcontextprotocol/client';
import canonicalize from 'canonicalize';
import { wellFormedPrefix } from './content-block';
import { modelFacingName } from './tool-name';

/** A tool of one server, as the rest of Holdfast sees it. */
export interface NormalisedTool {
  /** Model-facing, at most 64 characters. */
  readonly name: string;
  readonly server: string;
  /** The server's own name. */
  readonly tool: string;
  readonly title?: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly outputSchema?: Readonly<Record<string, unknown>>;
  /** The server's claims about itself; untrusted. */
  readonly annotations?: Readonly<Record<string, unknown>>;
  /** SHA-256 over the canonical definition and the server's slug: changes with every word of the definition. Hex. */
  readonly definitionHash: string;
}

/** A tool left out, and why. */
export interface DroppedTool {
  readonly tool: string;
  readonly reason: string;
}

const MAX_TOOL_NAME = 128;
const MAX_DESCRIPTION = 8_192;
const MAX_SCHEMA_BYTES = 64 * 1024;
const MAX_SCHEMA_DEPTH = 32;

/** Normalises one definition, or says why it cannot be offered. */
export function normaliseTool(server: string, tool: Tool): NormalisedTool | DroppedTool {
  const { name, title, description = '', inputSchema, outputSchema, annotations } = tool;
  const reason = defect(name, inputSchema, outputSchema);
  if (reason !== undefined) return { tool: name.slice(0, MAX_TOOL_NAME), reason };
  let canonical: string | undefined;
  try {
    canonical = canonicalize({ server, name, title, description, inputSchema, outputSchema, annotations });
  } catch {
    return { tool: name, reason: 'the definition holds text that is no valid Unicode' };
  }
  return {
    name: modelFacingName(server, name),
    server,
    tool: name,
    ...(title === undefined ? {} : { title }),
    description: description.length > MAX_DESCRIPTION ? `${wellFormedPrefix(description, MAX_DESCRIPTION - 1)}…` : description,
    inputSchema,
    ...(outputSchema === undefined ? {} : { outputSchema }),
    ...(annotations === undefined ? {} : { annotations }),
    definitionHash: createHash('sha256').update(canonical ?? '').digest('hex'),
  };
}

/** True for a tool that was left out. */
export function isDropped(tool: NormalisedTool | DroppedTool): tool is DroppedTool {
  return 'reason' in tool;
}

function defect(name: string, inputSchema: Record<string, unknown>, outputSchema: Record<string, unknown> | undefined): string | undefined {
  if (name === '' || name.length > MAX_TOOL_NAME) return `the name has ${name.length} characters instead of 1 to ${MAX_TOOL_NAME}`;
  if (inputSchema['type'] !== 'object') return 'the input schema does not describe an object';
  for (const schema of [inputSchema, outputSchema ?? {}]) {
    if (depthExceeds(schema, MAX_SCHEMA_DEPTH)) return `a schema is nested deeper than ${MAX_SCHEMA_DEPTH} levels`;
    if (Buffer.byteLength(JSON.stringify(schema)) > MAX_SCHEMA_BYTES) return `a schema is larger than ${MAX_SCHEMA_BYTES} bytes`;
  }
  return undefined;
}

function depthExceeds(value: unknown, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (limit === 0) return true;
  return Object.values(value).some((item) => depthExceeds(item, limit - 1));
}
