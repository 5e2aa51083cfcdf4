// app/sage/[...path]/route.ts of a Next.js application. Requires: npm install sage-gateway, and in next.config:
//   serverExternalPackages: ['sage-gateway']
import { createGateway, type Gateway } from 'sage-gateway';

// In development, Next reloads a route whenever it changes; there must only be one gateway, with its vault.
const kept = globalThis as typeof globalThis & { gateway?: Gateway };
kept.gateway ??= createGateway();
const { fetch } = kept.gateway;

export const runtime = 'nodejs';
export const dynamic = 'force-dynamic';

const answer = (request: Request) => fetch(request);

export { answer as DELETE, answer as GET, answer as HEAD, answer as OPTIONS, answer as POST };
