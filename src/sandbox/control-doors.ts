import type { ClockSettings } from './control.ts';
import { type FaultList, faultProblems, isFault } from './faults.ts';
import type { RequestLog } from './request-log.ts';
import type { SandboxClock, SandboxResponse } from './sandbox-server.ts';

export interface ControlRequest {
  readonly method: string;
  readonly path: string;
  readonly body: Buffer;
}

export interface ControlState {
  readonly log: RequestLog;
  readonly faults: FaultList;
  readonly clock: SandboxClock;
}

type Door = (state: ControlState, body: Buffer) => SandboxResponse;

const DOORS: Readonly<Record<string, Readonly<Record<string, Door>>>> = {
  '/__faults': {
    POST: ({ faults }, body) => {
      const fault = parseJson(body);
      if (!isFault(fault)) return refuse(faultProblems(fault));
      return { status: 201, body: { id: faults.add(fault) } };
    },
    DELETE: ({ faults }) => {
      faults.clear();
      return { status: 204 };
    },
  },
  '/__requests': {
    GET: ({ log }) => ({ status: 200, body: log.list() }),
    DELETE: ({ log }) => {
      log.clear();
      return { status: 204 };
    },
  },
  '/__clock': {
    POST: ({ clock }, body) => {
      const settings = parseJson(body);
      if (!isClockSettings(settings)) {
        return refuse([
          'The clock takes {"skewMs": whole number, "accessTokenSeconds": whole number above 0, or null for the usual life}.',
        ]);
      }
      clock.set(settings);
      return { status: 204 };
    },
  },
};

export const isControlPath = (path: string): boolean => Object.hasOwn(DOORS, withoutQuery(path));

/** Answers a request for which {@link isControlPath} is true. */
export function handleControl({ method, path, body }: ControlRequest, state: ControlState): SandboxResponse {
  const doors = DOORS[withoutQuery(path)] ?? {};
  const door = doors[method];
  if (door) return door(state, body);
  const allow = Object.keys(doors).join(', ');
  return { status: 405, headers: { allow }, body: { error: `This door takes ${allow}.` } };
}

const withoutQuery = (path: string) => path.split('?', 1)[0] ?? path;

const refuse = (problems: readonly string[]): SandboxResponse => ({ status: 400, body: { error: problems.join(' ') } });

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function isClockSettings(value: unknown): value is ClockSettings {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([key, member]) => {
    if (key === 'skewMs') return Number.isInteger(member);
    return key === 'accessTokenSeconds' && (member === null || (Number.isInteger(member) && Number(member) > 0));
  });
}
