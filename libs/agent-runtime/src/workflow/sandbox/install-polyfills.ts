/** Its own module, because imports run before the body of the module that names them: preload needs the globals before LangGraph. */
import { installPolyfills, type WebGlobals } from './polyfills';

installPolyfills(globalThis as unknown as WebGlobals);
