export const KEYS_IN_A_FILTER = 250;
/** The default page size of a tenant's `query`. */
export const DEFAULT_PAGE = 20;
/** Page sizes to try if a refusal does not say the maximum. */
const LIKELY_PAGES = [500, 250, 200, 100, 50, DEFAULT_PAGE, 10, 5, 2, 1];
/** A page of this size shows that the tenant does not have the usual page limit. */
const LARGE_PAGE = 100;

/** What is known about a tenant's pages. */
interface Seen {
  /** The largest page that it accepted after refusing a larger one. */
  readonly accepted?: number;
  /** Most rows in a page that was cut short. */
  readonly cut?: number;
  /** Most rows in any page. */
  readonly rows?: number;
}

/** The maximum page sizes of tenants, learned from their answers, since the vendor does not document them. */
export class PageSizes {
  readonly #seen = new Map<string, Seen>();

  firstFor(tenant: string, wanted: number): number {
    return Math.min(wanted, this.#of(tenant).accepted ?? wanted);
  }

  /** Keys in one filter: as many whole pages as fit, so that only the very last page is short. */
  keysFor(tenant: string): number {
    const { accepted, cut } = this.#of(tenant);
    const size = accepted ?? cut ?? KEYS_IN_A_FILTER;
    return size < KEYS_IN_A_FILTER ? Math.floor(KEYS_IN_A_FILTER / size) * size : KEYS_IN_A_FILTER;
  }

  isKnown(tenant: string): boolean {
    const { accepted, cut, rows = 0 } = this.#of(tenant);
    return accepted !== undefined || cut !== undefined || rows >= LARGE_PAGE;
  }

  /** Whether a page with this many rows is shorter than the tenant's page limit, so that there are no more. */
  isShort(tenant: string, rows: number): boolean {
    return rows === 0 || rows < (this.#of(tenant).rows ?? 0);
  }

  accept(tenant: string, first: number): void {
    this.#learn(tenant, { accepted: first });
  }

  /** Notes a page. @param isCut there are more rows although more were requested */
  see(tenant: string, rows: number, isCut: boolean): void {
    const { rows: before = 0, cut = 0 } = this.#of(tenant);
    this.#learn(tenant, { rows: Math.max(before, rows), ...(isCut && rows > 0 && { cut: Math.max(cut, rows) }) });
  }

  #of(tenant: string): Seen {
    return this.#seen.get(tenant) ?? {};
  }

  #learn(tenant: string, more: Seen): void {
    this.#seen.set(tenant, { ...this.#of(tenant), ...more });
  }
}

const ABOUT_PAGES = /\bfirst\b|page|limit|maxim|at most|more than|too (many|large|big|high)|exceed/i;

/** The page size to try after this one was refused. Undefined if the refusal has another reason. */
export function smallerPage(messages: readonly string[], refused: number): number | undefined {
  const about = messages.filter((message) => ABOUT_PAGES.test(message));
  if (about.length === 0) return undefined;
  const said = about.flatMap((message) => [...message.matchAll(/\b\d{1,6}\b/g)].map(([digits]) => Number(digits)));
  const smaller = said.filter((size) => size > 1 && size < refused);
  return smaller.length > 0 ? Math.max(...smaller) : LIKELY_PAGES.find((size) => size < refused);
}
