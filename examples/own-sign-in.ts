// Your users, your sign-in: what your service does so that the gateway knows them. Needs: npm install jose
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** What your own sign-in knows of somebody. */
export interface SignedIn {
  readonly user: string;
  /** The Sage 200 connection of the customer they belong to. */
  readonly connection: string;
  /** The ERP tenants of that customer. */
  readonly tenants: readonly string[];
}

// Yours comes from a key store, and stays the same over restarts.
const { publicKey, privateKey } = await generateKeyPair('ES256');
const kid = '2026-01';

/** For one of your users, after you have checked who they are: they or your pages send it to the gateway. */
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
