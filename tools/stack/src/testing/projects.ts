import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from '../kit/files.ts';

/** A project of the workspace. */
export interface Project {
  readonly name: string;
  /** Absolute folder. */
  readonly folder: string;
}

/** All projects of the workspace, in the order libs, tools, apps. */
export function findProjects(checkout: string): Project[] {
  return ['libs', 'tools', 'apps'].flatMap((group) => {
    const parent = join(checkout, group);
    if (!existsSync(parent)) return [];
    return readdirSync(parent, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap((entry) => {
        const folder = join(parent, entry.name);
        // a tool that nobody imports needs no package
        const manifest = readJson(join(folder, 'package.json')) ?? readJson(join(folder, 'project.json'));
        const name = typeof manifest === 'object' && manifest !== null ? (manifest as { name?: unknown }).name : undefined;
        return typeof name === 'string' ? [{ name, folder }] : [];
      });
  });
}

/** The projects that have this Jest configuration. */
export function projectsWith(projects: readonly Project[], configuration: string): Project[] {
  return projects.filter((project) => existsSync(join(project.folder, configuration)));
}
