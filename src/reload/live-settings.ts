/** Settings that a running gateway takes over when it reads its configuration again. All others need a restart. */
interface LiveSetting {
  /** A whole section, or one setting of a section. */
  readonly name: string;
  /** Settings of the section that need a restart all the same. */
  readonly but?: readonly string[];
}

export const LIVE_SETTINGS: readonly LiveSetting[] = [
  { name: 'server.allowedHosts' },
  { name: 'server.cors' },
  // What is stored in the vault was agreed to under this client id.
  { name: 'sage200', but: ['clientId'] },
  { name: 'erp.tenants' },
  { name: 'erp.runtime' },
  { name: 'network' },
  { name: 'callers' },
  { name: 'limits' },
  { name: 'documents' },
  { name: 'events' },
  { name: 'log.level' },
  { name: 'links' },
];

/** Whether a setting is taken over without a restart. @param key left out: the section as a whole */
export function isLive(section: string, key?: string): boolean {
  return LIVE_SETTINGS.some(
    ({ name, but = [] }) =>
      (name === section && (key === undefined ? but.length === 0 : !but.includes(key))) || name === `${section}.${key}`,
  );
}
