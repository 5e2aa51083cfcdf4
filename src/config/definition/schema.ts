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
    port: port().prefault('4000').describe('Port to listen on; 0 means any free port. The variable PORT overrides it.'),
    publicUrl: publicUrl()
      .optional()
      .describe('URL at which clients and browsers reach the gateway. Default: http://localhost and the port.'),
    allowedHosts: z
      .array(shaped(/^[^\s/:@]+(:\d+)?$/, 'a host', 'gateway.example.com'))
      .prefault([])
      .describe('Host headers to accept besides that of publicUrl and those of this machine.'),
    cors: z
      .array(origin())
      .prefault([])
      .describe('Origins whose pages may call the gateway. If empty, no CORS headers are sent.'),
    returnOrigins: z
      .array(origin())
      .prefault([])
      .describe('Origins that connect links may redirect to, such as that of your portal.'),
    trustProxy: flag()
      .prefault('false')
      .describe('Trust X-Forwarded-* headers. Use only behind a proxy that sets them itself.'),
    shutdownTimeout: duration('0s', '1h')
      .prefault('20s')
      .describe('How long running requests may take to finish when the gateway stops.'),
    drainDelay: duration('0s', '10m')
      .prefault('5s')
      .describe(
        'How long the gateway continues to serve requests after SIGTERM, while /readyz says that it is stopping. 0s disables this.',
      ),
    sendTimeout: duration('1s', '1h')
      .prefault('30s')
      .describe('A client that reads nothing of its answer for this long is disconnected.'),
    graphiql: flag().prefault('true').describe('Serve GraphiQL at /graphql to browsers.'),
    introspection: oneOf('all', 'callers', 'admins', 'none')
      .prefault('callers')
      .describe(
        'Who may read the schema with __schema, __type, /schema.graphql and /schema.json: all (even without credentials), callers, admins or none.',
      ),
  })
  .prefault({})
  .describe('Where the gateway listens and which requests it accepts.');

const vault = z
  .strictObject({
    url: vaultUrl()
      .prefault('sqlite:.data/vault.db')
      .describe('Where connections are stored: sqlite:<file>, or postgres://… for several instances.'),
    key: vaultKey()
      .optional()
      .describe(
        'Encryption key of the vault: 32 bytes in base64. Optional with SQLite on a loopback host, where one is created.',
      ),
    previousKeys: z.array(vaultKey()).prefault([]).describe('Earlier keys, used for reading but never for writing.'),
    staleAfter: duration('2s', '1h')
      .prefault('10s')
      .describe(
        'How long stored connections may be used while the vault does not answer. After that, nobody could tell whether they are still valid.',
      ),
    auditDays: whole(1, 36_500)
      .prefault('400')
      .describe('How many days lines of the record (`gateway audit`) are kept.'),
    pendingFolder: text()
      .optional()
      .describe(
        'Folder for tokens that the database could not store, on a disk that survives a restart. Default: beside the SQLite file, or .data/pending with PostgreSQL.',
      ),
  })
  .prefault({})
  .describe('The encrypted store of everything that must survive a restart.');

const sageId = z
  .strictObject({
    issuer: upstreamUrl()
      .prefault('https://id.sage.com/')
      .describe('Compared as text with `iss`, including the final slash.'),
    authorizeUrl: upstreamUrl().prefault('https://id.sage.com/authorize').describe('URL where people sign in.'),
    tokenUrl: upstreamUrl()
      .prefault('https://id.sage.com/oauth/token')
      .describe('URL where tokens are obtained and renewed.'),
    revokeUrl: upstreamUrl()
      .prefault('https://id.sage.com/oauth/revoke')
      .describe('URL where refresh tokens are revoked.'),
    jwksUri: upstreamUrl()
      .optional()
      .describe(
        'URL of the public keys that verify its tokens. Default: .well-known/jwks.json below the issuer, or what its openid-configuration says.',
      ),
    bodyEncoding: oneOf('form', 'json').prefault('form').describe('Encoding of token request bodies.'),
    pkce: flag().prefault('true').describe('Send a PKCE challenge when a person signs in.'),
    clockTolerance: duration('0s', '5m')
      .prefault('30s')
      .describe(
        'How much the clocks of this machine, of other gateways and of Sage may differ. Applies to every Sage ID token.',
      ),
    emailVerifiedMissing: oneOf('refuse', 'accept')
      .prefault('refuse')
      .describe(
        'Whether an e-mail address counts as verified if Sage ID does not say. An address that Sage ID calls unverified is never accepted.',
      ),
  })
  .prefault({})
  .describe('Sage ID, where people sign in.');

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
    .describe('Who may call the gateway, and what each caller may use.');
};

