import { setTimeout as sleep } from 'node:timers/promises';
import { type ChatCompletionRequest, type FixtureResponse, LLMock } from '@copilotkit/aimock';
import { type Answer, DEV_MODEL } from './answer.ts';
import { answerTo } from './answer-to.ts';
import { readConversation } from './conversation.ts';
import { type Directives, readDirectives } from './directives.ts';
import { disorderIn } from './message-order.ts';
import { OnceKeys } from './once-keys.ts';
import { ChatRequest, textOf } from './request.schema.ts';

/** Options of {@link startDevModel}. */
export interface DevModelOptions {
  /** Address to listen on. */
  readonly host: string;
  /** Port to listen on; 0 takes a free one. */
  readonly port: number;
  /** Pause before each chunk of a stream, in milliseconds. */
  readonly chunkMs: number;
}

/** A running development model server. */
export interface DevModelServer {
  /** Base address for OpenAI clients, with `/v1`. */
  readonly baseUrl: string;
  /** Stops listening; open answers are cut. */
  stop(): Promise<void>;
}

const CHUNK_CHARACTERS = 24;
const DRIP_MS = 50;
const CUT_AFTER_CHUNKS = 4;
/** aimock keeps a journal of whole requests; nobody reads it here, so it stays small. */
const JOURNAL_ENTRIES = 10;

function toFixture(answer: Answer): FixtureResponse {
  if (answer.kind === 'text') return { content: answer.text, model: DEV_MODEL };
  return {
    model: DEV_MODEL,
    toolCalls: answer.calls.map((call) => ({ id: call.id, name: call.name, arguments: JSON.stringify(call.args) })),
  };
}

function failure(status: number): FixtureResponse {
  const type = status >= 500 ? 'server_error' : status === 429 ? 'rate_limit_error' : 'invalid_request_error';
  return { status, error: { message: `${DEV_MODEL} was told to fail with ${status}`, type } };
}

/** Directives of a request that may be malformed, as the server asks for them before it is parsed. */
function directivesOf(request: ChatCompletionRequest): Directives {
  const parsed = ChatRequest.safeParse(request);
  if (!parsed.success) return readDirectives(request.model);
  const asked = parsed.data.messages.findLast((m) => m.role === 'user');
  return readDirectives(parsed.data.model, asked === undefined ? '' : textOf(asked));
}

async function respond(request: ChatCompletionRequest, limited: OnceKeys): Promise<FixtureResponse> {
  const parsed = ChatRequest.safeParse(request);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { status: 400, error: { message: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`, type: 'invalid_request_error' } };
  }
  const disorder = disorderIn(parsed.data.messages);
  if (disorder !== undefined) return { status: 400, error: { message: disorder, type: 'invalid_request_error' } };
  const conversation = readConversation(parsed.data);
  const { slowMs, rateLimitSeconds, failStatus } = conversation.directives;
  if (slowMs > 0) await sleep(slowMs);
  if (failStatus !== undefined) return failure(failStatus);
  if (rateLimitSeconds !== undefined && limited.first(conversation.question)) {
    return { ...failure(429), retryAfter: rateLimitSeconds };
  }
  return toFixture(answerTo(conversation));
}

/**
 * Starts the development model: the OpenAI chat-completions protocol with deterministic answers.
 * Throws when the port is taken.
 */
export async function startDevModel(options: DevModelOptions): Promise<DevModelServer> {
  const server = new LLMock({
    host: options.host,
    port: options.port,
    latency: options.chunkMs,
    chunkSize: CHUNK_CHARACTERS,
    journalMaxEntries: JOURNAL_ENTRIES,
    logLevel: 'warn',
  });
  const limited = new OnceKeys();
  const cut = new OnceKeys();
  const answer = (request: ChatCompletionRequest): Promise<FixtureResponse> => respond(request, limited);
  const cutKey = (request: ChatCompletionRequest): string => JSON.stringify(request.messages);
  server.on(
    { endpoint: 'chat', predicate: (request) => directivesOf(request).cut && !cut.has(cutKey(request)) },
    (request) => {
      cut.first(cutKey(request));
      return answer(request);
    },
    { truncateAfterChunks: CUT_AFTER_CHUNKS, latency: Math.max(options.chunkMs, 5) },
  );
  server.on({ endpoint: 'chat', predicate: (request) => directivesOf(request).drip }, answer, { latency: DRIP_MS });
  // A string here makes /v1/models name the model; any other model name is answered by the fixture after it.
  server.on({ endpoint: 'chat', model: DEV_MODEL }, answer);
  server.on({ endpoint: 'chat', predicate: () => true }, answer);
  const url = await server.start();
  return { baseUrl: `${url}/v1`, stop: () => server.stop() };
}
