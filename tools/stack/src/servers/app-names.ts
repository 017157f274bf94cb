/** Our four apps, in the order they are listed. */
export const APPS = ['tool-router', 'event-bridge', 'worker', 'api-gateway'] as const;

/** Name of one of our apps. */
export type AppName = (typeof APPS)[number];
