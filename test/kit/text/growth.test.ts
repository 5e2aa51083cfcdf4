import { buildSchema, GraphQLError, Kind, parse } from 'graphql';
import { expect, test } from 'vitest';
import { printTable } from '../../../src/cli/print-table.ts';
import { replacePlaceholders } from '../../../src/config/environment.ts';
import { suggest } from '../../../src/config/faults/suggest.ts';
import { toForwardedError } from '../../../src/graph/execution/to-graphql-error.ts';
import { validateLeniently } from '../../../src/graph/operation/validate-leniently.ts';
import { AnswerReader } from '../../../src/graph/plans/answer-reader.ts';
import { member, withRuns } from '../../../src/graph/plans/link-layout.ts';
import { toKey } from '../../../src/graph/stitch/keys.ts';
import { GatewayError } from '../../../src/kit/errors/index.ts';
import { parseExactJson } from '../../../src/kit/exact-json.ts';
import { escapeHtml } from '../../../src/kit/html-page.ts';
import { parseJson } from '../../../src/kit/json.ts';
import { createLog } from '../../../src/kit/log/index.ts';
import { parseRetryAfter } from '../../../src/kit/retry-after.ts';
import { clip, createRedactor, toPrintable, toPrintableJson, toPrintableLines } from '../../../src/kit/text/index.ts';
import { isFromThisMachine, isLoopbackHost } from '../../../src/kit/this-machine.ts';
import { parseAsWritten } from '../../../src/kit/written-json.ts';
import { acceptedCoding } from '../../../src/server/answers/content-coding.ts';
import { errorAnswer } from '../../../src/server/answers/error-answer.ts';
import { maskRequestError, maskResultError, maskValidationError } from '../../../src/server/graphql/error-mask.ts';
import { toPlainRequest } from '../../../src/server/graphql/read-request.ts';
import { remoteAddress } from '../../../src/server/intake/remote-address.ts';
import { refuseRequest, toRequestRules } from '../../../src/server/intake/request-checks.ts';
import { plainDataIn, readGraphqlBody, refusalText, toErpResult } from '../../../src/subschemas/erp/answer.ts';
import { AnswerShape } from '../../../src/subschemas/erp/answer-shape.ts';
import { readMeaning } from '../../../src/subschemas/erp/errors.ts';
import { toErpFilter } from '../../../src/subschemas/erp/links/erp-filter.ts';
import { membersOfJsonObject } from '../../../src/subschemas/erp/members-of-json-object.ts';
import { jsonScalar } from '../../../src/subschemas/payments-out/scalars.ts';
import { toError } from '../../../src/subschemas/sage200/errors.ts';
import type { RowType, ScalarField } from '../../../src/subschemas/sage200/model/model.ts';
import { readModel } from '../../../src/subschemas/sage200/model/read-model.ts';
import { chainOf } from '../../../src/subschemas/sage200/odata/chain.ts';
import { compileFilter } from '../../../src/subschemas/sage200/odata/compile-filter.ts';
import { decodeCursor, toPageOrder } from '../../../src/subschemas/sage200/odata/cursor.ts';
import { ALWAYS, and, or, printExpression } from '../../../src/subschemas/sage200/odata/expression.ts';
import { toLiteral } from '../../../src/subschemas/sage200/odata/literal.ts';
import type { PlanRun } from '../../../src/subschemas/sage200/plans/row-plan.ts';
import { createRowWriter, type RowWriter } from '../../../src/subschemas/sage200/plans/row-writer.ts';
import { ownScalars } from '../../../src/subschemas/sage200/values/codecs.ts';
import { columnToken, valueWriter } from '../../../src/subschemas/sage200/values/column.ts';
import { toUtc } from '../../../src/subschemas/sage200/values/date-time.ts';
import { toDecimalText } from '../../../src/subschemas/sage200/values/decimal-text.ts';
import { decodeGlobalId } from '../../../src/subschemas/sage200/values/global-id.ts';
import { text as textCodec } from '../../../src/subschemas/sage200/values/text.ts';
import { partialFailure } from '../../../src/subschemas/sage200/writing/partial-failure.ts';
import { createCookieJar } from '../../../src/tokens/consent/cookies.ts';
import { parseReturnTo } from '../../../src/tokens/consent/return-to.ts';
import { parseErpTokenAnswer } from '../../../src/tokens/erp-token-answer.ts';
import { toErpTokenError } from '../../../src/tokens/erp-token-failure.ts';
import { isAllowedAddress } from '../../../src/tokens/is-allowed-address.ts';
import { toResponse } from '../../../src/tokens/sage-id-client.ts';
import { isConnectionName } from '../../../src/tokens/vault/connection-name.ts';

