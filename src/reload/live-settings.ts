import type { Source } from '../subschemas/source.ts';

/** Settings that a running gateway takes over when it reads its configuration again. All others need a restart. */
interface LiveSetting {
  /** A whole section, or one setting of a section. */
  readonly name: string;
  /** Settings of the section that need a restart all the same. */
  readonly but?: readonly string[];
  /** Settings of the section that wait with those. */
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

/** Whether a setting is taken over without a restart. @param key left out: the section as a whole, but perhaps for some settings */
export const isLive = (settings: readonly LiveSetting[], section: string, key?: string): boolean =>
  settings.some(({ name }) => name === (key === undefined ? section : `${section}.${key}`));
