/** Brings the state of an older version of a graph to a newer one. */
export interface GraphMigration {
  /** The version whose states it takes, and those that are compatible with it: see {@link isCompatible}. */
  readonly from: string;
  /** The version that they have then. */
  readonly to: string;
  /** Old names of the graph's nodes to new ones; those of its sub-graphs stay. */
  readonly nodes?: Readonly<Record<string, string>>;
  /** Old names of its channels (keys of the state) to new ones. */
  readonly channels?: Readonly<Record<string, string>>;
  /** Gives the values of the renamed channels in their new form. Pure. What nodes of an unfinished superstep have written is renamed only. */
  values?(values: Readonly<Record<string, unknown>>): Record<string, unknown>;
}

/** What a state of a graph needs before this build can load it. `newer`: a later build made it. `none`: no migration leads here. */
export type MigrationPath = readonly GraphMigration[] | 'newer' | 'none';

const VERSION = /^(\d+)\.(\d+)\.(\d+)$/;

/** True when states of one version can be loaded by the other as they are: the same major version, or below 1.0.0 the same minor. */
export function isCompatible(a: string, b: string): boolean {
  return lineOf(a) === lineOf(b);
}

/**
 * The migrations that lead from a version to this one, in order; none for a compatible one.
 * @param migrations those of the graph, in any order
 */
export function migrationPath(from: string, to: string, migrations: readonly GraphMigration[]): MigrationPath {
  const path: GraphMigration[] = [];
  for (let version = from; !isCompatible(version, to); ) {
    const next = migrations.find((migration) => isCompatible(migration.from, version));
    if (next === undefined || path.includes(next)) return path.length === 0 && compareVersions(from, to) > 0 ? 'newer' : 'none';
    path.push(next);
    version = next.to;
  }
  return path;
}

/** @throws TypeError for a migration that leads nowhere, back, or from where another one starts */
export function assertMigrations(graphId: string, version: string, migrations: readonly GraphMigration[]): void {
  for (const migration of migrations) {
    const { from, to } = migration;
    const name = `graph ${graphId}: migration from ${JSON.stringify(from)} to ${JSON.stringify(to)}`;
    if (!VERSION.test(from) || !VERSION.test(to)) throw new TypeError(`${name}: versions are x.y.z`);
    if (isCompatible(from, to) || compareVersions(from, to) > 0) throw new TypeError(`${name}: it leads to a later version that is not compatible`);
    if (migrations.some((other) => other !== migration && isCompatible(other.from, from))) throw new TypeError(`${name}: there are two of them`);
    if (typeof migrationPath(from, version, migrations) === 'string') throw new TypeError(`${name}: none goes on from there to ${version}`);
  }
}

/** Negative when `a` comes before `b`. */
function compareVersions(a: string, b: string): number {
  const [x, y] = [numbersOf(a), numbersOf(b)];
  const at = x.findIndex((part, i) => part !== y[i]);
  return at < 0 ? 0 : x[at]! - y[at]!;
}

function lineOf(version: string): string {
  const [major, minor] = numbersOf(version);
  return major === 0 ? `0.${minor}` : `${major}`;
}

function numbersOf(version: string): readonly number[] {
  return (VERSION.exec(version) ?? ['', '0', '0', '0']).slice(1).map(Number);
}
