'use strict';
/**
 * webpack loader for `@langchain/langgraph/dist/errors.js`.
 * EmptyChannelError writes `Error.stackTraceLimit` around `super()`. The sandbox freezes `Error`, so that is a TypeError; and the error
 * is control flow, thrown for each unset channel at each read, so it is built here without capturing a stack at all.
 */
const BODY =
  /const prevLimit = Error\.stackTraceLimit;\s*Error\.stackTraceLimit = 0;\s*super\(message, fields\);\s*Error\.stackTraceLimit = prevLimit;\s*this\.name = "EmptyChannelError";/;
const REPLACEMENT = [
  'const e = Object.create(new.target.prototype);',
  'e.name = "EmptyChannelError"; e.message = message ?? ""; e.lc_error_code = fields?.lc_error_code;',
  'return e;',
].join(' ');

module.exports = function stripErrors(source) {
  if (!BODY.test(source)) {
    throw new Error('EmptyChannelError of @langchain/langgraph changed: review libs/agent-runtime/src/worker/strip-errors.cjs');
  }
  return source.replace(BODY, REPLACEMENT);
};
