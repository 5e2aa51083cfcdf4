// What your service does so that users of your own sign-in can use the gateway. Requires: npm install jose
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** What your own sign-in knows about a user. */
export interface SignedIn {
  readonly user: string;
  /** The Sage 200 connection of the customer they belong to. */
  readonly connection: string;
  /** The ERP tenants of that customer. */
  readonly tenants: readonly string[];
}

// In production, load the key from a key store, so that it stays the same across restarts.
const { publicKey, privateKey } = await generateKeyPair('ES256');
const kid = '2026-01';

/** A token for a user whom you have authenticated. The user's browser or your pages send it to the gateway. */
export const tokenFor = ({ user, connection, tenants }: SignedIn): Promise<string> =>
  new SignJWT({ sage_connection: connection, erp_tenants: tenants })
    .setProtectedHeader({ alg: 'ES256', kid })
    .setIssuer('https://portal.example.com/')
    .setAudience('sage-gateway')
    .setSubject(user)
    .setIssuedAt()
    .setExpirationTime('10m')
    .sign(privateKey);

/** Where the gateway reads your public key: `jwksUri`. */
export const keys = createServer(async (_request, response) => {
  const key = { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' };
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [key] }));
});
