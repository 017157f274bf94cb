// A worker on the stock SDK with its defaults, in a process of its own. Prints READY when it polls.
import '@swc-node/register/esm-register';

await import('./plain-worker.ts');
