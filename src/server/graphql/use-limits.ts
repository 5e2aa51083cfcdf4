import { type DocumentNode, GraphQLError, parse } from 'graphql';
import { checkLimits, type DocumentLimits, tokensExceeded } from './check-limits.ts';
import type { GraphqlPlugin } from './graphql-request.ts';

/** Refuses documents that are too much, before anybody validates them. */
export function useLimits(limits: DocumentLimits): GraphqlPlugin {
  // Documents come from the parser's cache: the same object is not measured twice.
  const passed = new WeakSet<DocumentNode>();
  return {
    onParse({ setParseFn }) {
      setParseFn((source, options) => {
        try {
          return parse(source, { ...options, maxTokens: limits.tokens });
        } catch (error) {
          throw isAboutTokens(error) ? tokensExceeded(limits.tokens) : error;
        }
      });
      return ({ result, replaceParseResult }) => {
        if (result === null || result instanceof Error || passed.has(result)) return;
        const fault = checkLimits(result, limits);
        if (fault) replaceParseResult(fault);
        else passed.add(result);
      };
    },
  };
}

/** graphql-js gives this one no code or class of its own. */
function isAboutTokens(error: unknown): boolean {
  return error instanceof GraphQLError && /Document contains more tha[nt] \d+ tokens/.test(error.message);
}
