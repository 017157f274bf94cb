/** Entry of the workflow bundle: the runtime's workflows under their type names. */
export * from '@holdfast/agent-runtime/workflow';
