import type { Tool } from '@modelcontextprotocol/client';
import { isDropped, normaliseTool } from './normalise-tool';

const echo: Tool = {
  name: 'echo',
  description: 'Says it again',
  inputSchema: { type: 'object', properties: { message: { type: 'string' } }, required: ['message'] },
};

function hashOf(tool: Tool, server = 's'): string {
  const normalised = normaliseTool(server, tool);
  if (isDropped(normalised)) throw new Error(normalised.reason);
  return normalised.definitionHash;
}

it('keeps the definition and names it for models', () => {
  expect(normaliseTool('every-thing', echo)).toEqual({
    name: 'every-thing__echo',
    server: 'every-thing',
    tool: 'echo',
    description: 'Says it again',
    inputSchema: echo.inputSchema,
    definitionHash: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

it('hashes what the definition means: every field and the server count, the order of keys does not', () => {
  const base = hashOf(echo);
  expect(hashOf({ inputSchema: echo.inputSchema, description: echo.description, name: 'echo' })).toBe(base);
  const changes: Tool[] = [
    { ...echo, description: 'Says it again!' },
    { ...echo, title: 'Echo' },
    { ...echo, name: 'echo2' },
    { ...echo, inputSchema: { ...echo.inputSchema, required: [] } },
    { ...echo, outputSchema: { type: 'object' } },
    { ...echo, annotations: { readOnlyHint: true } },
  ];
  const hashes = [base, hashOf(echo, 'other'), ...changes.map((tool) => hashOf(tool))];
  expect(new Set(hashes).size).toBe(hashes.length);
});

function nested(depth: number): Record<string, unknown> {
  return depth === 0 ? {} : { properties: nested(depth - 1) };
}

it.each([
  ['an empty name', { ...echo, name: '' }],
  ['a long name', { ...echo, name: 'x'.repeat(129) }],
  ['no object', { ...echo, inputSchema: { type: 'string' } }],
  ['a deep schema', { ...echo, inputSchema: { type: 'object', ...nested(40) } }],
  ['a large schema', { ...echo, inputSchema: { type: 'object', description: 'x'.repeat(70_000) } }],
  ['a deep output schema', { ...echo, outputSchema: { type: 'object', ...nested(40) } }],
  ['half a character', { ...echo, description: '\ud800' }],
] as [string, Tool][])('drops a tool with %s and says why', (_, tool) => {
  const dropped = normaliseTool('s', tool);
  expect(isDropped(dropped)).toBe(true);
  expect(dropped).toMatchObject({ reason: expect.stringMatching(/.{10,}/) });
});

it('cuts an endless description', () => {
  expect(normaliseTool('s', { ...echo, description: '😀'.repeat(9_000) })).toMatchObject({ description: expect.stringMatching(/^(?:😀)+…$/u) });
});
