import type { GatewayContext } from '../../../graph/subschema.ts';
import { GatewayError } from '../../../kit/errors/index.ts';
import type { Acting, ClientInput, ConnectLinkInput, NewKey, Outcome } from '../../../tokens/index.ts';
import type { ClientParts } from './client-parts.ts';

/** Fields of `GatewayMutation` that change clients, one after the other in each operation. */
export function createClientMutations(clients: ClientParts | undefined) {
  const inOrder = createOrder();

  /** Runs after the operation's earlier changes, and reports failures in `errors` or `userErrors`. */
  const act =
    <Given, Made, Payload>(
      carryOut: (admin: ClientParts['admin'], given: Given, by: Acting) => Promise<Outcome<Made>>,
      toPayload: (made: Made) => Payload,
    ) =>
    (_root: unknown, given: Given, context: GatewayContext) =>
      inOrder(context, async () => {
        if (!clients) throw new GatewayError('MISCONFIGURED', 'This gateway has no directory of clients.');
        const { principal, requestId } = context;
        const outcome = await carryOut(clients.admin, given, { caller: principal.id, requestId });
        return 'made' in outcome
          ? { ...toPayload(outcome.made), userErrors: [] }
          : { client: null, userErrors: outcome.userErrors };
      });

  return {
    putClient: act(
      (admin, { input, ifVersion }: { input: ClientInput; ifVersion?: number | null }, by) =>
        admin.put(input, by, ifVersion),
      (client) => ({ client }),
    ),
    removeClient: act(
      (admin, { name }: { name: string }, by) => admin.remove(name, by),
      (client) => ({ client }),
    ),
    createKey: act(
      (admin, given: NewKey, by) => admin.createKey(given, by),
      ({ key, secret }) => ({ key: secret.reveal(), client: clients?.directory.find(key.client) ?? null }),
    ),
    removeKey: act(
      (admin, { client, name }: { client: string; name: string }, by) => admin.removeKey(client, name, by),
      ({ client }) => ({ client }),
    ),
    createConnectLink: act(
      (admin, { input }: { input: ConnectLinkInput }, by) => admin.createLink(input, by),
      ({ url, endsAt }) => ({ url: url.reveal(), endsAt }),
    ),
  };
}

/** graphql-js runs the fields under `gateway` in parallel, but changes must be made one after the other. */
function createOrder() {
  const last = new WeakMap<GatewayContext, Promise<unknown>>();
  return <Result>(context: GatewayContext, work: () => Promise<Result>): Promise<Result> => {
    const done = (last.get(context) ?? Promise.resolve()).then(work);
    last.set(
      context,
      done.catch(() => {}),
    );
    return done;
  };
}
