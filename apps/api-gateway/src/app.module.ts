import { Module, type DynamicModule } from '@nestjs/common';
import { ApprovalsModule } from './approvals/approvals.module';
import { AssistantsModule } from './assistants/assistants.module';
import { AuthModule } from './auth/auth.module';
import { GATEWAY_CONFIG, type GatewayConfig } from './config';
import { ConnectionsModule } from './connections/connections.module';
import { CronsModule } from './crons/crons.module';
import { DeliveryModule } from './delivery/delivery.module';
import { DeploymentsModule } from './deployments/deployments.module';
import { OpenApiModule } from './openapi/openapi.module';
import { RetentionModule } from './retention/retention.module';
import { RunsModule } from './runs/runs.module';
import { SloModule } from './slo/slo.module';
import { StreamingModule } from './streaming/streaming.module';
import { SystemModule } from './system/system.module';
import { ThreadStreamModule } from './thread-stream/thread-stream.module';
import { ThreadsModule } from './threads/threads.module';
import { WaitsModule } from './waits/waits.module';

/** The gateway. */
@Module({})
export class AppModule {
  /** With its settings. */
  static with(config: GatewayConfig): DynamicModule {
    return {
      module: AppModule,
      global: true,
      imports: [
        ConnectionsModule,
        AuthModule,
        SystemModule,
        OpenApiModule,
        AssistantsModule,
        ThreadsModule,
        ThreadStreamModule,
        RunsModule,
        ApprovalsModule,
        WaitsModule,
        CronsModule,
        DeliveryModule,
        DeploymentsModule,
        RetentionModule,
        SloModule,
        StreamingModule,
      ],
      providers: [{ provide: GATEWAY_CONFIG, useValue: config }],
      exports: [GATEWAY_CONFIG],
    };
  }
}
