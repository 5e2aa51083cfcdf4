import type { Fault } from './control.ts';

/** A fault that strikes a request. */
export interface StrikingFault extends Fault {
  /** Settles when the faults are cleared. */
  readonly cleared: Promise<void>;
}

/** Faults waiting to strike, in the order they were given. */
export interface FaultList {
  /** @returns the fault's id. */
  add(fault: Fault): string;
  /** Removes all faults, and releases the requests that they hold. */
  clear(): void;
  /** The first fault that matches this request, counted down. */
  take(method: string, path: string): StrikingFault | undefined;
}

export function createFaultList(): FaultList {
  let waiting: { id: string; fault: Fault; left: number }[] = [];
  let lastId = 0;
  let cleared = Promise.withResolvers<void>();

  return {
    add(fault) {
      const id = String(++lastId);
      waiting.push({ id, fault, left: fault.times ?? 1 });
      return id;
    },
    clear() {
      waiting = [];
      cleared.resolve();
      cleared = Promise.withResolvers();
    },
    take(method, path) {
      const entry = waiting.find(({ fault }) => matches(fault, method, path));
      // An initial 0 means always, so only the step from 1 to 0 removes.
      if (entry && entry.left > 0 && --entry.left === 0) waiting = waiting.filter((other) => other !== entry);
      return entry && { ...entry.fault, cleared: cleared.promise };
    },
  };
}

const matches = ({ match, method }: Fault, requestMethod: string, path: string) =>
  (match === undefined || path.includes(match)) &&
  (method === undefined || method.toUpperCase() === requestMethod.toUpperCase());

const KINDS = ['status', 'delay', 'hold', 'cut', 'garbage'];
const CUTS = ['beforeHeaders', 'afterProcessing', 'afterHeaders', 'midBody'];

const isText = (value: unknown) => typeof value === 'string';
const isCount = (value: unknown) => Number.isInteger(value) && Number(value) >= 0;

/** Rules for the members of a fault: a check, and the message if it fails. */
const RULES: Readonly<Record<keyof Fault, readonly [(value: unknown) => boolean, string]>> = {
  match: [isText, 'must be text: a part of the path with query'],
  method: [isText, 'must be text: an HTTP method'],
  kind: [(value) => KINDS.includes(String(value)), `must be one of ${KINDS.join(', ')}`],
  status: [
    (value) => Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599,
    'must be a whole number from 200 to 599',
  ],
  headers: [(value) => isObject(value) && Object.values(value).every(isText), 'must be an object with text values'],
  body: [() => true, ''],
  delayMs: [isCount, 'must be a whole number of milliseconds, 0 or more'],
  cutAt: [(value) => CUTS.includes(String(value)), `must be one of ${CUTS.join(', ')}`],
  times: [isCount, 'must be a whole number, 0 (for good) or more'],
};

/** @returns what is wrong, one sentence each; empty for a usable fault. */
export function faultProblems(value: unknown): string[] {
  if (!isObject(value)) return ['A fault is a JSON object such as {"kind": "status", "status": 503}.'];
  const problems = Object.entries(value).flatMap(([key, member]) => {
    const rule = isRuleName(key) ? RULES[key] : undefined;
    if (!rule) return [`"${key}" is not known; known are ${Object.keys(RULES).join(', ')}.`];
    return rule[0](member) ? [] : [`"${key}" ${rule[1]}.`];
  });
  if (value['kind'] === undefined) problems.push(`"kind" is missing; it ${RULES.kind[1]}.`);
  if (value['kind'] === 'delay' && value['delayMs'] === undefined) problems.push('A delay needs "delayMs".');
  return problems;
}

/** Whether {@link faultProblems} finds nothing. */
export const isFault = (value: unknown): value is Fault => faultProblems(value).length === 0;

const isRuleName = (key: string): key is keyof typeof RULES => Object.hasOwn(RULES, key);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
