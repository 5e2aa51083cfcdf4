const PREFIX = 'urn:aud:';

/** Sage ID knows audiences; the library knows resources, which are URIs. */
export const resourceOf = (audience: string): string => PREFIX + encodeURIComponent(audience);

export const audienceOf = (resource: string): string | undefined =>
  resource.startsWith(PREFIX) ? decodeURIComponent(resource.slice(PREFIX.length)) : undefined;
