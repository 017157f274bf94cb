// An app for the shutdown test; serves the fixture with a short grace.
import { bootstrapApp } from '../src/bootstrap/bootstrap';
import { FixtureModule } from './fixture-app';

await bootstrapApp({ name: 'fixture', module: FixtureModule, host: '127.0.0.1', port: 0, graceMs: 1200 });
