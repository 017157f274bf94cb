import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { McpServerSpec } from '@holdfast/mcp-adapters';
import type { CatalogueServer } from './catalogue.schema';

const fromHere = createRequire(import.meta.url);

/**
 * How to reach a catalogued server.
 * @throws Error when a node-package is not installed beside this app.
 */
export function toServerSpec({ transport }: CatalogueServer): McpServerSpec {
  switch (transport.kind) {
    case 'streamable-http':
      return transport;
    case 'stdio':
      return transport;
    case 'node-package': {
      const { package: name, entry, args, env, cwd } = transport;
      const folder = dirname(fromHere.resolve(`${name}/package.json`));
      return { kind: 'stdio', command: process.execPath, args: [join(folder, entry), ...args], env, ...(cwd === undefined ? {} : { cwd }) };
    }
  }
}
