import type { BundleOptions } from '@temporalio/worker';

/** webpack's configuration, by way of the SDK: webpack is the SDK's dependency, not ours. */
export type WebpackConfiguration = Parameters<NonNullable<BundleOptions['webpackConfigHook']>>[0];

type Plugin = NonNullable<NonNullable<WebpackConfiguration['plugins']>[number]>;

/** webpack's compiler; its `webpack` member gives the classes that belong to it. A plugin may also be a function of it. */
export type WebpackCompiler = Parameters<Extract<Plugin, (...args: never[]) => unknown>>[0];

/** One run of the compiler. */
export type WebpackCompilation = Parameters<Parameters<WebpackCompiler['hooks']['compilation']['tap']>[1]>[0];
