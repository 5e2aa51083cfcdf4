// app/sage/[...path]/route.ts of a Next.js application. Needs: npm install sage-gateway, and in next.config:
//   serverExternalPackages: ['sage-gateway']
import { createGateway, type Gateway } from 'sage-gateway';

// Next loads a route again whenever it changes in development; the gateway, with its vault, stays one.
const kept = globalThis as typeof globalThis & { gateway?: Gateway };
kept.gateway ??= createGateway();
const { fetch } = kept.gateway;

export const runtime = 'nodejs';
export const dynamic = 'force-dynamic';

const answer = (request: Request) => fetch(request);

export { answer as DELETE, answer as GET, answer as HEAD, answer as OPTIONS, answer as POST };
