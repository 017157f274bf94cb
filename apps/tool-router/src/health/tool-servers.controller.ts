import { Controller, Get } from '@nestjs/common';
import { McpServerPool } from '@holdfast/mcp-adapters';

/** Which tool servers are there. A missing one makes its own tools unavailable, not this app: /readyz does not ask. */
@Controller('readyz/tool-servers')
export class ToolServersController {
  constructor(private readonly pool: McpServerPool) {}

  /** Names and states only: reasons may hold words of a server and stand in the log. */
  @Get()
  list(): { servers: { name: string; status: string; era: string | null; protocol_version: string | null; connections: number }[] } {
    const servers = this.pool.states().map(({ slug, status, era, protocolVersion, connections }) => ({
      name: slug,
      status,
      era: era ?? null,
      protocol_version: protocolVersion ?? null,
      connections,
    }));
    return { servers };
  }
}
