import { McpCallError, type McpCallErrorCode } from '@holdfast/mcp-adapters';
import { EFFECT_CLASSES } from '@holdfast/contracts/tools';
import { cacheKey } from '../cache/result-cache';
import { answerFailure } from './call-failure';
import { circuitOpen, deniedArgument, invalidArguments, unknownTool } from './refusals';
import type { Subject } from './tool-answer';

const subject = (effect: (typeof EFFECT_CLASSES)[number]): Subject => ({ tool: { server: 's', tool: 't', settings: { effect } }, argumentsSha256: 'h', startedAt: performance.now() });

/** What a failure becomes: code of the answer, or `!code` of the error. */
function becomes(code: McpCallErrorCode, effect: (typeof EFFECT_CLASSES)[number]): string {
  try {
    const { outcome } = answerFailure(new McpCallError(code, 'm'), subject(effect));
    expect(outcome.status).toBe('error');
    return String(outcome.code);
  } catch (error) {
    return `!${String((error as { code?: unknown }).code)}`;
  }
}

it.each([
  ['UNAVAILABLE', '!TOOL_UNAVAILABLE', '!TOOL_UNAVAILABLE'],
  ['LOST', '!TOOL_UNAVAILABLE', 'TOOL_OUTCOME_UNKNOWN'],
  ['TIMEOUT', 'TOOL_TIMEOUT', 'TOOL_OUTCOME_UNKNOWN'],
  ['PROTOCOL', 'TOOL_FAILED', 'TOOL_FAILED'],
  ['INVALID_RESULT', 'TOOL_FAILED', 'TOOL_FAILED'],
  ['CANCELLED', '!RUN_CANCELLED', '!RUN_CANCELLED'],
] as const)('%s: %s when it may be repeated, %s when not', (code, repeatable, once) => {
  expect(EFFECT_CLASSES.map((effect) => becomes(code, effect))).toEqual([repeatable, repeatable, once, once]);
});

it('finds forbidden texts in an argument and in a list, and nowhere else', () => {
  const rules = { path: [/secret/u], paths: [/secret/u] };
  expect(deniedArgument({ path: '/a/secret' }, rules)).toMatchObject({ code: 'TOOL_NOT_PERMITTED' });
  expect(deniedArgument({ paths: ['/a', '/secret'] }, rules)?.text).toContain('"/secret"');
  expect(deniedArgument({ other: 'secret', path: 5, paths: [{ secret: 'secret' }] }, rules)).toBeUndefined();
  expect(deniedArgument(JSON.parse('{"__proto__":{"path":"secret"}}') as Record<string, unknown>, rules)).toBeUndefined();
});

it('never quotes without bound', () => {
  expect(unknownTool('x'.repeat(10_000)).text.length).toBeLessThan(200);
  expect(invalidArguments('t', ['a', 'b']).text).toBe('The arguments do not fit the tool t:\n- a\n- b');
  expect(circuitOpen('s', 10).text).toContain('about 1 s');
});

it('keys the cache by tenant, definition and arguments', () => {
  const scope = { tenantId: 'a', definitionHash: 'd', argumentsSha256: 'x' };
  const keys = [scope, { ...scope, tenantId: 'b' }, { ...scope, definitionHash: 'e' }, { ...scope, argumentsSha256: 'y' }].map(cacheKey);
  expect(new Set(keys).size).toBe(4);
  expect(cacheKey({ ...scope })).toBe(keys[0]);
});
