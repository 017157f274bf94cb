import { McpCallError } from '@holdfast/mcp-adapters';
import { EFFECT_CLASSES } from '@holdfast/contracts/tools';
import { cacheKey } from '../cache/result-cache';
import { endOfFailure, errorBeforeCall } from './call-failure';
import { circuitOpen, deniedArgument, invalidArguments, unknownTool } from './refusals';
import type { Subject } from './tool-answer';

const subject = (effect: (typeof EFFECT_CLASSES)[number]): Subject => ({ tool: { server: 's', tool: 't', settings: { effect } }, argumentsSha256: 'h', startedAt: performance.now() });

/** What a failure becomes: code of the outcome, or how the attempt ended and the code of its error. */
function becomes(error: unknown, effect: (typeof EFFECT_CLASSES)[number]): string {
  const end = endOfFailure(error, subject(effect));
  if ('error' in end) return `${end.kind} ${String((end.error as { code?: unknown }).code)}`;
  expect(end).toMatchObject({ kind: 'finished', answer: { outcome: { status: 'error' } } });
  return String(end.answer.outcome.code);
}

it.each([
  ['UNAVAILABLE', 'released TOOL_UNAVAILABLE', 'released TOOL_UNAVAILABLE'],
  ['LOST', 'lost TOOL_UNAVAILABLE', 'TOOL_OUTCOME_UNKNOWN'],
  ['TIMEOUT', 'TOOL_TIMEOUT', 'TOOL_OUTCOME_UNKNOWN'],
  ['PROTOCOL', 'TOOL_FAILED', 'TOOL_FAILED'],
  ['INVALID_RESULT', 'TOOL_FAILED', 'TOOL_FAILED'],
  ['CANCELLED', 'lost DEADLINE_EXCEEDED', 'TOOL_OUTCOME_UNKNOWN'],
] as const)('%s of a call that was sent: %s when it may be repeated, %s when not', (code, repeatable, once) => {
  expect(EFFECT_CLASSES.map((effect) => becomes(new McpCallError(code, 'm'), effect))).toEqual([repeatable, repeatable, once, once]);
});

it('takes a defect after the call was sent for a lost call', () => {
  expect(EFFECT_CLASSES.map((effect) => becomes(Object.assign(new Error('x'), { code: 'X' }), effect))).toEqual(['lost X', 'lost X', 'TOOL_OUTCOME_UNKNOWN', 'TOOL_OUTCOME_UNKNOWN']);
});

it('says of a call that was not sent that it may be made again', () => {
  expect(errorBeforeCall(new McpCallError('UNAVAILABLE', 'm'), 's')).toMatchObject({ code: 'TOOL_UNAVAILABLE', retryable: true });
  expect(errorBeforeCall(new McpCallError('CANCELLED', 'm'), 's')).toMatchObject({ code: 'DEADLINE_EXCEEDED', retryable: true });
  const other = new Error('x');
  expect(errorBeforeCall(other, 's')).toBe(other);
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
