import { GatewayError } from '../../../kit/errors/index.ts';

/** A value that does not fit its column: only this value is null, with an error. @param wanted such as `a moment` */
export const unreadable = (wanted: string): GatewayError =>
  new GatewayError(
    'UPSTREAM_UNAVAILABLE',
    `Sage 200 did not return ${wanted} here. Remove this field from your query, or correct the value in Sage 200.`,
    { source: 'sage200' },
  );
