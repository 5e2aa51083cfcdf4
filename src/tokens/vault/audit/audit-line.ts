import { createHmac } from 'node:crypto';
import type { Row, SqlValue } from '../engine/database.ts';

/**
 * - `mutation`: a write to Sage 200 or a tenant.
 * - `act`: an action of an administrator or a person on a connection or the vault.
 * - `refusal`: a caller has no right to what it requested.
 * - `connection`: an automatic change of a connection, such as a renewal.
 * - `session`: a person signs in to the gateway or out of it.
 * - `record`: a change of the record itself, such as a replaced chain.
 */
export const AUDIT_KINDS = ['mutation', 'act', 'refusal', 'connection', 'session', 'record'] as const;

export type AuditKind = (typeof AUDIT_KINDS)[number];

/** One event: who, where and what, but never a token or the written data. */
export interface AuditEntry {
  /** Epoch ms. */
  readonly at: number;
  readonly kind: AuditKind;
  /** The mutation, such as `createCustomer` or `xtremSales.salesOrder.create`, the act, or the refused action. */
  readonly action: string;
  /** Id of the principal, if there was a caller. */
  readonly caller?: string | undefined;
  /** Name of the stored connection; undefined for a caller's own token. */
  readonly connection?: string | undefined;
  /** Number of that connection's consent. */
  readonly consent?: string | undefined;
  /** The ERP tenant. */
  readonly tenant?: string | undefined;
  readonly site?: string | undefined;
  readonly company?: string | undefined;
  /** Sage's key of the row; for several things that are not listed individually, their number. */
  readonly key?: string | undefined;
  /** As in the answer's errors and in the log. */
  readonly requestId?: string | undefined;
  /** `DONE`, `PARTIAL`, or the code of the error. */
  readonly outcome?: string | undefined;
}

/** How a mutation ended. */
export interface AuditEnd {
  /** `DONE`, `PARTIAL` when only a part was saved, else the code of the error. */
  readonly outcome: string;
  /** Sage's key of the row, or a posting's unique reference number. */
  readonly key?: string | undefined;
}

/** A mutation without a recorded end: it is in progress, or its process died. */
export const UNFINISHED = 'UNFINISHED';

/** External texts are cut to this many characters. */
const LONGEST_TEXT = 300;

/** Columns after `chain` and `sequence`, in the order of authentication. New columns are only added at the end. */
export const LINE_COLUMNS = [
  'at',
  'kind',
  'action',
  'caller',
  'connection',
  'consent',
  'tenant',
  'site',
  'company',
  'sage_key',
  'request_id',
  'outcome',
  'ends',
] as const;

export type LineColumn = (typeof LINE_COLUMNS)[number];
export type LineValues = Readonly<Record<LineColumn, SqlValue>>;

/** @param ends the `chain.sequence` of the line whose mutation ended */
export function toLine(entry: AuditEntry, ends?: string): LineValues {
  return {
    at: Math.round(entry.at),
    kind: entry.kind,
    action: toText(entry.action) ?? '',
    caller: toText(entry.caller),
    connection: toText(entry.connection),
    consent: toText(entry.consent),
    tenant: toText(entry.tenant),
    site: toText(entry.site),
    company: toText(entry.company),
    sage_key: toText(entry.key),
    request_id: toText(entry.requestId),
    outcome: toText(entry.outcome),
    ends: ends ?? null,
  };
}

/** A text that is read back must equal the authenticated one: neither engine keeps NUL or unpaired surrogates. */
function toText(text: string | undefined): string | null {
  if (text === undefined) return null;
  const cut = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT - 1)}…` : text;
  return cut.toWellFormed().replaceAll('\0', '');
}

/** HMAC-SHA256 over the line before and all columns, so that a line is valid only in its place. */
export function macOf(key: Buffer, before: string, line: Row): string {
  const columns = LINE_COLUMNS.map((name) => line[name] ?? null);
  const text = JSON.stringify([before, Number(line['chain']), Number(line['sequence']), ...columns]);
  return createHmac('sha256', key).update(text).digest('base64url');
}

/** One event that was read from the record. */
export interface AuditLine extends AuditEntry {
  /** Its place, `chain.sequence`. Undefined for a line of an earlier release, which has no seal. */
  readonly line: string | undefined;
}

export function toAuditLine(row: Row): AuditLine[] {
  const kind = AUDIT_KINDS.find((known) => known === row['kind']);
  // Kinds of a newer gateway are left out.
  if (!kind) return [];
  const text = (name: string) => (typeof row[name] === 'string' ? row[name] : undefined);
  return [
    {
      at: Number(row['at']),
      kind,
      action: String(row['action']),
      caller: text('caller'),
      connection: text('connection'),
      consent: text('consent'),
      tenant: text('tenant'),
      site: text('site'),
      company: text('company'),
      key: text('end_key') ?? text('sage_key'),
      requestId: text('request_id'),
      outcome: text('end_outcome') ?? text('outcome'),
      line: row['chain'] === null || row['chain'] === undefined ? undefined : `${row['chain']}.${row['sequence']}`,
    },
  ];
}
