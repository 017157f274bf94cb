import type { EffectClass } from '@holdfast/contracts/tools';
import type { TenantContext } from '@holdfast/tenant-context';
import type { ToolRegistry } from '../catalogue/tool-registry';
import { decide, type CompiledGrant } from '../permission/decide';
import { compileGlobs } from '../permission/glob';

/** A tool as callers may know it. */
export interface ListedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchemaJson: string;
  readonly effect: EffectClass;
  readonly server: string;
}

/** What a caller may use now. */
export interface Listing {
  readonly tools: readonly ListedTool[];
  readonly catalogueVersion: string;
  /** Servers of permitted tools that never said what they offer: the list is not whole. */
  readonly unavailableServers: readonly string[];
}

/** Lists tools by the same decision that calls are permitted by. */
export class ToolLister {
  constructor(
    private readonly registry: ToolRegistry,
    private readonly grants: readonly CompiledGrant[],
  ) {}

  /** @param include model-facing names in which `*` stands for any characters; empty: all. */
  list(ctx: TenantContext, include: readonly string[]): Listing {
    const isWanted = include.length === 0 ? () => true : compileGlobs(include);
    const tools: ListedTool[] = [];
    const unavailable = new Set<string>();
    for (const tool of this.registry.all()) {
      if (!isWanted(tool.name) || !decide(ctx, tool, this.grants).allowed) continue;
      const contract = this.registry.contract(tool);
      if (contract === undefined) {
        if (!this.registry.isKnown(tool.server)) unavailable.add(tool.server);
        continue;
      }
      const { description, inputSchema } = contract.definition;
      tools.push({ name: tool.name, description, inputSchemaJson: JSON.stringify(inputSchema), effect: tool.settings.effect, server: tool.server });
    }
    return { tools, catalogueVersion: this.registry.version, unavailableServers: [...unavailable] };
  }
}
