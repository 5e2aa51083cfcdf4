import { expect } from 'vitest';
import { Secret } from '../../../../src/kit/errors/index.ts';
import { createHttp, HttpFailure, type Send } from '../../../../src/kit/http/index.ts';
import type { Fault, LoggedRequest } from '../../../../src/sandbox/index.ts';
import { openVault, type Vault } from '../../../../src/tokens/index.ts';
import { type Answer, startWorld, type World } from '../world.ts';

export const writesOf = ({ requests }: Answer): readonly LoggedRequest[] =>
  requests.filter(({ method }) => method !== 'GET');

export const methodsOf = (answer: Answer): string[] => writesOf(answer).map(({ method }) => method);

let count = 0;
/** A reference that is taken by nobody. */
export const fresh = (): string => {
  count += 1;
  return `W${String(count).padStart(5, '0')}`;
};

export const createCustomer = (reference: string, key?: string, name = 'New') =>
  `createCustomer(input: { reference: "${reference}", name: "${name}" }${key ? `, idempotencyKey: "${key}"` : ''}) { customer { sageId name currency { symbol } } userErrors { code message } }`;

export const CUTS: readonly (readonly [name: string, fault: Fault, isDone: boolean])[] = [
  ['before it is read', { kind: 'cut', cutAt: 'beforeHeaders' }, false],
  ['after it is carried out', { kind: 'cut', cutAt: 'afterProcessing' }, true],
  ['after the headers of the answer', { kind: 'cut', cutAt: 'afterHeaders' }, true],
  ['amid the answer', { kind: 'cut', cutAt: 'midBody' }, true],
  ['by a gateway that gives up', { kind: 'status', status: 504 }, false],
  ['by an answer that is not JSON', { kind: 'garbage' }, false],
];

export interface WriteWorld extends World {
  readonly vault: Vault;
  /** Epoch ms, as the vault and the engine know it. */
  readonly clock: { now: number };
  /** Calls while it is above 0 fail before a byte of them leaves. */
  readonly refusals: { count: number };
  readonly mutate: (field: string, options?: Parameters<World['run']>[1]) => Promise<Answer>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  readonly read: (field: string) => Promise<any>;
  /** Runs the query that came with an `OUTCOME_UNKNOWN`. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  readonly lookUp: (answer: Answer) => Promise<any>;
  /** @returns its `sageId` */
  readonly makeCustomer: () => Promise<string>;
  /** Without faults and refusals. */
  readonly reset: () => void;
}

/** The engine with a vault that keeps outcomes and the record of writes. */
export async function startWriteWorld(): Promise<WriteWorld> {
  const clock = { now: Date.parse('2026-03-31T09:00:00Z') };
  const refusals = { count: 0 };
  const now = () => clock.now;
  const vault = await openVault({
    url: 'sqlite::memory:',
    key: new Secret(Buffer.alloc(32, 7).toString('base64')),
    now,
  });
  const http = createHttp();
  const send: Send = (request) => {
    if (request.method === 'GET' || refusals.count === 0) return http.send(request);
    refusals.count -= 1;
    return Promise.reject(new HttpFailure('refused', false));
  };
  const world = await startWorld({ send, outcomes: vault.idempotency, audit: vault.audit, now });
  const mutate: WriteWorld['mutate'] = (field, options = {}) =>
    world.run(`mutation { sage200 { answer: ${field} } }`, options);
  return {
    ...world,
    vault,
    clock,
    refusals,
    mutate,
    read: async (field) => (await world.run(`{ sage200 { answer: ${field} } }`)).data.sage200.answer,
    async lookUp({ errors: [error] }) {
      if (!error) throw new Error('The outcome is known.');
      const { query, field } = error.extensions['lookUp'] as { query: string; field: string };
      const { data, errors: faults } = await world.run(query);
      expect(faults).toEqual([]);
      return data.sage200[field];
    },
    async makeCustomer() {
      const { data } = await mutate(createCustomer(fresh()));
      return data.sage200.answer.customer.sageId;
    },
    reset() {
      world.sandbox.sage200.clearFaults();
      refusals.count = 0;
    },
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await http.close();
      await vault.close();
    },
  };
}
