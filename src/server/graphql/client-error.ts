import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { clip } from '../../kit/text/index.ts';
import { type AnsweredRequest, withWholeUrl } from '../answers/error-answer.ts';
import { boundExtensions, boundLocations, boundPath } from './bound-errors.ts';

export interface ClientErrorOptions {
  readonly path?: GraphQLFormattedError['path'] | undefined;
  readonly locations?: GraphQLFormattedError['locations'] | undefined;
  readonly extensions: Readonly<Record<string, unknown>>;
  /** HTTP status if the whole request fails with it. @default 400 */
  readonly status?: number;
  /** Whether to use the status for plain `application/json` too, where GraphQL errors are otherwise 200. */
  readonly statusAlways?: boolean;
  /** Methods for an `Allow` header. */
  readonly allow?: string | undefined;
  /** The original error, only for the log. */
  readonly hidden?: unknown;
}

/**
 * An error as callers may see it, with a message of 16 kB at most: the mask has checked everything in it. Status and
 * headers are here and not in `extensions.http`, where an upstream's answer could have set its own.
 */
export class ClientError extends GraphQLError {
  readonly status: number;
  readonly statusAlways: boolean;
  readonly allow: string | undefined;
  readonly hidden: unknown;

  constructor(message: string, options: ClientErrorOptions) {
    super(clip(message), { path: boundPath(options.path) ?? null, extensions: boundExtensions(options.extensions) });
    this.status = options.status ?? 400;
    this.statusAlways = options.statusAlways ?? false;
    this.allow = options.allow;
    this.hidden = options.hidden;
    // Upstream errors have locations but no nodes, and the constructor only takes locations from nodes.
    const locations = boundLocations(options.locations);
    if (locations) Object.defineProperty(this, 'locations', { value: locations, enumerable: true });
  }

  /** As in the answer. Errors with their own id, such as one in a source's logs, keep it. */
  toFormatted({ requestId, publicUrl }: AnsweredRequest): GraphQLFormattedError {
    const { http: _, ...extensions } = this.extensions;
    return {
      message: this.message,
      ...(this.locations && { locations: this.locations }),
      ...(this.path && { path: this.path }),
      extensions: withWholeUrl({ requestId, ...extensions }, publicUrl),
    };
  }
}

export const codeOf = (error: ClientError): string => String(error.extensions['code']);
