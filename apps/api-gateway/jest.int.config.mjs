import preset from '../../jest.servers.preset.mjs';
export default { ...preset, testMatch: ['<rootDir>/test/**/*.int-spec.ts'] };