const redact = createRedactor({ secrets: ['aaaa-aaaa-aaab', 'Bearer-eyJ'], hosts: ['erp.sage.com', 'aa'] });
const schema = buildSchema('type Query { customer(first: Int, filter: String): String, supplier: String }');
const model = readModel(
  parse(`
    type Sage200Thing implements Node @resource(path: "things", operations: [LIST, GET]) {
      id: ID!
      sageId: ID!
      reference: String! @field(required: true)
      name: String
    }
  `),
  'professional',
);
const thing = model.rowTypes.get('Sage200Thing') as RowType;
const order = toPageOrder(thing, [], ALWAYS);
const rules = toRequestRules(
  { publicUrl: 'http://localhost:4000', allowedHosts: [], cors: ['https://shop.example'] },
  [],
);
const cookies = createCookieJar(() => true);
const silent = { destination: { write: () => {} }, level: 'info' } as const;
const [jsonLog, prettyLog] = await Promise.all([
  createLog({ ...silent, format: 'json' }),
  createLog({ ...silent, format: 'pretty' }),
]);

const response = (status: number, body: unknown) => ({ status, headers: {}, body: Buffer.from(JSON.stringify(body)) });
const base64 = (text: string) => Buffer.from(text).toString('base64url');
const asName = (text: string) => `a${text.replace(/\W/g, '_')}`;
const inPieces = (text: string) => text.match(/[\s\S]{1,8}/g) ?? [];

const answerOfRows = (rows: readonly string[]) =>
  Buffer.from(`{"data":{"rows":${JSON.stringify(rows.map((name) => ({ name })))}}}`);
const shapeOfRows = new AnswerShape();
for (let time = 0; time < 2; time += 1) shapeOfRows.plainDataIn(answerOfRows(['a']));
const rowWriter = createRowWriter(
  {
    type: thing,
    columns: [],
    fields: ['name', 'reference'].map((restName, index) => {
      const key = `${index === 0 ? '{' : ','}"${restName}":`;
      const field = thing.fields.get(restName) as ScalarField;
      return { kind: 'value', key, restName, write: valueWriter(field), token: columnToken(field) };
    }),
  },
  { before: '', after: '' },
) as RowWriter;
const inCompany = { scope: { company: { site: 's', company: '1' } }, variables: {} } as unknown as PlanRun;
const rowsOf = (names: readonly string[]) =>
  names.map((name) => ({ id: 1, reference: name, name, other: { deep: name } }));
const erpError = (message: string) =>
  new GraphQLError(message, { extensions: { code: 'X', source: 'erp:a', diagnoses: inPieces(message) } });
const head = (headers: Record<string, string>, target = '/graphql') => ({ method: 'POST', target, headers });
const attempt = (act: () => unknown) => {
  try {
    act();
  } catch {
    // What is refused was read as well.
  }
};

/** Everything in the gateway that reads text of strangers: a new function is a line here. */
/** Plain members before a key, as a record of a link has them. */
const linkedMembers = withRuns([
  ...['a', 'b'].map((name) => member('text', name, { isPlain: true })),
  member('key', 'c'),
]);

