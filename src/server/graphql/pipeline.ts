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
  /** More phases for every request, after all others. */
  readonly phases?: readonly Phase[] | undefined;
}

/**
 * The phases of every GraphQL request, in order, however it is executed. The caller is identified first, so the bodies
 * of strangers are not read. Anything that concerns all requests is one file with a few hooks, and one line here.
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
    // Repeated operations are answered by their plan, everything else by Yoga, the fallback.
    createPlanExecutor(graph),
    createFallbackExecutor({ path, graph, limits, registry }),
    countOperations(registry, graph),
    noteOperations(graph, log),
    ...phases,
  ];
}
