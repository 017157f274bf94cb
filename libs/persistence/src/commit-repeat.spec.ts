import type { Frame, RunEventDraft } from '@holdfast/contracts/events';
import fc from 'fast-check';
import { remainderOf } from './commit-repeat';

const frame = (data: unknown): Frame => ({ ns: [], mode: 'custom', data });
const step = (number: number, frames: unknown[], checkpoint: string | null = null): RunEventDraft => ({
  type: 'run.step-completed.v1',
  data: { step: number, checkpoint_id: checkpoint, parent_checkpoint_id: null, frames: frames.map(frame) },
});
const called = (index: number): RunEventDraft => ({
  type: 'tool.called.v1',
  data: { call_id: `c${index}`, tool_call_id: 'c', node: 'n', server: 's', tool: 't', effect: 'read', status: 'ok', duration_ms: 1, bytes: 1, arguments_sha256: '' },
});
/** Gives frames the names that the recorder gives them: by which one each is among the equal ones of its superstep. */
const named = (number: number, contents: readonly unknown[]): Frame[] =>
  contents.map((data, i) => {
    const nth = contents.slice(0, i).filter((earlier) => earlier === data).length;
    return { ...frame(data), step: number, ...(nth === 0 ? {} : { nth }) };
  });
const stepOf = (number: number, frames: Frame[]): RunEventDraft => ({
  type: 'run.step-completed.v1',
  data: { step: number, checkpoint_id: null, parent_checkpoint_id: null, frames },
});
/** What is stored of supersteps once these commits are made. */
const commitAll = (commits: readonly RunEventDraft[], stored: readonly RunEventDraft[] = []): RunEventDraft[] =>
  commits.reduce<RunEventDraft[]>((before, commit) => [...before, ...remainderOf([commit], before)], [...stored]);
const framesOf = (events: readonly RunEventDraft[]): unknown[] => events.flatMap((event) => (event.type === 'run.step-completed.v1' ? event.data.frames.map((f) => f.data) : []));

describe('remainderOf', () => {
  it('leaves nothing of an equal repeat, whatever the order of keys', () => {
    const events = [called(0), step(1, [{ a: 1, b: 2 }], 'c1')];
    expect(remainderOf(events, [called(0), step(1, [{ b: 2, a: 1 }], 'c1')])).toEqual([]);
  });

  it('tells once that a model call was answered by a fallback', () => {
    const data = { call_id: 'm1', node: 'n', asked: 'a', answered: 'b', passed_over: [{ model: 'a', code: 'MODEL_TIMEOUT' }] };
    const fell: RunEventDraft = { type: 'model.replaced.v1', data };
    expect(remainderOf([fell, called(0)], [fell])).toEqual([called(0)]);
    expect(remainderOf([fell], [called(0)])).toEqual([fell]);
  });

  it('tells once that a run was paused, and again when it was paused again', () => {
    const paused = (id: string): RunEventDraft => ({ type: 'run.paused.v1', data: { command_id: id, by: 'p', reason: null } });
    expect(remainderOf([paused('1'), paused('2')], [paused('1')])).toEqual([paused('2')]);
  });

  it('keeps what joined the second time: a call, frames, the finished step', () => {
    const stored = [called(0), step(1, ['x'])];
    expect(remainderOf([called(0), called(1), step(1, ['x', 'y'], 'c1')], stored)).toEqual([called(1), step(1, ['y'], 'c1')]);
  });

  it('gives frames after a stored step to the next one', () => {
    expect(remainderOf([step(1, ['x', 'z'], 'c1')], [step(1, ['x'], 'c1')])).toEqual([step(2, ['z'])]);
  });

  it('lets one stored frame pay for one repeated one only', () => {
    expect(framesOf(remainderOf([step(1, ['tick', 'tick'])], [step(1, ['tick'])]))).toEqual(['tick']);
  });

  it('makes stored and remainder together each item once, however both were cut into commits', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 12 }), fc.nat(12), fc.array(fc.nat(12), { maxLength: 3 }), (items, lost, cuts) => {
        const cut = (list: readonly number[], at: readonly number[]): number[][] =>
          [...at, list.length].sort((a, b) => a - b).reduce<{ parts: number[][]; from: number }>(
            ({ parts, from }, to) => ({ parts: [...parts, list.slice(from, Math.max(from, to))], from: Math.max(from, to) }),
            { parts: [], from: 0 },
          ).parts;
        const stored = cut(items.slice(0, lost), cuts).map((part) => step(1, part));
        const rest = remainderOf([step(1, items, 'c1')], stored);
        expect([...framesOf(stored), ...framesOf(rest)].sort()).toEqual([...items].sort());
        expect(rest.filter((event) => event.type === 'run.step-completed.v1' && event.data.checkpoint_id === 'c1')).toHaveLength(1);
      }),
    );
  });

  it('tells a frame again that an earlier superstep has told, and once in its own', () => {
    const first = [stepOf(1, named(1, ['tick'])), stepOf(2, named(2, ['of 2']))];
    expect(framesOf(commitAll([stepOf(2, named(2, ['of 2', 'tick']))], first))).toEqual(['tick', 'of 2', 'tick']);
  });

  it('takes a named frame for one that is stored without a name, and the other way round', () => {
    expect(remainderOf([stepOf(1, named(1, ['a']))], [step(1, ['a'])])).toEqual([]);
    expect(framesOf(remainderOf([step(1, ['a', 'a'])], [stepOf(1, named(1, ['a']))]))).toEqual(['a']);
  });

  it('tells each named frame once, whatever commits brought it before and after a crash, in whatever order', () => {
    const anOrder = fc.array(fc.nat(), { minLength: 12, maxLength: 12 });
    const aGrouping = fc.array(fc.boolean(), { minLength: 12, maxLength: 12 });
    const aTry = fc.record({ order: anOrder, grouping: aGrouping });
    // A superstep's contents by what ran in it; parallel results change places, a superstep never does.
    const commitsOf = (supersteps: readonly (readonly string[])[], { order, grouping }: { order: number[]; grouping: boolean[] }): RunEventDraft[] => {
      const placed = supersteps.map((contents) => contents.map((data, i) => ({ data, at: order[i] ?? 0 })).sort((a, b) => a.at - b.at).map(({ data }) => data));
      return placed
        .flatMap((contents, number) => named(number, contents))
        .reduce<RunEventDraft[]>((commits, one, i) => {
          const last = commits.at(-1);
          if (last?.type !== 'run.step-completed.v1' || last.data.step !== one.step || grouping[i % 12] === true) return [...commits, stepOf(one.step ?? 0, [one])];
          return [...commits.slice(0, -1), stepOf(last.data.step, [...last.data.frames, one])];
        }, []);
    };
    fc.assert(
      fc.property(fc.array(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 5 }), { maxLength: 3 }), aTry, aTry, fc.nat(15), (supersteps, lost, again, made) => {
        const stored = commitAll(commitsOf(supersteps, lost).slice(0, made));
        expect(framesOf(commitAll(commitsOf(supersteps, again), stored)).sort()).toEqual(supersteps.flat().sort());
      }),
    );
  });
});
