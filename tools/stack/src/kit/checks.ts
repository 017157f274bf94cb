import { connect } from 'node:net';

/** Every health check ends within this many milliseconds. */
export const CHECK_TIMEOUT_MS = 3_000;

/** Resolves when the URL answers with a status below 400; rejects with the body's beginning otherwise. */
export async function checkHttp(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(CHECK_TIMEOUT_MS) }).catch((error: unknown) => {
    const cause = error instanceof Error ? error.cause : undefined;
    throw new Error(`${url}: ${cause instanceof Error ? cause.message : String(error)}`);
  });
  const body = await response.text();
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${body.slice(0, 300)}`);
}

/** Resolves when something listens there. */
export async function checkTcp(host: string, port: number): Promise<void> {
  await exchange(host, port, '', () => true);
}

/** Resolves when Redis answers PING (also while it still loads its data: then it rejects). */
export async function checkRedis(host: string, port: number): Promise<void> {
  await exchange(host, port, 'PING\r\n', (answer) => answer.startsWith('+PONG'));
}

/** Connects, sends `text` and waits for an answer that `isDone` accepts; an empty `text` waits for the connection only. */
async function exchange(host: string, port: number, text: string, isDone: (answer: string) => boolean): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host, port });
    const end = (error?: Error): void => {
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    socket.setTimeout(CHECK_TIMEOUT_MS, () => end(new Error(`${host}:${port} does not answer`)));
    socket.once('error', end);
    socket.once('connect', () => (text === '' ? end() : void socket.write(text)));
    let answer = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      answer = (answer + chunk).slice(0, 1_024);
      if (isDone(answer)) end();
      else if (answer.includes('\n')) end(new Error(`${host}:${port} answers ${answer.trim()}`));
    });
  });
}
