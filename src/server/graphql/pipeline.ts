import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Graph } from '../../graph/index.ts';
import { admitVisitors } from './admit-visitors.ts';
import { type DocumentLimits, RequestLimits } from './check-limits.ts';
import { countOperations } from './count-operations.ts';
import { type DocumentOptions, findDocument } from './documents/find-document.ts';
import { createFallbackExecutor } from './fallback-executor.ts';
import { findTenant } from './find-tenant.ts';
import { limitMemory } from './limit-memory.ts';
import { limitOperations } from './limit-operations.ts';
import { nameMutations, noteOperations } from './note-operations.ts';
import type { Phase } from './phase.ts';
import { createPlanExecutor } from './plan-executor.ts';

export interface PipelineOptions {
  /** Of the route, as Yoga wants to know it. */
  readonly path: string;
  readonly graph: Graph;
  readonly limits: DocumentLimits;
  readonly documents: DocumentOptions;
  readonly log: Logger;
  readonly registry: Registry;
  /** More that takes part in every request, after all others. */
  readonly phases?: readonly Phase[] | undefined;
}

/**
 * What every GraphQL request passes, in this order, whichever way it is executed. Its caller is known before: the bodies
 * of strangers are not read. What cuts across all requests is one file with a few hooks, and one line here.
 */
export function createPipeline({
  path,
  graph,
  documents,
  log,
  registry,
  phases = [],
  ...options
}: PipelineOptions): readonly Phase[] {
  const limits = new RequestLimits(options.limits);
  return [
    nameMutations,
    limitMemory,
    limitOperations(limits, graph),
    admitVisitors(limits),
    findTenant(graph),
    findDocument(registry, documents),
    // What was asked before is answered by its plan, and everything unusual by Yoga, the fallback.
    createPlanExecutor(graph),
    createFallbackExecutor({ path, graph, limits, registry }),
    countOperations(registry, graph),
    noteOperations(graph, log),
    ...phases,
  ];
}
