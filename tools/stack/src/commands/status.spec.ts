import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { identify } from '../../bin/process-identity.mjs';
import { writeJson } from '../kit/files.ts';
import { homeLayout } from '../layout.ts';
import { readSettings } from '../settings.ts';
import { status } from './status.ts';

describe('status', () => {
  it('tells by its exit code nothing, not everything and everything ready apart', () => {
    const home = mkdtempSync(join(tmpdir(), 'holdfast-status-'));
    const layout = homeLayout(home);
    const entry = { name: 'a', pid: process.pid, port: 1, log: 'a.log', startedAt: new Date(0).toISOString(), restarts: 0 };
    const output = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    try {
      const ask = (): number => status(readSettings('/', { HOLDFAST_HOME: home }));
      expect(ask()).toBe(3);
      writeJson(layout.supervisorJson, identify(process.pid));
      expect(ask()).toBe(1);
      writeJson(layout.stackJson, [{ ...entry, state: 'starting' }]);
      expect(ask()).toBe(1);
      writeJson(layout.stackJson, [{ ...entry, state: 'ready' }]);
      expect(ask()).toBe(0);
    } finally {
      output.mockRestore();
      rmSync(home, { recursive: true, force: true });
    }
  });
});
