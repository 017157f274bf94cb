import { homeSeed, readSettings } from './settings.ts';

describe('readSettings', () => {
  it('has defaults inside the checkout and the user cache', () => {
    const settings = readSettings('/work/clone', { HOME: '/home/me' });
    expect(settings).toMatchObject({ home: '/work/clone/.holdfast', cache: '/home/me/.cache/holdfast', apiPort: 8083, external: {} });
    expect(settings.toolCatalogue).toBe('/work/clone/infra/tools/catalogue.json');
  });

  it('takes what the environment says', () => {
    const settings = readSettings('/work/clone', {
      HOLDFAST_HOME: 'data',
      HOLDFAST_CACHE: '/cache',
      HOLDFAST_PORT: ' 9000 ',
      HOLDFAST_GRAPHS: '../agents',
      HOLDFAST_TOOL_CATALOGUE: 'infra/tools/catalogue.json, /mine.json',
      HOLDFAST_REDIS_URL: 'redis://r:6379',
    });
    expect(settings).toMatchObject({ home: '/work/clone/data', cache: '/cache', apiPort: 9000, graphs: '/work/agents', external: { redisUrl: 'redis://r:6379' } });
    expect(settings.toolCatalogue).toBe('/work/clone/infra/tools/catalogue.json,/mine.json');
  });

  it.each(['80a', '0', '65536', '-1', '1.5'])('refuses port %s by name', (port) => {
    expect(() => readSettings('/work/clone', { HOLDFAST_PORT: port })).toThrow('HOLDFAST_PORT');
  });
});

describe('homeSeed', () => {
  it('is the same for a home and another for another', () => {
    expect(homeSeed('/a')).toBe(homeSeed('/a'));
    expect(homeSeed('/a')).not.toBe(homeSeed('/b'));
  });
});
