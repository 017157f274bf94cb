/**
 * Modules of ours that are evaluated once per V8 context instead of once per workflow. They keep no state of a run and do not import
 * `@temporalio/workflow`. The folder `graph` comes in through the graph modules.
 */
import '../graph/registry';
import './saver';
