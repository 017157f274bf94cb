import preset from '../../jest.servers.preset.mjs';

export default { ...preset, testMatch: ['<rootDir>/test/**/*.e2e-spec.ts'] };