const limits = z
  .strictObject({
    bodyBytes: size().prefault('1mb').describe('Maximum size of a request body.'),
    tokens: whole(1, 1_000_000).prefault('5000').describe('Maximum number of tokens in a document.'),
    depth: whole(1, 1_000)
      .prefault('24')
      .describe('Maximum nesting in a document: fields inside fields, and lists and objects inside a value.'),
    aliases: whole(0, 100_000).prefault('100').describe('Maximum number of aliases in a document.'),
    rootFields: whole(1, 10_000).prefault('30').describe('Maximum number of root fields in an operation.'),
    values: whole(1, 1_000_000)
      .prefault('20000')
      .describe(
        'Maximum number of scalars in the literals and variables of an operation. A variable counts at each use.',
      ),
    upstreamRequests: whole(1, 100_000)
      .prefault('250')
      .describe('Maximum number of requests to Sage 200 and ERP tenants in one operation.'),
    rows: whole(1, 100_000_000)
      .prefault('50000')
      .describe(
        'Maximum number of rows of Sage 200 lists and links that one operation may return; nested lists are multiplied.',
      ),
    answerBytes: size()
      .prefault('32mb')
      .describe(
        'Maximum uncompressed size of one answer of Sage 200, an ERP tenant or the gateway. A schema may be four times as large.',
      ),
    memory: sizeOrAuto()
      .prefault('auto')
      .describe(
        'Maximum size of all answers in memory at a time, for all operations of a process. auto depends on the available memory. Above it, operations are refused.',
      ),
  })
  .prefault({})
  .describe('Limits for a single request.');

const metrics = z
  .strictObject({
    host: text()
      .prefault('127.0.0.1')
      .describe('Address to listen on. Anyone who can reach it can read the metrics without credentials.'),
    port: port()
      .optional()
      .describe('Port to listen on; 0 means any free port. If omitted, there is no separate port.'),
  })
  .optional()
  .describe(
    'A separate port for /metrics, /healthz and /readyz. Without it, /metrics is only on the main port, for callers with metrics or admin.',
  );

const telemetry = (sources: readonly Source[]) =>
  z
    .strictObject({
      url: webUrl().describe('Base URL of an OTLP collector over HTTP; /v1/traces is appended.'),
      headers: z.record(text(), secret()).prefault({}).describe('Headers that the collector requires, such as a key.'),
      serviceName: text().prefault('sage-gateway').describe('Name of this service in traces.'),
      sampling: ratio().prefault('0.01').describe('Share of requests that are traced, from 0 to 1.'),
      parents: oneOf('callers', 'anybody', 'nobody')
        .prefault('callers')
        .describe('Whose traceparent is accepted: authenticated callers, anybody or nobody.'),
      parentsPerSecond: whole(0, 100_000)
        .prefault('20')
        .describe("How many traces per second callers' sampled flags may force. Above that, sampling decides."),
      propagate: z
        .array(oneOf(...sources.map(({ section }) => section.name)))
        .prefault([])
        .describe('Sources that receive traceparent.'),
    })
    .optional()
    .describe('Traces, sent with OpenTelemetry. Without this section, OpenTelemetry is not loaded.');

const proxy = z
  .strictObject({
    url: proxyUrl().optional().describe('Proxy for all outgoing requests. Default: the variable HTTPS_PROXY.'),
    except: z
      .array(text())
      .optional()
      .describe(
        'Hosts to contact without the proxy: names including their subdomains, addresses, or "*". Default: the variable NO_PROXY. This machine is always contacted directly.',
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
        'Files with documents that clients request by id, as paths or globs: Apollo manifests, or maps from Relay or GraphQL Code Generator.',
      ),
    required: flag()
      .prefault('false')
      .describe('Answer only the documents in these files. Callers with admin are exempt.'),
    automatic: flag()
      .prefault('true')
      .describe(
        'Let clients send a document once and then refer to it by its hash (automatic persisted queries). Has no effect with required.',
      ),
    entries: whole(1, 1_000_000).prefault('1000').describe('Maximum number of documents kept for automatic.'),
  })
  .prefault({})
  .describe('Documents that clients request by id instead of sending the text.');

const events = z
  .strictObject({
    url: upstreamUrl().optional().describe('URL to which connection events are posted.'),
    secret: secret().optional().describe('Secret that signs the events.'),
  })
  .describe('A webhook for connection events.');

const log = z
  .strictObject({
    level: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent')
      .prefault('info')
      .describe('Lowest level to log.'),
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
    'Field of the node, or path to it, that holds the same key. In Sage X3, _id can be used too.',
  ),
  reverse: fieldName().optional().describe('Field added to the ERP node that leads back to Sage 200. Default: none.'),
  match: oneOf('exact', 'caseInsensitive')
    .prefault('exact')
    .describe('How keys are compared; both values ignore spaces around keys.'),
  many: flag().prefault('false').describe('Whether several nodes may have the same key.'),
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

/** The file as read: each value is checked, but not yet against the others. */
export type ConfigFile = z.output<ConfigFileSchema>;