const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  clip: clip,
  toPrintable: toPrintable,
  toPrintableLines: toPrintableLines,
  toPrintableJson: (text) => toPrintableJson(JSON.stringify(text)),
  'redact: a text': redact,
  'redact: a secret that nearly is there': createRedactor({ secrets: ['a-'.repeat(500), `${'a'.repeat(999)}b`] }),
  'redact: data': (text) => redact({ message: text, list: inPieces(text), [text]: text }),
  'a line of the log, JSON': (text) => jsonLog.warn({ err: new Error(text), path: text, req: { url: text } }, text),
  'a line of the log, pretty': (text) => prettyLog.warn({ err: new Error(text), path: text, req: { url: text } }, text),
  printTable: (text) => printTable(['a'], [[text]]),
  maskRequestError: (text) => maskRequestError(new GraphQLError(`Syntax Error: ${text}`)),
  'maskRequestError: our own': (text) => maskRequestError(new GatewayError('BAD_USER_INPUT', text)),
  maskValidationError: (text) => maskValidationError(new GraphQLError(text)),
  maskResultError: (text) => maskResultError(erpError(text)),
  errorAnswer: (text) =>
    errorAnswer(new GatewayError('BAD_USER_INPUT', text), { requestId: 'id', publicUrl: () => '' }),
  'a document with a long name': (text) => validateLeniently(schema, parse(`{ ${asName(text)} }`)),
  'a document with a long argument': (text) =>
    validateLeniently(schema, parse(`{ customer(first: ${JSON.stringify(text)}, ${asName(text)}: 1) }`)),
  'a document with a long type': (text) => validateLeniently(schema, parse(`{ ...on ${asName(text)} { a } }`)),
  'a document that is none': (text) => attempt(() => parse(text)),
  'a record with links': (text) =>
    new AnswerReader(`{"a":${JSON.stringify(text)},"b":${JSON.stringify(inPieces(text))},"c":"k"}`).whole(
      linkedMembers,
    ),
  'a record with links that is none': (text) =>
    attempt(() => new AnswerReader(`{"a":"${text}","b":"${text}`).whole(linkedMembers)),
  toPlainRequest: (text) => toPlainRequest({ query: text, operationName: text }, undefined),
  toForwardedError: (text) =>
    toForwardedError(
      {
        message: 'm',
        path: [],
        extensions: {},
        locations: Array.from({ length: 10 }, (_, line) => ({ line, column: 1 })),
      },
      text,
    ),
  toErpResult: (text) =>
    toErpResult('a', { errors: [{ message: text, extensions: { diagnoses: [{ message: text }] } }] }, redact),
  'toErpResult: many places': (text) => {
    const locations = inPieces(text).map((_, line) => ({ line, column: 1 }));
    const { errors = [] } = toErpResult('a', { errors: [{ message: 'm', locations }] }, redact);
    return errors.map((error) => toForwardedError(error, text));
  },
  parseJson: (text) => parseJson(Buffer.from(text)),
  refusalText: (text) => refusalText({ $diagnoses: [{ $message: text }] }),
  readMeaning: (text) => readMeaning(response(400, { message: text }), { tenant: 'a', kind: 'query', now: 0, redact }),
  readGraphqlBody: (text) =>
    readGraphqlBody(Buffer.from(JSON.stringify({ errors: [{ message: text }], data: { [text]: text } }))),
  'parseAsWritten: digits': (text) => parseAsWritten(`[${text}1,1.${text},1.0]`),
  plainDataIn: (text) => plainDataIn(response(200, { data: { [text]: text } }).body),
  'plainDataIn: not JSON': (text) => plainDataIn(Buffer.from(`{"data":{${text}}}`)),
  'AnswerShape: broken at its end': (text) => shapeOfRows.plainDataIn(answerOfRows(inPieces(text)).subarray(0, -3)),
  'rows of Sage 200': (text) => rowWriter.write(Buffer.from(JSON.stringify(rowsOf(inPieces(text)))), 1, inCompany),
  'rows of Sage 200: broken at their end': (text) =>
    rowWriter.write(Buffer.from(JSON.stringify(rowsOf([text, text])).slice(0, -3)), 1, inCompany),
  'rows of Sage 200: not JSON': (text) =>
    rowWriter.write(Buffer.from(`[{"id":1,"reference":"a","name":${text}`), 1, inCompany),
  membersOfJsonObject: (text) => membersOfJsonObject(Buffer.from(`{"${text}`), 0, text.length + 2),
  toError: (text) =>
    toError(response(400, { Message: text }), 'row', { hidden: { secrets: ['aaab'], hosts: ['a.b'] } }),
  partialFailure: (text) => partialFailure({ Message: `line ${text}` }, 3, redact),
  parseExactJson: (text) => attempt(() => parseExactJson(JSON.stringify([text, text]))),
  'parseExactJson: a long number': (text) => attempt(() => parseExactJson(text.replace(/\D/g, '1'))),
  toDecimalText: (text) => toDecimalText(`${text}e9`),
  toUtc,
  Sage200Decimal: (text) => attempt(() => ownScalars.Sage200Decimal.parseValue(text)),
  'PaymentsOutJSON: a long number': (text) =>
    attempt(() => jsonScalar.parseLiteral({ kind: Kind.INT, value: `1${text.replace(/\D/g, '0')}1` })),
  Sage200DateTime: (text) => attempt(() => ownScalars.Sage200DateTime.parseValue(text)),
  decodeGlobalId: (text) => decodeGlobalId(base64(`s2\n${text}\n`)),
  decodeCursor: (text) => attempt(() => decodeCursor(thing, order, base64(JSON.stringify([text, text])))),
  toLiteral: (text) => attempt(() => toLiteral(textCodec, text)),
  'compileFilter: a long value': (text) =>
    attempt(() => compileFilter(thing, { or: [{ reference: { eq: text } }] }, { toSageId: (id) => id })),
  'chainOf: values': (text) =>
    chainOf(or(inPieces(text.toWellFormed()).flatMap((each) => [eq(`${each}  `), eq(each)]))),
  'compileFilter: many values': (text) => {
    const filter = compileFilter(thing, { reference: { in: inPieces(text.toWellFormed()) } }, { toSageId: (id) => id });
    return [chainOf(filter), printExpression(filter)];
  },
  'compileFilter: many conditions': (text) => chainOf(and(inPieces(text).map(eq))),
  toErpFilter: (text) => {
    const key = toKey(text, 'caseInsensitive');
    return key && toErpFilter([key], ['a'], { match: 'caseInsensitive', kind: 'text' });
  },
  acceptedCoding: acceptedCoding,
  remoteAddress: (text) => remoteAddress(undefined, text, true),
  isLoopbackHost,
  isFromThisMachine: (text) => isFromThisMachine({ headers: { host: text }, remoteAddress: text }),
  refuseRequest: (text) => refuseRequest(rules, head({ host: 'localhost', origin: text, 'content-type': text }, text)),
  'a cookie': (text) => cookies.read({ headers: { cookie: text } }, 'aaa'),
  escapeHtml: escapeHtml,
  parseReturnTo: (text) => parseReturnTo(`/${text}`),
  isConnectionName: isConnectionName,
  isAllowedAddress: (text) =>
    isAllowedAddress(`https://${text}`, { allowedHosts: ['sage.com'], tokenUrl: 'http://127.0.0.1' }),
  parseRetryAfter: (text) => parseRetryAfter(text, 0),
  parseErpTokenAnswer: (text) =>
    parseErpTokenAnswer(JSON.stringify({ accessToken: text, expires: text, apps: { a: text, [text]: [text] } }), 0),
  toErpTokenError: (text) => toErpTokenError('a', response(400, { message: text, error: text }), 0),
  'an answer of Sage ID': (text) => toResponse(response(200, { access_token: text, expires_in: text })),
  suggest: (text) => suggest(text, ['clientId', 'allowedHosts', 'a'.repeat(60)]),
  replacePlaceholders: (text) => replacePlaceholders(text, {}),
};

