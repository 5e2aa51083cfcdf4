import { z } from 'zod';
import { CALLER_KINDS, type CallerKind, createSourceRights } from '../../callers/index.ts';
import {
  duration,
  flag,
  oneOf,
  origin,
  port,
  proxyUrl,
  publicUrl,
  ratio,
  secret,
  shaped,
  size,
  sizeOrAuto,
  text,
  upstreamUrl,
  vaultKey,
  vaultUrl,
  webUrl,
  whole,
} from '../../kit/settings/index.ts';
import type { Source } from '../../subschemas/source.ts';
import { SOURCES } from '../../subschemas/sources.ts';
import { type AnyTokenKind, TOKEN_KINDS } from '../../tokens/index.ts';

const server = z
  .strictObject({
    host: text().prefault('127.0.0.1').describe('Address to listen on. The variable HOST overrides it.'),
    port: port().prefault('4000').describe('Port to listen on; 0 takes a free one. The variable PORT overrides it.'),
    publicUrl: publicUrl()
      .optional()
      .describe('Where clients and browsers reach the gateway. Left out: http://localhost and the port.'),
    allowedHosts: z
      .array(shaped(/^[^\s/:@]+(:\d+)?$/, 'a host', 'gateway.example.com'))
      .prefault([])
      .describe('Host headers to answer besides the one of publicUrl and those of this machine.'),
    cors: z
      .array(origin())
      .prefault([])
      .describe('Origins whose pages may call the gateway. Empty: no CORS headers at all.'),
    returnOrigins: z
      .array(origin())
      .prefault([])
      .describe('Origins that connect links may send browsers back to, such as that of your portal.'),
    trustProxy: flag()
      .prefault('false')
      .describe('Believe X-Forwarded-* headers. Only behind a proxy that sets them itself.'),
    shutdownTimeout: duration('0s', '1h')
      .prefault('20s')
      .describe('How long requests may finish after a stop was asked for.'),
    drainDelay: duration('0s', '10m')
      .prefault('5s')
      .describe(
        'How long the gateway goes on answering after SIGTERM, while /readyz says that it stops. 0s: not at all.',
      ),
    sendTimeout: duration('1s', '1h')
      .prefault('30s')
      .describe('A client that takes nothing of its answer for so long is closed.'),
    graphiql: flag().prefault('true').describe('Show GraphiQL to browsers that open /graphql.'),
    introspection: oneOf('all', 'callers', 'admins', 'none')
      .prefault('callers')
      .describe(
        'Who may ask for the schema, by __schema, __type, /schema.graphql and /schema.json: all (without credentials too), callers, admins or none.',
      ),
  })
  .prefault({})
  .describe('Where the gateway listens and which browsers it answers.');

const vault = z
  .strictObject({
    url: vaultUrl()
      .prefault('sqlite:.data/vault.db')
      .describe('Where connections are kept: sqlite:<file>, or postgres://… when several instances run.'),
    key: vaultKey()
      .optional()
      .describe(
        'Base64 of 32 bytes that encrypt the vault. May be left out with SQLite on a loopback host: one is made then.',
      ),
    previousKeys: z
      .array(vaultKey())
      .prefault([])
      .describe('Keys of earlier times: still read with, never written with.'),
    staleAfter: duration('2s', '1h')
      .prefault('10s')
      .describe(
        'How long the vault may say nothing before stored connections are used no more: nobody could tell whether they still hold.',
      ),
    auditDays: whole(1, 36_500).prefault('400').describe('Days that lines of the record (`gateway audit`) are kept.'),
    pendingFolder: text()
      .optional()
      .describe(
        'Folder on a disk that outlives a restart, for tokens that the database did not take. Left out: beside the SQLite file, or .data/pending with PostgreSQL.',
      ),
  })
  .prefault({})
  .describe('The encrypted store of everything that must outlive a restart.');

