/**
 * The runtime itself is evaluated once per V8 context instead of once per workflow. None of its modules keeps state of a run: what a run
 * needs lives in objects that the workflow function makes.
 */
import '../graph/registry';
import './agent-task.workflow';
import './thread.workflow';
