import { createHash } from 'node:crypto';
import { isDropped, modelFacingName, normaliseTool, type McpServerPool, type NormalisedTool } from '@holdfast/mcp-adapters';
import type { LogSink } from '@holdfast/nest-kit';
import { SchemaCompiler, type SchemaCheck } from '../arguments/argument-validator';
import type { Catalogue, CatalogueServer, CatalogueTool } from './catalogue.schema';

/** A tool that the operator allows, whether or not its server is there. */
export interface CataloguedTool {
  /** Model-facing name. */
  readonly name: string;
  readonly server: string;
  /** The server's own name. */
  readonly tool: string;
  readonly settings: CatalogueTool;
  readonly serverSettings: CatalogueServer;
}

/** What a server promises of a tool, with its schemas compiled. */
export interface ToolContract {
  readonly definition: NormalisedTool;
  readonly checkArguments: SchemaCheck;
  /** For structuredContent; absent when the server promises nothing. */
  readonly checkResult: SchemaCheck | undefined;
}

type ServerTools = NonNullable<NonNullable<ReturnType<McpServerPool['get']>>['tools']>;

/** The part of {@link McpServerPool} that the registry uses. */
export type ToolSource = Pick<McpServerPool, 'get' | 'onChange'>;

/**
 * Joins the operator's catalogue with what the servers say of their tools. Names come from the catalogue alone, so a server can
 * neither add a tool nor take another's name.
 */
export class ToolRegistry {
  readonly #byName = new Map<string, CataloguedTool>();
  readonly #contracts = new Map<string, ReadonlyMap<string, ToolContract>>();
  readonly #schemas = new SchemaCompiler();
  readonly #seenTools = new Map<string, unknown>();
  #version = '';

  /** @throws RangeError when two tools would get the same model-facing name. */
  constructor(
    private readonly catalogue: Catalogue,
    private readonly source: ToolSource,
    private readonly log: LogSink,
  ) {
    for (const [server, serverSettings] of Object.entries(catalogue.servers)) {
      for (const [tool, settings] of Object.entries(serverSettings.tools)) {
        const name = modelFacingName(server, tool);
        const other = this.#byName.get(name);
        if (other !== undefined) throw new RangeError(`${server}/${tool} and ${other.server}/${other.tool} would both be called ${name}`);
        this.#byName.set(name, { name, server, tool, settings, serverSettings });
      }
    }
    source.onChange(() => this.#refresh());
    this.#refresh();
  }

  /** The tool of a model-facing name. */
  resolve(name: string): CataloguedTool | undefined {
    return this.#byName.get(name);
  }

  /** Every catalogued tool, in the order of the catalogue. */
  all(): Iterable<CataloguedTool> {
    return this.#byName.values();
  }

  /** What the server last said of the tool; undefined when it never said anything of it. */
  contract(tool: CataloguedTool): ToolContract | undefined {
    return this.#contracts.get(tool.server)?.get(tool.tool);
  }

  /** Whether the server was ever connected, so that a missing contract means a missing tool. */
  isKnown(server: string): boolean {
    return this.#contracts.has(server);
  }

  /** Changes whenever a definition appears, changes or goes. */
  get version(): string {
    return this.#version;
  }

  #refresh(): void {
    let changed = this.#version === '';
    for (const server of Object.keys(this.catalogue.servers)) {
      const tools = this.source.get(server)?.tools;
      // The pool tells of every change of state; most of them bring the same list again.
      if (tools === undefined || tools === this.#seenTools.get(server)) continue;
      this.#seenTools.set(server, tools);
      this.#contracts.set(server, this.#read(server, tools));
      changed = true;
    }
    if (changed) this.#version = this.#fingerprint();
  }

  #read(server: string, tools: ServerTools): Map<string, ToolContract> {
    const allowed = this.catalogue.servers[server]?.tools ?? {};
    const found = new Map<string, ToolContract>();
    for (const tool of tools) {
      if (!Object.hasOwn(allowed, tool.name)) continue;
      const contract = this.#contractOf(server, tool);
      if (typeof contract === 'string') this.log.warn({ server, tool: tool.name, reason: contract }, 'a definition is not usable; the tool is not offered');
      else found.set(tool.name, contract);
    }
    for (const name of Object.keys(allowed)) {
      if (!found.has(name)) this.log.warn({ server, tool: name }, 'the catalogue allows a tool that the server does not offer');
    }
    return found;
  }

  /** Or the reason why there is none. */
  #contractOf(server: string, tool: ServerTools[number]): ToolContract | string {
    const definition = normaliseTool(server, tool);
    if (isDropped(definition)) return definition.reason;
    const { inputSchema, outputSchema, definitionHash } = definition;
    try {
      const checkArguments = this.#schemas.check(`${definitionHash}/in`, inputSchema);
      const checkResult = outputSchema === undefined ? undefined : this.#schemas.check(`${definitionHash}/out`, outputSchema);
      return { definition, checkArguments, checkResult };
    } catch (error) {
      return `a schema cannot be compiled: ${(error as Error).message.slice(0, 300)}`;
    }
  }

  #fingerprint(): string {
    const hash = createHash('sha256');
    for (const tool of this.#byName.values()) hash.update(`${tool.name}\0${tool.settings.effect}\0${this.contract(tool)?.definition.definitionHash ?? ''}\n`);
    return hash.digest('hex').slice(0, 16);
  }
}
