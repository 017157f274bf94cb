import { Transport, type GrpcOptions } from '@nestjs/microservices';
import { KEEPALIVE_OPTIONS, LOADER_OPTIONS, MAX_MESSAGE_BYTES, TOOLS_PACKAGE, TOOLS_PROTO, protoDir } from './proto';

/**
 * Options with which an app serves the tool router's gRPC face.
 * @param url `host:port` to listen on.
 */
export function toolRouterServerOptions(url: string): GrpcOptions {
  return {
    transport: Transport.GRPC,
    options: {
      package: TOOLS_PACKAGE,
      protoPath: TOOLS_PROTO,
      loader: { ...LOADER_OPTIONS, includeDirs: [protoDir()] },
      url,
      channelOptions: KEEPALIVE_OPTIONS,
      maxReceiveMessageLength: MAX_MESSAGE_BYTES,
      maxSendMessageLength: MAX_MESSAGE_BYTES,
      gracefulShutdown: true,
    },
  };
}
