import { Transport, type GrpcOptions } from '@nestjs/microservices';
import { KEEPALIVE_OPTIONS, LOADER_OPTIONS, MAX_MESSAGE_BYTES, RUN_STARTER, TOOL_ROUTER, type RpcService, protoDir } from './proto';

/**
 * Options with which an app serves the tool router's gRPC face.
 * @param url `host:port` to listen on.
 */
export function toolRouterServerOptions(url: string): GrpcOptions {
  return serverOptions(TOOL_ROUTER, url);
}

/**
 * Options with which a worker takes runs.
 * @param url `host:port` to listen on.
 */
export function runStarterServerOptions(url: string): GrpcOptions {
  return serverOptions(RUN_STARTER, url);
}

function serverOptions(service: RpcService, url: string): GrpcOptions {
  return {
    transport: Transport.GRPC,
    options: {
      package: service.package,
      protoPath: service.proto,
      loader: { ...LOADER_OPTIONS, includeDirs: [protoDir()] },
      url,
      channelOptions: KEEPALIVE_OPTIONS,
      maxReceiveMessageLength: MAX_MESSAGE_BYTES,
      maxSendMessageLength: MAX_MESSAGE_BYTES,
      gracefulShutdown: true,
    },
  };
}
