import type { BeginRunGo } from '../api';
import type { WorkflowSaver } from './saver';

/**
 * What a graph that was stopped between two supersteps begins with when it goes on. Its input, and what a command changes, are in its state by then;
 * an answer is not before a superstep has taken it.
 */
export function afterStop(begin: BeginRunGo, saver: WorkflowSaver, hasStepped: boolean): BeginRunGo {
  const { command, ...rest } = begin;
  const next: BeginRunGo = { ...rest, input: null };
  if (hasStepped || command?.resume === undefined) return next;
  return withAnswers({ ...next, command: { resume: command.resume } }, saver);
}

/**
 * A resume by ids of questions, written into the state where LangGraph looks for answers to them: of a state whose nodes have other names now it would
 * look for the questions under other ids than people know, and an execution that takes the run over does not get the command. Others stay commands.
 */
export function withAnswers(begin: BeginRunGo, saver: WorkflowSaver): BeginRunGo {
  const { command, ...rest } = begin;
  const { resume, ...others } = command ?? {};
  if (typeof resume !== 'object' || resume === null || !saver.answer(resume as Record<string, unknown>)) return begin;
  return Object.keys(others).length === 0 ? { ...rest, input: null } : { ...rest, command: others };
}
