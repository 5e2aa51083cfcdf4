import { GatewayError } from '../../../kit/errors/index.ts';

/** A value that is not what its column holds: it alone is null, and said. @param wanted such as `a moment` */
export const unreadable = (wanted: string): GatewayError =>
  new GatewayError(
    'UPSTREAM_UNAVAILABLE',
    `Sage 200 did not return ${wanted} here. Remove this field from your query, or correct the value in Sage 200.`,
    { source: 'sage200' },
  );
