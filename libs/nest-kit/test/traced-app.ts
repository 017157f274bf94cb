import { createServer } from 'node:net';
import { join } from 'node:path';
import { Controller, Get, Module } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import pg from 'pg';
import { bootstrapApp } from '../src/bootstrap/bootstrap';
import { HealthModule } from '../src/health/health.module';
import { currentTraceparent, withSpan } from '../src/tracing/tracing';

const protoPath = join(process.env['TRACED_PROTO_DIR'] ?? '', 'traced.proto');
const grpcUrl = `127.0.0.1:${process.env['TRACED_GRPC_PORT'] ?? ''}`;
const state = { self: '', seen: [] as (string | undefined)[] };

function say(text: string): Promise<string> {
  const definition = grpc.loadPackageDefinition(loadSync(protoPath)) as unknown as { traced: { Echo: grpc.ServiceClientConstructor } };
  const client = new definition.traced.Echo(grpcUrl, grpc.credentials.createInsecure());
  return new Promise((resolve, reject) => {
    const method = client['Say'] as (word: object, done: (error: Error | null, reply: { text: string }) => void) => void;
    method.call(client, { text }, (error, reply) => {
      client.close();
      if (error === null) resolve(reply.text);
      else reject(error);
    });
  });
}

/** A PostgreSQL address at which nobody speaks PostgreSQL: a query fails, but its span is made. */
async function query(): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'x', database: 'x', ssl: false });
  client.on('error', () => undefined);
  await client.connect().catch(() => undefined);
  await new Promise((resolve) => server.close(resolve));
}

@Controller()
class TracedController {
  @Get('outer') async outer(): Promise<{ traceparent: string | undefined }> {
    await fetch(`${state.self}/inner`);
    await withSpan('own work', { 'holdfast.kind': 'test' }, () => say('hello'));
    await query();
    return { traceparent: currentTraceparent() };
  }
  @Get('inner') inner(): { traceparent: string | undefined } {
    return { traceparent: currentTraceparent() };
  }
  @GrpcMethod('Echo', 'Say') echo(word: { text: string }): { text: string } {
    return word;
  }
}

@Module({ imports: [HealthModule.register({ checks: [] })], controllers: [TracedController] })
class TracedModule {}

/** Serves until a signal comes. */
export async function startTraced(): Promise<void> {
  const { url } = await bootstrapApp({
    name: 'traced',
    module: TracedModule,
    host: '127.0.0.1',
    port: 0,
    grpc: { url: grpcUrl, package: 'traced', protoPath },
  });
  state.self = url;
}
