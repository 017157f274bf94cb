import { SAMPLE_ASSISTANT, type SampleResult } from './run-sample.ts';

/** What the closing text is made of. */
export interface NextSteps {
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly temporalUiUrl: string;
  readonly namespace: string;
  /** Path of dev.env. */
  readonly devEnv: string;
  readonly sample: SampleResult | undefined;
}

/** Address, key, three things to try and links. */
export function describeNextSteps(at: NextSteps): string {
  const curl = (path: string, body?: unknown): string =>
    `curl -sN ${at.apiUrl}${path} -H 'x-api-key: ${at.apiKey}'${body === undefined ? '' : ` -H 'content-type: application/json' -d '${JSON.stringify(body)}'`}`;
  const ask = (content: string): unknown => ({ assistant_id: SAMPLE_ASSISTANT, input: { messages: [{ role: 'user', content }] } });
  const { sample } = at;
  const steps: (readonly [string, string])[] = [
    ['Ask something else and wait for the answer:', curl('/runs/wait', ask('What is 19 plus 23?'))],
    sample === undefined
      ? ['Watch a run as it happens:', curl('/runs/stream', { ...(ask('Which folders are here?') as object), stream_mode: ['updates'] })]
      : ['Go on with the conversation of the sample:', curl(`/threads/${sample.threadId}/runs/stream`, { ...(ask('Echo: the agent remembers this thread.') as object), stream_mode: ['updates'] })],
    sample === undefined
      ? ['List the assistants:', curl('/assistants/search', {})]
      : ['Read what the thread remembers, step by step:', curl(`/threads/${sample.threadId}/history`)],
  ];
  const workflow = sample?.workflowId;
  const runLink = workflow === undefined ? '' : `/namespaces/${at.namespace}/workflows/${encodeURIComponent(workflow)}`;
  return [
    '',
    `Holdfast serves at ${at.apiUrl}`,
    `  API key     ${at.apiKey}   (also in ${at.devEnv})`,
    `  API docs    ${at.apiUrl}/docs`,
    `  Temporal    ${at.temporalUiUrl}${runLink === '' ? `/namespaces/${at.namespace}/workflows` : runLink}${runLink === '' ? '' : '   (the sample run)'}`,
    '',
    'Three things to try next:',
    ...steps.flatMap(([title, command], index) => [`  ${index + 1}. ${title}`, `     ${command}`]),
    '',
  ].join('\n');
}
