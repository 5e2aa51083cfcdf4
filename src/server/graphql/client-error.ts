import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { clip } from '../../kit/text/index.ts';
import { type AnsweredRequest, withWholeUrl } from '../answers/error-answer.ts';
import { boundExtensions, boundLocations, boundPath } from './bound-errors.ts';

export interface ClientErrorOptions {
  readonly path?: GraphQLFormattedError['path'] | undefined;
  readonly locations?: GraphQLFormattedError['locations'] | undefined;
  readonly extensions: Readonly<Record<string, unknown>>;
  /** HTTP status, should the whole request fail with it. @default 400 */
  readonly status?: number;
  /** Also for clients that asked for plain `application/json`, where GraphQL faults are otherwise 200. */
  readonly statusAlways?: boolean;
  /** Methods for an `Allow` header. */
  readonly allow?: string | undefined;
  /** What really happened, for the log alone. */
  readonly hidden?: unknown;
}

/**
 * An error as callers may see it, its message at most 16 kB long: whatever is in it was looked at by the mask. Status and
 * headers stand here and not in `extensions.http`, where an upstream's answer could have put its own.
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
    // Upstream errors have locations but no nodes to take them from, which is all the constructor knows.
    const locations = boundLocations(options.locations);
    if (locations) Object.defineProperty(this, 'locations', { value: locations, enumerable: true });
  }

  /** As it stands in the answer. Errors that have an id of their own, such as one in a source's logs, keep it. */
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
