const { Annotation, END, START, StateGraph } = require('@langchain/langgraph');
const { callTool } = require('@holdfast/agent-runtime/graph');

const State = Annotation.Root({ text: Annotation(), words: Annotation(), echo: Annotation() });

const count = ({ text }) => ({ words: text.split(/\s+/).filter(Boolean).length });
const tell = async ({ words }) => ({ echo: (await callTool({ id: 'tell', name: 'everything__echo', args: { message: `${words} words` } })).text });

/** A function that returns a compiled graph. */
const make = () => new StateGraph(State).addNode('count', count).addNode('tell', tell).addEdge(START, 'count').addEdge('count', 'tell').addEdge('tell', END).compile();

module.exports = { make };
