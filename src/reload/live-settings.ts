import type { Source } from '../subschemas/source.ts';

/** Settings that a reload changes in a running gateway. All others need a restart. */
interface LiveSetting {
  /** A whole section, or one setting of a section. */
  readonly name: string;
  /** Settings of the section that need a restart anyway. */
  readonly but?: readonly string[];
  /** Settings of the section that wait for a restart when those have changed. */
  readonly bound?: readonly string[];
}

const ofSource = ({ section: { name, live } }: Source): readonly LiveSetting[] => {
  if (!live) return [{ name }];
  return 'but' in live ? [{ name, ...live }] : live.only.map((setting) => ({ name: `${name}.${setting}` }));
};

export const liveSettingsWith = (sources: readonly Source[]): readonly LiveSetting[] => [
  { name: 'server.allowedHosts' },
  { name: 'server.cors' },
  ...sources.flatMap(ofSource),
  { name: 'callers' },
  { name: 'limits' },
  { name: 'documents' },
  { name: 'events' },
  { name: 'log.level' },
  { name: 'links' },
];

/** Whether a setting changes without a restart. @param key left out: the section, perhaps with exceptions */
export const isLive = (settings: readonly LiveSetting[], section: string, key?: string): boolean =>
  settings.some(({ name }) => name === (key === undefined ? section : `${section}.${key}`));
