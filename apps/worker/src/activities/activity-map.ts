import { callKindOf, type CronActivities, type ModelActivity, type RuntimeActivities, type TaskActivities, type ToolActivity } from '@holdfast/agent-runtime/api';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';

/** What a worker registers: the journal by name and, for every other type, one function that chooses by the type's ending. */
export interface ActivityMap extends RuntimeActivities, TaskActivities, CronActivities {
  default(request: unknown): Promise<unknown>;
}

/**
 * Activities of the worker. Each node's calls have a type of their own (`<graph>.<node>.model`), which the SDK looks up by name and
 * then under `default`; so a worker also serves nodes that only another build of the bundle knows.
 */
export function activityMap(runtime: RuntimeActivities & TaskActivities & CronActivities, model: ModelActivity, tool: ToolActivity): ActivityMap {
  return {
    ...runtime,
    default: async (request: unknown): Promise<unknown> => {
      const { activityType } = Context.current().info;
      const kind = callKindOf(activityType);
      // The runtime is the only one that schedules these types, with these arguments.
      if (kind === 'model') return model(request as Parameters<ModelActivity>[0]);
      if (kind === 'tool') return tool(request as Parameters<ToolActivity>[0]);
      throw ApplicationFailure.create({
        type: 'NotFoundError',
        message: `This worker has no activity ${activityType}; another build may.`,
      });
    },
  };
}
