import { join } from 'node:path';
import { CountingProcess } from './counting-process';

const MAIN = join(import.meta.dirname, 'counting-model.main.ts');

/** A model server in a process of its own that hands on what it is asked and counts it by the thread that asks. */
export class CountingModel {
  private readonly process: CountingProcess;

  private constructor(process: CountingProcess) {
    this.process = process;
  }

  /** Starts one on a free port. @param target base URL of the model server that answers, with `/v1` */
  static async start(target: string): Promise<CountingModel> {
    return new CountingModel(await CountingProcess.start(MAIN, { args: [target] }));
  }

  /** Base URL for OpenAI clients, with `/v1`. */
  get url(): string {
    return `${this.process.url}/v1`;
  }

  /** Chat completions that each thread has asked for. */
  calls(): Promise<Readonly<Record<string, number>>> {
    return this.process.calls();
  }

  /** How often each request id came: one names one attempt of one call. */
  requests(): Promise<Readonly<Record<string, number>>> {
    return this.process.calls('/requests');
  }

  /** Ends the process. */
  stop(): Promise<void> {
    return this.process.stop();
  }
}
