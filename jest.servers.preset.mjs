import preset from './jest.preset.mjs';
/** Tests on real servers: one file at a time, in Jest's own process, because the servers shall have the cores. */
export default { ...preset, maxWorkers: 1 };
