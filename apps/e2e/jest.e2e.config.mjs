import preset from '../../jest.servers.preset.mjs';
// A scenario waits for real servers; each wait has a deadline of its own that says what was waited for.
export default { ...preset, testMatch: ['<rootDir>/scenarios/**/*.e2e-spec.ts'], testTimeout: 60_000 };
