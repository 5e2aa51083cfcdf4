import { z } from 'zod';
import { duration, oneOf, type SettingsFaults, type SettingsReader, share, whole } from '../kit/settings/index.ts';

const DEFAULTS = { window: '50', least: '20' };

const breaker = () =>
  z
    .union(
      [
        oneOf('off')
          .transform(() => false as const)
          .meta({ const: 'off', anyOf: undefined }),
        z.strictObject({
          window: whole(1, 10_000).prefault(DEFAULTS.window).describe('How many of the last calls are considered.'),
          least: whole(1, 10_000).prefault(DEFAULTS.least).describe('Minimum number of calls before it opens.'),
          failures: share().prefault('0.5').describe('It opens if more than this share of them failed.'),
          pause: duration('100ms', '1h')
            .prefault('5s')
            .describe('How long until one read tests whether the other side is back.'),
        }),
      ],
      { error: 'is neither off nor settings; use off, or { window: 50, least: 20, failures: 0.5, pause: 5s }' },
    )
    .prefault({})
    .describe(
      'Calls are refused at once while the other side fails: refused or cut connections, 5xx, no answer within the deadline. off: every call is sent.',
    );

/**
 * Settings in each source's section.
 * @param source name for people
 * @param whose the owner of a waiting line of its own
 */
export const sendingSettings = (source: string, whose: string) => ({
  deadline: duration('100ms', '1h').prefault('30s').describe(`How long one operation may spend on ${source}.`),
  breaker: breaker(),
  connections: whole(1, 10_000).prefault('128').describe(`Maximum number of requests in flight, for ${whose}.`),
  waiting: whole(0, 100_000).prefault('256').describe(`Maximum number of waiting requests, for ${whose}.`),
  retryReads: whole(0, 3)
    .prefault('1')
    .describe('How often a read is sent again if a kept connection was reset before an answer began; 0 means never.'),
});

interface Written {
  readonly deadline: number;
  readonly breaker: false | { window: number; least: number; failures: number; pause: number };
}

export function readSending<Section extends Written>({ deadline, breaker: written, ...rest }: Section) {
  if (written === false) return { ...rest, deadlineMs: deadline, breaker: undefined };
  const { pause, ...settings } = written;
  return { ...rest, deadlineMs: deadline, breaker: { ...settings, pauseMs: pause } };
}

/** @param section its name */
export function checkSending(section: string, file: SettingsReader, faults: SettingsFaults): void {
  const path = [section, 'breaker'];
  const numberOf = (name: keyof typeof DEFAULTS) => Number(file.text([...path, name]) ?? DEFAULTS[name]);
  if (file.isGroup(path) && numberOf('least') > numberOf('window'))
    faults.add([...path, 'least'], 'is more than window, so it would never open; write no more than window');
}
