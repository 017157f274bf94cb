import { RepeatedWork } from './repeated-work';

it('remembers what was noted last, for its tenant, and no more than it has room for', () => {
  const [scope, other] = [{ tenantId: 't' }, { tenantId: 'u' }];
  const work = new RepeatedWork();
  for (let i = 0; i < 10_000; i += 1) work.note(scope, `${i}`);
  work.note(scope, '0');
  work.note(scope, '9', 'task');
  expect([work.has(scope, '0'), work.has(scope, '1'), work.has(scope, '2'), work.has(scope, '9', 'task')]).toEqual([true, false, true, true]);
  expect([work.has(other, '0'), work.has(scope, '0', 'task')]).toEqual([false, false]);
  work.forget(scope, '9', 'task');
  expect([work.has(scope, '9', 'task'), work.has(scope, '9')]).toEqual([false, true]);
});
