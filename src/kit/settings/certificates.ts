import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates of a PEM file; undefined if it has none, or one of them is invalid. */
export function readCertificates(path: string): string | undefined {
  try {
    const found = readFileSync(path, 'utf8').match(CERTIFICATE) ?? [];
    return found.map((pem) => new X509Certificate(pem).toString()).join('') || undefined;
  } catch {
    return undefined;
  }
}
