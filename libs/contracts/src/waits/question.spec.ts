import { parseWaitQuestion } from './index';

describe('the question of a wait', () => {
  it.each(['0001-01-01T00:00:00Z', '2030-01-01T00:00:00.123456789-23:59', '9999-12-31T23:59:59+23:59'])('may have the date %s', (date) => {
    expect(parseWaitQuestion({ kind: 'wait', until: 'date', date }).success).toBe(true);
  });

  it.each(['0000-12-31T23:59:59Z', '0001-01-01T00:00:00+00:01', '9999-12-31T23:59:59-00:01', '2030-02-30T00:00:00Z', 'tomorrow'])('is refused with the date %s', (date) => {
    expect(parseWaitQuestion({ kind: 'wait', until: 'date', date }).success).toBe(false);
  });
});
