import { readFileSync } from 'node:fs';
import { buildASTSchema, type GraphQLSchema, parse } from 'graphql';
import { attachResolvers } from '../operations/attach-resolvers.ts';
import type { ContainerNaming } from './container-names.ts';
import type { Model } from './model.ts';
import { printModel } from './print-schema.ts';
import { readModel } from './read-model.ts';
import { modelOfRelease } from './releases.ts';
import { configureScalars } from './scalars.ts';
import { withGeneratedNodes } from './with-generated-nodes.ts';

/** A release ready to serve: tenants on the same one share it. */
export interface ServedRelease {
  readonly model: Model;
  readonly schema: GraphQLSchema;
}

export interface ReleaseOptions {
  readonly release: string;
  readonly naming: ContainerNaming;
  /** Approximate number of types in the schema; 0 means only those of the nodes. */
  readonly types: number;
}

/** Builds the model and the executable schema of one release. @throws Error for an unknown release. */
export function buildRelease({ release, naming, types }: ReleaseOptions): ServedRelease {
  const model = modelOfRelease(currentModel(), release);
  const schema = buildSchema(model, naming);
  if (types === 0) return { model, schema };
  const grown = withGeneratedNodes(model, types, Object.keys(schema.getTypeMap()).length);
  return { model: grown, schema: buildSchema(grown, naming) };
}

let current: Model | undefined;
const currentModel = (): Model => {
  current ??= readModel(readFileSync(new URL('../schema.graphql', import.meta.url), 'utf8'));
  return current;
};

export function buildSchema(model: Model, naming: ContainerNaming): GraphQLSchema {
  const document = parse(printModel(model, naming), { noLocation: true });
  // Validating thousands of types from the sandbox's own printer would double the time.
  const schema = buildASTSchema(document, { assumeValid: true, assumeValidSDL: true });
  configureScalars(schema, model);
  attachResolvers(schema, model, naming);
  return schema;
}
