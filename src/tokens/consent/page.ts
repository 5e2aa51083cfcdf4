import { STATUS_BY_CODE } from '../../kit/errors/index.ts';
import { escapeHtml, PAGE_HEADERS, START_PAGE, toHtmlPage } from '../../kit/html-page.ts';
import type { ConsentAnswer } from './route-types.ts';
import type { SignInFailure } from './sign-in-failure.ts';

/** The page for a failed sign-in. @param basePath path of `publicUrl` */
export function failurePage(failure: SignInFailure, basePath: string): ConsentAnswer {
  const { code, title, message, detail, retry, retryAfter } = failure;
  const said = detail ? `<p>Sage said:</p>\n<blockquote>${escapeHtml(detail)}</blockquote>` : '';
  const links = [...(retry === undefined ? [] : [{ to: retry, words: 'Try again' }]), START_PAGE];
  return {
    status: STATUS_BY_CODE[code],
    headers: {
      ...PAGE_HEADERS,
      ...(retryAfter !== undefined && { 'retry-after': String(Math.ceil(retryAfter)) }),
    },
    errorCodes: [code],
    body: toHtmlPage({ title, body: `<p>${escapeHtml(message)}</p>\n${said}`, links, basePath }),
  };
}

/** The page for a person who followed the link of a failing program. @param basePath path of `publicUrl` */
export function renewedPage({ connection, refreshExpiresAt }: Renewed, basePath: string): ConsentAnswer {
  const until = new Date(refreshExpiresAt).toISOString().slice(0, 10);
  const body = `<p>The connection "${escapeHtml(connection)}" works again, until ${until} at the latest. You can close this page.</p>`;
  return {
    status: 200,
    headers: PAGE_HEADERS,
    body: toHtmlPage({ title: 'Signed in again', body, links: [START_PAGE], basePath }),
  };
}

/** The page that a connect link opens. */
export interface LinkPage {
  /** Who made the link. */
  readonly asking: string;
  /** Host of the gateway. */
  readonly gateway: string;
  /** Whose Sage 200 it is for. */
  readonly client: string;
  /** Host that the browser is sent to afterwards. */
  readonly returnsTo: string | undefined;
  /** Path of the gateway where the sign-in begins. */
  readonly onwards: string;
}

/** @param basePath path of `publicUrl` */
export function linkPage({ asking, gateway, client, returnsTo, onwards }: LinkPage, basePath: string): ConsentAnswer {
  const afterwards =
    returnsTo === undefined
      ? 'Afterwards, you can close this page.'
      : `Afterwards, you will be sent to ${escapeHtml(returnsTo)}.`;
  const body = `<p><strong>${escapeHtml(asking)}</strong> asks for access to the Sage 200 of <strong>${escapeHtml(client)}</strong>, through the gateway at ${escapeHtml(gateway)}. If you continue, you will sign in at Sage. After that, everything that you may read and write there can be read and written for ${escapeHtml(client)}, until you withdraw your consent.</p>
<p>${afterwards} If you did not expect this, close the page: nothing has happened yet.</p>`;
  const links = [{ to: onwards, words: 'Sign in at Sage' }];
  return {
    status: 200,
    headers: PAGE_HEADERS,
    body: toHtmlPage({ title: `Connect Sage 200 for ${client}`, body, links, basePath }),
  };
}

/** The page after a connect link without `returnTo`. @param basePath path of `publicUrl` */
export function connectedPage(client: string, basePath: string): ConsentAnswer {
  const body = `<p>Sage 200 is connected for <strong>${escapeHtml(client)}</strong>. You can close this page.</p>`;
  return { status: 200, headers: PAGE_HEADERS, body: toHtmlPage({ title: 'Connected', body, links: [], basePath }) };
}

interface Renewed {
  readonly connection: string;
  /** Epoch ms. */
  readonly refreshExpiresAt: number;
}