const eq = (text: string) => ({ op: 'eq', field: 'name', literal: toLiteral(textCodec, text.toWellFormed()) }) as const;

/** What readers stumble over when it comes again and again: what begins a match, what a match goes on with, what ends none. */
const PIECES = [
  ...[
    'a',
    'a-',
    'a.',
    '-',
    '.',
    '_',
    '0',
    '1.',
    '0a',
    ' ',
    '\t',
    '\n',
    '\r\n',
    '\\',
    '"',
    "'",
    '`',
    '?',
    '#',
    'é',
    '😀',
    '\u202e',
  ],
  ...[
    '://',
    'a://',
    'a:\\/\\/',
    'a%3a%2f%2f',
    '1+://',
    'a://.',
    'a://(',
    '://"',
    ':',
    ':1',
    '@',
    '/',
    '%20',
    '${',
    '}',
    '{',
    '[',
    '(',
    ')',
  ],
  ...[
    'Bearer',
    'Bearer ',
    'Bearer%20',
    'bearer.',
    'eyJ',
    'eyJ.',
    'eyJ-',
    'eyJaaaaaaaa.',
    'eyJaaaaaaaa.a ',
    '\n at ',
    '\n  at a',
  ],
  ...[
    'erp.sage.',
    'erp.sage.com',
    'x.erp.sage.com:1',
    'aa',
    'aa-',
    'line ',
    'line no ',
    ';',
    '; q=0.0',
    ',',
    'a=b;',
    'W/',
    '[1,',
    '{"a":',
  ],
];

