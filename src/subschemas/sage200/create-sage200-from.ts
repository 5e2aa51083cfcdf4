import type { Secret } from '../../kit/errors/index.ts';
import type { LaneOptions } from '../../kit/http/index.ts';
import { loadSdl } from '../../kit/load-sdl.ts';
import type { OpenedSource } from '../source.ts';
import type { SourceParts } from '../source-parts.ts';
import { createSage200Check } from './check.ts';
import { createSage200, type Sage200Options, type Sage200Source } from './create-sage200.ts';
import { createSage200Subschema } from './subschema.ts';

type Settings = Pick<Sage200Options, 'product' | 'baseUrl' | 'deadlineMs' | 'maxFilterTerms' | 'maxUrlBytes'>;

interface Section extends Settings, Omit<LaneOptions, 'source'> {
  readonly deadlineMs: number;
  readonly clientId?: string | undefined;
  readonly subscriptionKey?: Secret | undefined;
  /** The company of requests that name none; both or neither. */
  readonly site?: string | undefined;
  readonly company?: string | undefined;
}

const SDL_FOLDER = new URL('../../../schema/sage200/', import.meta.url);

/** Without the section, the types still exist, but no caller has a connection. */
const NOWHERE: Section = {
  product: 'professional',
  baseUrl: 'http://sage200.invalid',
  deadlineMs: 1_000,
  maxFilterTerms: 60,
  maxUrlBytes: 2_000,
};

export function createSage200From(
  configured: Section | undefined,
  { vault, lane, log, metrics }: SourceParts,
): Sage200Source & OpenedSource {
  const section = configured ?? NOWHERE;
  const { site, company, subscriptionKey, ...settings } = section;
  const source = createSage200({
    ...settings,
    subscriptionKey: subscriptionKey?.reveal(),
    defaultCompany: site && company ? { site, company } : undefined,
    sdl: loadSdl(SDL_FOLDER),
    send: lane({ ...section, source: 'sage200' }).send,
    ...(vault && { outcomes: vault.idempotency, audit: vault.audit }),
    log: log.child({ area: 'sage200' }),
    metrics,
  });
  return { ...source, subschema: createSage200Subschema(source), check: createSage200Check(configured, vault) };
}