const sageId = z
  .strictObject({
    issuer: upstreamUrl()
      .prefault('https://id.sage.com/')
      .describe('Compared as text with `iss`, its last slash included.'),
    authorizeUrl: upstreamUrl()
      .prefault('https://id.sage.com/authorize')
      .describe('Where a person is sent to sign in.'),
    tokenUrl: upstreamUrl()
      .prefault('https://id.sage.com/oauth/token')
      .describe('Where tokens are obtained and renewed.'),
    revokeUrl: upstreamUrl()
      .prefault('https://id.sage.com/oauth/revoke')
      .describe('Where a refresh token is given back.'),
    jwksUri: upstreamUrl()
      .optional()
      .describe(
        'Where the public keys are that its tokens are signed with. Left out: .well-known/jwks.json below the issuer, else what its openid-configuration says.',
      ),
    bodyEncoding: oneOf('form', 'json').prefault('form').describe('How bodies of token requests are written.'),
    pkce: flag().prefault('true').describe('Send a PKCE challenge when a person signs in.'),
    clockTolerance: duration('0s', '5m')
      .prefault('30s')
      .describe(
        'How far the clocks of this machine, of other gateways and of Sage may be apart. It counts for every token of Sage ID.',
      ),
    emailVerifiedMissing: oneOf('refuse', 'accept')
      .prefault('refuse')
      .describe(
        'Whether an e-mail address counts as verified when Sage ID does not say so. One that it says is not verified never does.',
      ),
  })
  .prefault({})
  .describe('Sage ID, where people sign in.');

/** The sections that sources bring. */
const sections = (sources: readonly Source[], kinds: readonly AnyTokenKind[]) =>
  Object.fromEntries(sources.map(({ section: { name, file } }) => [name, file(kinds)])) as SourceFiles;

type SourceFiles = {
  readonly [Each in (typeof SOURCES)[number]['section'] as Each['name']]: ReturnType<Each['file']>;
};

const callers = (kinds: readonly CallerKind[], sources: readonly Source[]) => {
  const rights = createSourceRights(sources);
  return z
    .strictObject(Object.fromEntries(kinds.map(({ section, settings }) => [section, settings(rights)])))
    .prefault({})
    .describe('Who may call, and what each may touch.');
};

const limits = z
  .strictObject({
    bodyBytes: size().prefault('1mb').describe('Size of a request body at most.'),
    tokens: whole(1, 1_000_000).prefault('5000').describe('Tokens of a document at most.'),
    depth: whole(1, 1_000)
      .prefault('24')
      .describe('Nesting of a document at most: fields inside fields, and lists and objects inside a value.'),
    aliases: whole(0, 100_000).prefault('100').describe('Aliases in a document at most.'),
    rootFields: whole(1, 10_000).prefault('30').describe('Root fields of an operation at most.'),
    values: whole(1, 1_000_000)
      .prefault('20000')
      .describe(
        'Scalars in the literals and variables of an operation at most; those of a variable at each of its uses.',
      ),
    upstreamRequests: whole(1, 100_000)
      .prefault('250')
      .describe('Requests to Sage 200 and ERP tenants for one operation at most.'),
    rows: whole(1, 100_000_000)
      .prefault('50000')
      .describe(
        'Rows of lists of Sage 200 and of links that one operation may make at most, one below each row above.',
      ),
    answerBytes: size()
      .prefault('32mb')
      .describe(
        'Size of one answer of Sage 200, an ERP tenant or the gateway at most, unpacked. A schema may be four times as large.',
      ),
    memory: sizeOrAuto()
      .prefault('auto')
      .describe(
        'Answers in memory at a time, over all operations of a process. auto: what its memory leaves room for. Beyond it operations are refused.',
      ),
  })
  .prefault({})
  .describe('What a single request may cost.');

const metrics = z
  .strictObject({
    host: text()
      .prefault('127.0.0.1')
      .describe('Address to listen on. Anyone who reaches it reads the metrics without credentials.'),
    port: port()
      .optional()
      .describe('Port to listen on; 0 takes a free one. Left out: there is no listener of its own.'),
  })
  .optional()
  .describe(
    'A listener of its own for /metrics, /healthz and /readyz. Left out: /metrics is on the main port, for callers with metrics or admin.',
  );

const telemetry = (sources: readonly Source[]) =>
  z
    .strictObject({
      url: webUrl().describe('Base address of an OTLP collector over HTTP; /v1/traces is appended.'),
      headers: z
        .record(text(), secret())
        .prefault({})
        .describe('Header fields that the collector wants, such as a key.'),
      serviceName: text().prefault('sage-gateway').describe('Name of this service in traces.'),
      sampling: ratio().prefault('0.01').describe('Share of requests that are traced, from 0 to 1.'),
      parents: oneOf('callers', 'anybody', 'nobody')
        .prefault('callers')
        .describe('Whose traceparent is taken: that of known callers, of anybody, or of nobody.'),
      parentsPerSecond: whole(0, 100_000)
        .prefault('20')
        .describe("Traces that callers' sampled flags may force in a second; beyond it sampling decides."),
      propagate: z
        .array(oneOf(...sources.map(({ section }) => section.name)))
        .prefault([])
        .describe('Sources that are sent traceparent.'),
    })
    .optional()
    .describe('Traces, sent by OpenTelemetry. Left out: nothing of it is loaded.');

