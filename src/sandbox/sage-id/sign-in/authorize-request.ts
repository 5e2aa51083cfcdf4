import type { IncomingMessage } from 'node:http';
import { replayRequest } from '../../replay-request.ts';
import { resourceOf } from '../provider/resource.ts';

/** Translates Sage ID's parameters to the library's, and makes it behave like Sage ID. */
export function toAuthorizeRequest(request: IncomingMessage, url: URL): IncomingMessage {
  const audience = url.searchParams.get('audience');
  if (audience !== null) {
    url.searchParams.delete('audience');
    url.searchParams.set('resource', resourceOf(audience));
  }
  // Without it the library drops offline_access silently, and no refresh token comes.
  if (url.pathname === '/authorize' && url.searchParams.get('prompt') !== 'none') {
    url.searchParams.set('prompt', 'consent');
  }
  // Everybody must choose a user: a remembered sign-in would hide the choice.
  const cookies = (request.headers.cookie ?? '')
    .split('; ')
    .filter((cookie) => !cookie.startsWith('_session'))
    .join('; ');
  return replayRequest(request, Buffer.alloc(0), { url: url.pathname + url.search, headers: { cookie: cookies } });
}
