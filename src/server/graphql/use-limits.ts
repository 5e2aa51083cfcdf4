import type { RequestLimits } from './check-limits.ts';
import type { GraphqlPlugin } from './graphql-request.ts';

/** Refuses documents and values that are too much, before anybody validates them. */
export function useLimits(limits: RequestLimits): GraphqlPlugin {
  return {
    onParse({ setParseFn }) {
      setParseFn((source, options) => limits.parse(source, options));
      return ({ result, replaceParseResult }) => {
        if (result === null || result instanceof Error) return;
        const fault = limits.checkDocument(result);
        if (fault) replaceParseResult(fault);
      };
    },
    onValidate({ context, params }) {
      const fault = limits.checkVariables(params.documentAST, context.params.variables ?? {});
      if (fault) throw fault;
    },
  };
}
