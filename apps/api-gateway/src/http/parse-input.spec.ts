import { isHoldfastError, type HoldfastError } from '@holdfast/contracts/errors';
import { z } from 'zod';
import { endpoint } from '../openapi/endpoint';
import { parseInput } from './parse-input';
import { queryFlag, queryInt, queryList, threadParams } from './wire.schema';

const spec = endpoint({
  method: 'POST',
  path: '/x/{thread_id}',
  operationId: 'x',
  summary: 'x',
  tag: 'x',
  params: threadParams,
  query: z.object({ flag: queryFlag, list: queryList(z.enum(['a', 'b'])), limit: queryInt(1, 10, 5) }),
  body: z.strictObject({ config: z.object({ limit: z.number() }) }),
  responses: { 200: { description: 'x' } },
});
const id = '01890000-0000-7000-8000-00000000000A';
const raw = (more: { params?: unknown; query?: unknown; body?: string }) => ({
  params: { thread_id: id },
  query: {},
  ...more,
  body: new TextEncoder().encode(more.body ?? '{"config":{"limit":1}}'),
});

function refused(more: Parameters<typeof raw>[0]): HoldfastError {
  try {
    parseInput(spec, raw(more));
  } catch (error) {
    if (isHoldfastError(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('the input of an endpoint', () => {
  it('is parsed, with ids in lower case', () => {
    expect(parseInput(spec, raw({}))).toEqual({
      params: { thread_id: id.toLowerCase() },
      query: { flag: false, list: undefined, limit: 5 },
      body: { config: { limit: 1 } },
    });
  });

  it.each([
    [{ params: { thread_id: 'x' } }, 'thread_id'],
    [{ query: { limit: '0' } }, 'limit'],
    [{ query: { limit: '1e3' } }, 'limit'],
    [{ query: { flag: 'maybe' } }, 'flag'],
    [{ query: { list: 'c' } }, 'list.0'],
    [{ query: { other: 'x\u0000' } }, 'other'],
    [{ body: '{"config":{"limit":"many"}}' }, 'config.limit'],
    [{ body: '{"config":{"limit":1},"extra":2}' }, 'extra'],
    [{ body: '[]' }, 'body'],
    [{ body: '' }, 'body'],
  ])('names the refused field of %j', (more, path) => {
    const error = refused(more as Parameters<typeof raw>[0]);
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.fields.map((field) => field.path)).toContain(path);
  });

  it('never echoes the refused value', () => {
    expect(JSON.stringify(refused({ body: '{"config":{"limit":"s3cret"}}' }).fields)).not.toContain('s3cret');
  });

  it.each([
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    [['a', 'b'], ['a', 'b']],
    ['["a","b"]', ['a', 'b']],
  ])('reads the list %j', (list, expected) => {
    expect(parseInput(spec, raw({ query: { list } })).query).toMatchObject({ list: expected });
  });

  it.each([
    ['1', true],
    ['true', true],
    ['0', false],
    ['false', false],
  ])('reads the flag %s', (flag, expected) => {
    expect(parseInput(spec, raw({ query: { flag } })).query).toMatchObject({ flag: expected });
  });
});
