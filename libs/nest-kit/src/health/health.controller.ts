import { Controller, Get, Inject, Res } from '@nestjs/common';
import { HealthRegistry } from './health-registry';

/** The part of a fastify reply that the probes use. */
interface Reply {
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  send(body: unknown): unknown;
}

/** Probes for supervisors: without authentication, without request logs, telling names of dependencies and nothing else. */
@Controller()
export class HealthController {
  constructor(@Inject(HealthRegistry) private readonly health: HealthRegistry) {}

  /** The process runs; dependencies play no part, so that no supervisor restarts us for another's fault. */
  @Get('livez')
  livez(): { status: string } {
    return { status: 'alive' };
  }

  /** 200 when every dependency answers, else 503 with a problem document whose `missing` lists those that do not. */
  @Get('readyz')
  async readyz(@Res() reply: Reply): Promise<void> {
    const missing = await this.health.missing();
    if (missing.length === 0) {
      reply.code(200).send({ status: 'ready' });
      return;
    }
    const detail = `Not ready, waiting for: ${missing.map(({ name, reason }) => `${name} (${reason})`).join(', ')}`;
    reply.code(503).header('content-type', 'application/problem+json').header('retry-after', '1').send({
      type: 'urn:holdfast:error:DEPENDENCY_UNAVAILABLE',
      title: 'Dependency unavailable',
      status: 503,
      detail,
      code: 'DEPENDENCY_UNAVAILABLE',
      instance: '/readyz',
      missing,
    });
  }
}