const SMALL = 2_000;
const GROWTH = 8;
/** Times what as much text takes in pieces; a reader with quadratic time takes eight times that. */
const MOST = 3;
/** Below it memory counts for more than the text; the square of these lengths takes 80 and more. */
const FLOOR_MS = 10;
/** No linear reader takes that, three times in a row. */
const HOPELESS_MS = 200;

const textOf = (piece: string, length: number) => `${piece.repeat(Math.ceil(length / piece.length)).slice(0, length)}!`;

/** Systems count CPU time in steps of this, ms. */
const CPU_STEP_MS = 4;

/** @returns ms, without those in which other processes had the machine */
function fastest(act: () => unknown, rounds: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    const [startedAt, before] = [performance.now(), process.threadCpuUsage()];
    act();
    const { user, system } = process.threadCpuUsage(before);
    least = Math.min(least, performance.now() - startedAt, (user + system) / 1_000 + CPU_STEP_MS);
  }
  return least;
}

/** Fastest of so many rounds at least; more of them where garbage may have been collected in each. */
function growthOf(read: (text: string) => unknown, piece: string) {
  const found = { pieces: Number.POSITIVE_INFINITY, whole: Number.POSITIVE_INFINITY, isLinear: false };
  const [small, large] = [textOf(piece, SMALL), textOf(piece, SMALL * GROWTH)];
  const readPieces = () => {
    for (let time = 0; time < GROWTH; time += 1) read(small);
  };
  for (const rounds of [3, 20, 50]) {
    found.pieces = Math.min(found.pieces, fastest(readPieces, rounds));
    found.whole = Math.min(
      found.whole,
      fastest(() => read(large), rounds),
    );
    found.isLinear = found.whole <= Math.max(FLOOR_MS, MOST * found.pieces);
    if (found.isLinear || found.whole > HOPELESS_MS) break;
  }
  return found;
}

test.each(Object.entries(READERS))('%s: eight times the text takes at most proportional time', (_name, read) => {
  const grown = PIECES.map((piece) => ({ piece, ...growthOf(read, piece) }));

  expect(grown.filter(({ isLinear }) => !isLinear)).toEqual([]);
});

test('a reader with quadratic time is found', () => {
  const quadratic = (text: string) => /\b[a-z][a-z0-9+.-]*:\/\//i.test(text);

  expect(growthOf(quadratic, 'a-').isLinear).toBe(false);
});
