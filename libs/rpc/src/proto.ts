import { join } from 'node:path';
import type { ChannelOptions } from '@grpc/grpc-js';
import type { ErrorCode } from '@holdfast/contracts/errors';

/** Full name of the tool router's service, as it stands in request paths. */
export const TOOL_ROUTER_SERVICE = 'holdfast.tools.v1.ToolRouter';

/** Full name of the service with which a worker takes runs. */
export const RUN_STARTER_SERVICE = 'holdfast.runs.v1.RunStarter';

/** A gRPC service of ours. */
export interface RpcService {
  /** Full name, as it stands in request paths; also the audience of its callers' signed contexts. */
  readonly name: string;
  /** Package of its messages. */
  readonly package: string;
  /** File of its definition, relative to {@link protoDir}. */
  readonly proto: string;
  /** Who serves it, in words for error messages. */
  readonly peer: string;
  /** Code of a call that does not reach it. */
  readonly unavailable: ErrorCode;
  /** Whether calls go in turns to all addresses that the server's name has; else to the first one that answers. */
  readonly spread: boolean;
}

/** The tool router's service. */
export const TOOL_ROUTER: RpcService = {
  name: TOOL_ROUTER_SERVICE,
  package: 'holdfast.tools.v1',
  proto: 'holdfast/tools/v1/tools.proto',
  peer: 'tool router',
  unavailable: 'TOOL_ROUTER_UNAVAILABLE',
  spread: false,
};

/** The worker's service. */
export const RUN_STARTER: RpcService = {
  name: RUN_STARTER_SERVICE,
  package: 'holdfast.runs.v1',
  proto: 'holdfast/runs/v1/runs.proto',
  peer: 'worker',
  unavailable: 'DEPENDENCY_UNAVAILABLE',
  spread: true,
};

/** Largest message either side accepts, bytes: the longest arguments in UTF-8, or three representations of a result of 256 KiB. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** Longest arguments of a call that the router reads, characters of JSON; longer ones it refuses in words for the model. */
export const MAX_ARGUMENTS_LENGTH = 1024 * 1024;

/** Longest name of a tool that the router looks at, characters; model-facing names have at most 64. */
export const MAX_TOOL_NAME_LENGTH = 128;

/** How both sides read the definitions: enums as their names, absent fields as defaults. Never change one side alone. */
export const LOADER_OPTIONS = { longs: String, enums: String, defaults: true, arrays: true } as const;

/**
 * Folder of the .proto files. A bundle has them beside it: its banner (tools/app-bundle/build-app.mjs) sets HOLDFAST_PROTO_DIR. From source
 * they are read from this project.
 */
export function protoDir(): string {
  return process.env['HOLDFAST_PROTO_DIR'] ?? join(import.meta.dirname, '../proto');
}

/**
 * Keep-alive of both sides: a peer that vanished without a packet (power, network) is noticed after at most 13 s; a killed process
 * on a living host is noticed at once by the reset of its socket.
 */
export const KEEPALIVE_OPTIONS: ChannelOptions = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 3_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
};
