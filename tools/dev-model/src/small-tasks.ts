import type { Conversation, OfferedTool } from './conversation.ts';
import { baseName, isErrorText, parametersOfType, type PlannedCall, resultsOf } from './tool-choice.ts';

/** A step of a task: either a call to make, or the text to answer with; undefined when the task does not apply. */
export type Step = { readonly call: PlannedCall } | { readonly text: string } | undefined;

const NUMBER = /-?\d+(?:\.\d+)?/g;
const ASKS_FOR_SUM = /\b(?:sum|add|plus|total)\b|\d\s*\+\s*\d/i;
const ECHO = /^\s*echo[:\s]+([\s\S]+)$/i;

/** Whether a request asks for a sum of numbers that it names. */
export function asksForSum(request: string): boolean {
  return ASKS_FOR_SUM.test(request) && numbersIn(request).length >= 2;
}

/** Whether a request asks to have something echoed. */
export function asksForEcho(request: string): boolean {
  return ECHO.test(request);
}

function numbersIn(request: string): number[] {
  return (request.match(NUMBER) ?? []).map(Number);
}

function sumTool(tools: readonly OfferedTool[]): OfferedTool | undefined {
  return tools.find((t) => /(?:^|[-_])(?:sum|add)(?:$|[-_])/.test(baseName(t.name)) && parametersOfType(t, 'number', 'integer').length === 2);
}

/** Adds the numbers of the question, two at a time, with the offered tool that adds two numbers. */
export function sumStep(conversation: Conversation): Step {
  const numbers = numbersIn(conversation.question);
  const tool = sumTool(conversation.tools);
  if (tool === undefined || !asksForSum(conversation.question)) return undefined;
  const done = resultsOf(conversation, baseName(tool.name));
  const last = done.at(-1)?.result;
  if (last !== undefined && isErrorText(last)) return { text: `The sum cannot be had: the tool ${tool.name} said: ${last.trim()}` };
  const total = last === undefined ? numbers[0] : Number(last.match(NUMBER)?.at(-1));
  const next = numbers[done.length + 1];
  if (next === undefined) return { text: `The sum of ${numbers.join(' and ')} is ${total}.` };
  const [a, b] = parametersOfType(tool, 'number', 'integer');
  return { call: { name: tool.name, args: { [a ?? 'a']: total, [b ?? 'b']: next } } };
}

/** Sends what stands behind the word `echo` through the offered echo tool. */
export function echoStep(conversation: Conversation): Step {
  const said = ECHO.exec(conversation.question)?.[1]?.trim();
  const tool = conversation.tools.find((t) => baseName(t.name) === 'echo' && parametersOfType(t, 'string').length > 0);
  if (said === undefined || tool === undefined) return undefined;
  const result = resultsOf(conversation, 'echo').at(-1)?.result;
  if (result !== undefined) return { text: `The echo tool answered: ${result.trim()}` };
  return { call: { name: tool.name, args: { [parametersOfType(tool, 'string')[0] ?? 'message']: said } } };
}
