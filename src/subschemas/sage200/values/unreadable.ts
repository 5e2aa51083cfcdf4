import { GatewayError } from '../../../kit/errors/index.ts';

/** A value that is not what its column holds: it alone is null, and said. @param wanted such as `a moment` */
export const unreadable = (wanted: string): GatewayError =>
  new GatewayError(
    'UPSTREAM_UNAVAILABLE',
    `Sage 200 answered something other than ${wanted} here. Ask without this field, or have the value corrected in Sage 200.`,
    { source: 'sage200' },
  );
