import preset from '../../jest.servers.preset.mjs';
// Two files at once: most of their time is Temporal's own, which gives up a killed worker after ten seconds.
export default { ...preset, testMatch: ['<rootDir>/test/**/*.int-spec.ts'], maxWorkers: 2 };
