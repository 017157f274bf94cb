import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** All unit tests at once, for editors and `npx jest <file>`; `npm test` runs them by project through Nx. */
const projects = ['apps', 'libs', 'tools'].flatMap((folder) =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && readdirSync(join(folder, entry.name)).includes('jest.config.mjs'))
    .map((entry) => `<rootDir>/${folder}/${entry.name}`),
);

export default { projects };
