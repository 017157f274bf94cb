import { Controller, Get, Module, Res } from '@nestjs/common';
import { collectDefaultMetrics, register } from 'prom-client';

/** The part of a fastify reply that the endpoint uses. */
interface Reply {
  header(name: string, value: string): Reply;
  send(body: string): unknown;
}

/** Prometheus text of the default registry. */
@Controller()
class MetricsController {
  /** Every metric of this process. */
  @Get('metrics')
  async metrics(@Res() reply: Reply): Promise<void> {
    const body = await register.metrics();
    reply.header('content-type', register.contentType).send(body);
  }
}

/** `/metrics` with the process's own figures (CPU, memory, event loop) and whatever {@link counter} and its like made. */
@Module({ controllers: [MetricsController] })
export class MetricsModule {
  constructor() {
    if (register.getSingleMetric('process_cpu_user_seconds_total') === undefined) collectDefaultMetrics();
  }
}
