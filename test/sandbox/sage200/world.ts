import { type Sage200Sandbox, startSage200Sandbox, type VerifiedUser } from '../../../src/sandbox/sage200/index.ts';
import { createSeed } from '../../../src/sandbox/seed/index.ts';

export const seed = createSeed({ customers: 60 });
const [one, two] = seed.sites;
if (!one || !two) throw new Error('The seed has two companies.');
export const first = one;
export const second = two;

const USERS: Readonly<Record<string, VerifiedUser>> = {
  'token-a': { subject: 'a', email: 'a@example.co.uk' },
  'token-b': { subject: 'b', email: 'b@example.co.uk' },
  'token-one': { subject: 'one', companies: [{ siteId: first.site_id, companyId: first.company_id }] },
};

export interface CallOptions {
  readonly method?: string;
  readonly body?: unknown;
  readonly token?: string;
  readonly site?: string;
  readonly company?: number | string;
  readonly base?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: answers are whatever JSON the simulator sends.
export type Answer = { status: number; text: string; json: any };

export const ids = (answer: Answer): number[] => answer.json.map((row: { id: number }) => row.id);

export interface World extends AsyncDisposable {
  readonly sandbox: Sage200Sandbox;
  readonly call: (path: string, options?: CallOptions) => Promise<Answer>;
  readonly list: (resource: string, options: Record<string, string | number>, more?: CallOptions) => Promise<Answer>;
  readonly post: (path: string, body: unknown, more?: CallOptions) => Promise<Answer>;
  readonly put: (path: string, body: unknown, more?: CallOptions) => Promise<Answer>;
  readonly remove: (path: string, more?: CallOptions) => Promise<Answer>;
}

/** Sage 200 alone, with sixty customers, and requests to it as a user who may see both companies. */
export async function startWorld(): Promise<World> {
  const sandbox = await startSage200Sandbox({ seed, verifyAccessToken: async (token) => USERS[token] });
  async function call(path: string, options: CallOptions = {}): Promise<Answer> {
    const { method = 'GET', body, token = 'token-a', site = first.site_id, company = first.company_id } = options;
    const response = await fetch(`${options.base ?? sandbox.professionalUrl}${path}`, {
      method,
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(site ? { 'x-site': site } : {}),
        ...(company ? { 'x-company': String(company) } : {}),
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, text, json: text === '' ? undefined : JSON.parse(text) };
  }
  return {
    sandbox,
    call,
    list: (resource, options, more = {}) =>
      call(
        `/${resource}?${new URLSearchParams(Object.entries(options).map(([name, value]) => [`$${name}`, String(value)]))}`,
        more,
      ),
    post: (path, body, more = {}) => call(path, { ...more, method: 'POST', body }),
    put: (path, body, more = {}) => call(path, { ...more, method: 'PUT', body }),
    remove: (path, more = {}) => call(path, { ...more, method: 'DELETE' }),
    [Symbol.asyncDispose]: () => sandbox.close(),
  };
}
