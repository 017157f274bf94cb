import type { AuthenticatedKey } from '@holdfast/persistence';
import { ApiKeyAuthenticator, KEY_CACHE_MS } from './api-key.authenticator';
import { apiKeyOf } from './api-key.guard';

const key: AuthenticatedKey = { tenantId: 't', principalId: 'p', keyId: 'k', roles: [] };

function authenticator(answer: (apiKey: string) => Promise<AuthenticatedKey | null>): { subject: ApiKeyAuthenticator; asked: string[] } {
  const asked: string[] = [];
  const authenticate = (apiKey: string): Promise<AuthenticatedKey | null> => {
    asked.push(apiKey);
    return answer(apiKey);
  };
  return { subject: new ApiKeyAuthenticator({ authenticate }), asked };
}

describe('API keys', () => {
  it('are looked up once for requests at the same time, and remembered', async () => {
    const { subject, asked } = authenticator(() => Promise.resolve(key));
    expect(await Promise.all([subject.authenticate('a'), subject.authenticate('a')])).toEqual([key, key]);
    await subject.authenticate('a');
    expect(asked).toEqual(['a']);
  });

  it('are believed for at most five seconds', () => expect(KEY_CACHE_MS).toBeLessThanOrEqual(5_000));

  it.each([undefined, '', 'x'.repeat(513)])('are refused without a query: %.5s', async (apiKey) => {
    const { subject, asked } = authenticator(() => Promise.resolve(key));
    await expect(subject.authenticate(apiKey)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(asked).toEqual([]);
  });

  it('are refused when unknown, and that is remembered too', async () => {
    const { subject, asked } = authenticator(() => Promise.resolve(null));
    for (let i = 0; i < 3; i += 1) await expect(subject.authenticate('a')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(asked).toHaveLength(1);
  });

  it('are asked for again after an outage: an error is no verdict', async () => {
    let down = true;
    const { subject } = authenticator(() => (down ? Promise.reject(Object.assign(new Error('away'), { code: 'DEPENDENCY_UNAVAILABLE' })) : Promise.resolve(key)));
    await expect(subject.authenticate('a')).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE' });
    down = false;
    expect(await subject.authenticate('a')).toEqual(key);
  });

  it.each([
    [{ 'x-api-key': 'a', authorization: 'Bearer b' }, 'a'],
    [{ authorization: 'Bearer b' }, 'b'],
    [{ authorization: 'bearer  b' }, 'b'],
    [{ authorization: 'Basic b' }, undefined],
    [{}, undefined],
  ])('are found in %j', (headers, expected) => expect(apiKeyOf(headers)).toBe(expected));
});
