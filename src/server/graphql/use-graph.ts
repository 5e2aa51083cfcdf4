import { type DocumentNode, type ExecutionResult, getOperationAST, OperationTypeNode } from 'graphql';
import { type GatewayContext, type Graph, type GraphOperation, mutationNames } from '../../graph/index.ts';
import { GatewayError } from '../../kit/errors/index.ts';
import { maskErrors, maskRequestError, maskResultError, maskValidationError } from './error-mask.ts';
import type { GraphqlPlugin, GraphqlRequest } from './graphql-request.ts';

/** Long names are somebody's text and not a name. */
export const LONGEST_NAME = 80;

/**
 * Whether a request asks in its `extensions` for more than the answer: `plan` is all that the gateway knows there. Clients send
 * members of their own with every request, such as Apollo Client its `clientLibrary`, and these change nothing.
 */
export const asksForPlan = (extensions: OperationParams['extensions'] | null): boolean => extensions?.['plan'] === true;

/** Lets the graph validate and execute; what comes back from it, thrown or not, is masked here. */
export function useGraph(graph: Graph): GraphqlPlugin {
  return {
    onEnveloped({ context, setSchema }) {
      if (context) setSchema(context.schema);
    },
    onParams({ params, setParams }) {
      // Some clients send '' for "the only one there is".
      if (params.operationName === '') {
        const { operationName: _, ...others } = params;
        setParams(others);
      }
    },
    onValidate({ context, params, setResult }) {
      const operation = toOperation(context, params.documentAST);
      const node = getOperationAST(operation.document, operation.operationName);
      context.exchange.operationName = node?.name?.value.slice(0, LONGEST_NAME);
      if (node?.operation === OperationTypeNode.SUBSCRIPTION) {
        throw new GatewayError('BAD_USER_INPUT', 'The gateway has no subscriptions. Ask again with a query instead.');
      }
      if (node?.operation === OperationTypeNode.MUTATION) context.exchange.mutations = () => mutationNames(operation);
      setResult(validate(context, operation));
    },
    onExecute({ args, setExecuteFn }) {
      // The hook's own type knows nothing of what Yoga puts into it; see onValidate for the same object with its type.
      const context = args.contextValue as GraphqlRequest & { params: OperationParams };
      const wantsPlan = asksForPlan(context.params.extensions);
      setExecuteFn(() => execute(context, toOperation(context, args.document), wantsPlan));
    },
  };

  function validate({ schema, gateway }: GraphqlRequest, operation: GraphOperation) {
    try {
      return [...maskErrors(graph.validate(schema, operation, gateway), maskValidationError)];
    } catch (error) {
      throw untrusted(error);
    }
  }

  /** @throws GatewayError FORBIDDEN */
  function explain(schema: GraphqlRequest['schema'], operation: GraphOperation, { principal }: GatewayContext) {
    if (principal.admin) return graph.explain(schema, operation);
    throw new GatewayError(
      'FORBIDDEN',
      'Plans are shown to callers with admin alone: leave extensions.plan out, or ask with such a key.',
    );
  }

  async function execute(
    { schema, gateway }: GraphqlRequest,
    operation: GraphOperation,
    wantsPlan: boolean,
  ): Promise<ExecutionResult> {
    try {
      const plan = wantsPlan ? explain(schema, operation, gateway) : undefined;
      const { data, errors, extensions } = await graph.execute(schema, operation, gateway);
      return {
        ...(data !== undefined && { data }),
        ...(errors && errors.length > 0 && { errors: maskErrors(errors) }),
        ...((extensions || plan) && { extensions: { ...extensions, ...(plan && { plan }) } }),
      };
    } catch (error) {
      throw untrusted(error);
    }
  }
}

interface OperationParams {
  readonly query?: string;
  readonly operationName?: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

function toOperation(context: { readonly params: OperationParams }, document: DocumentNode): GraphOperation {
  const { query = '', operationName, variables } = context.params;
  return {
    document,
    source: query,
    operationName: operationName ?? undefined,
    variables: variables ?? undefined,
  };
}

/** What the graph throws may hold an upstream's words: only our own errors choose a status, no others. */
function untrusted(error: unknown): Error {
  return error instanceof GatewayError
    ? maskRequestError(error)
    : (maskResultError(error)[0] ?? maskRequestError(error));
}