const proxy = z
  .strictObject({
    url: proxyUrl()
      .optional()
      .describe('Proxy that everything which leaves this machine goes through. Left out: the variable HTTPS_PROXY.'),
    except: z
      .array(text())
      .optional()
      .describe(
        'Hosts that are asked without it: names, with all below them, addresses, or "*". Left out: the variable NO_PROXY. This machine never is.',
      ),
  })
  .optional()
  .describe('The proxy between the gateway and Sage.');

const documents = z
  .strictObject({
    files: z
      .array(text())
      .prefault([])
      .describe(
        'Files of documents that clients ask by an id, as paths or globs: manifests of Apollo, maps of Relay and GraphQL Code Generator.',
      ),
    required: flag()
      .prefault('false')
      .describe('Answer the documents of these files and no others. Callers with admin may ask what they like.'),
    automatic: flag()
      .prefault('true')
      .describe(
        'Let clients send a document once and then ask by its hash (automatic persisted queries). Never with required.',
      ),
    entries: whole(1, 1_000_000).prefault('1000').describe('Documents kept for automatic at most.'),
  })
  .prefault({})
  .describe('Documents that are asked by an id instead of their text.');

const events = z
  .strictObject({
    url: upstreamUrl().optional().describe('Where connection events are posted.'),
    secret: secret().optional().describe('What they are signed with.'),
  })
  .describe('A webhook for connection events.');

const log = z
  .strictObject({
    level: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent')
      .prefault('info')
      .describe('What to log from.'),
    format: oneOf('auto', 'json', 'pretty')
      .prefault('auto')
      .describe('auto is pretty on a terminal and json elsewhere.'),
  })
  .prefault({})
  .describe('Logging.');

const NAME = '[A-Za-z][A-Za-z0-9_]*';
const fieldName = () => shaped(new RegExp(`^${NAME}$`), 'a GraphQL name', 'erpCustomer');

const link = z.strictObject({
  name: fieldName().describe('Field added to the Sage 200 type.'),
  from: shaped(
    new RegExp(`^Sage200[A-Za-z0-9]+\\.${NAME}$`),
    'a type and its field',
    'Sage200Customer.reference',
  ).describe('Type and field on the Sage 200 side that hold the key.'),
  to: shaped(new RegExp(`^${NAME}\\.${NAME}$`), 'a package and its node', 'xtremMasterData.customer').describe(
    'Package and node on the ERP side.',
  ),
  key: shaped(new RegExp(`^_?${NAME}(\\._?${NAME})*$`), 'a path of fields', 'soldToCustomer.id').describe(
    'Field of the node, or path to it, that holds the same key: of a Sage X3 also _id, which is one.',
  ),
  reverse: fieldName().optional().describe('Field added to the ERP node, back to Sage 200. Left out: none.'),
  match: oneOf('exact', 'caseInsensitive')
    .prefault('exact')
    .describe('How keys are compared; both ignore blanks around them.'),
  many: flag().prefault('false').describe('Several nodes may have the key.'),
});

/** What brings sections and settings of its own. */
export interface Bringers {
  readonly callerKinds: readonly CallerKind[];
  readonly tokenKinds: readonly AnyTokenKind[];
  readonly sources: readonly Source[];
}

export const ALL_BRINGERS: Bringers = { callerKinds: CALLER_KINDS, tokenKinds: TOKEN_KINDS, sources: SOURCES };

/** gateway.yaml, section by section, in the order of the file. */
export const createConfigFileSchema = ({ callerKinds, tokenKinds, sources }: Bringers = ALL_BRINGERS) =>
  z.strictObject({
    server,
    vault,
    sageId,
    ...sections(sources, tokenKinds),
    callers: callers(callerKinds, sources),
    limits,
    metrics,
    telemetry: telemetry(sources),
    documents,
    proxy,
    events: events.optional(),
    log,
    links: z.array(link).prefault([]).describe('Fields that join records of Sage 200 and the ERP.'),
  });

export type ConfigFileSchema = ReturnType<typeof createConfigFileSchema>;

/** The file as read: every value checked alone, not yet against the others. */
export type ConfigFile = z.output<ConfigFileSchema>;
