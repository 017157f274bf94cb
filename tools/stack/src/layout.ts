import { join } from 'node:path';

/** Paths inside `$HOLDFAST_HOME`. */
export interface HomeLayout {
  readonly home: string;
  /** Every process of the stack, for scripts and tests. */
  readonly stackJson: string;
  /** `HOLDFAST_URL` and `HOLDFAST_API_KEY`. */
  readonly devEnv: string;
  /** Inner ports, remembered between starts. */
  readonly portsJson: string;
  /** Generated passwords, mode 0600. */
  readonly secretsJson: string;
  /** The supervisor that owns this home. */
  readonly supervisorJson: string;
  /** Workflow bundles with graphs of somebody's folder. */
  readonly graphs: string;
  readonly pids: string;
  readonly logs: string;
  readonly data: (server: string) => string;
  readonly log: (process: string) => string;
}

/** The layout of one home folder. */
export function homeLayout(home: string): HomeLayout {
  const logs = join(home, 'logs');
  return {
    home,
    stackJson: join(home, 'stack.json'),
    devEnv: join(home, 'dev.env'),
    portsJson: join(home, 'ports.json'),
    secretsJson: join(home, 'secrets.json'),
    supervisorJson: join(home, 'supervisor.json'),
    graphs: join(home, 'graphs'),
    pids: join(home, 'pids'),
    logs,
    data: (server) => join(home, 'data', server),
    log: (process) => join(logs, `${process}.log`),
  };
}
