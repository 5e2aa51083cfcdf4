import type { ControlRequest, SandboxResponse } from '../sandbox-server.ts';
import type { createCompanyTokens } from './checks/company-tokens.ts';
import { toRefusalAnswer } from './checks/refusal.ts';
import type { Messages } from './data/messages.ts';
import type { Subscriptions } from './data/subscriptions.ts';
import { parseObject, textIn } from './json.ts';
import { areSwitches, type PaymentsOutSwitches, type ReadSwitches } from './switches.ts';

export interface DoorsOptions {
  readonly subscriptions: Subscriptions;
  readonly messages: Messages;
  readonly companyTokens: ReturnType<typeof createCompanyTokens>;
  readonly switches: ReadSwitches;
  readonly configure: (changes: Partial<PaymentsOutSwitches>) => void;
}

/** Control doors that only Payments Out has. */
export function createDoors({ subscriptions, messages, companyTokens, switches, configure }: DoorsOptions) {
  return ({ method, path, body }: ControlRequest): SandboxResponse | undefined => {
    const given = parseObject(body) ?? {};
    const [, subscriptionId] = /^\/__authorise\/([^/]+)$/.exec(path) ?? [];
    if (method === 'POST' && subscriptionId !== undefined) {
      try {
        subscriptions.authorise(subscriptionId);
        return { status: 204 };
      } catch (error) {
        return toRefusalAnswer(error, switches());
      }
    }
    switch (`${method} ${path}`) {
      case 'GET /__messages':
        return { status: 200, body: messages.list() };
      case 'POST /__webhooks':
        if (messages.forwardTo(textIn(given, 'url') ?? '')) return { status: 204 };
        return refuse('Give {"url": "http://127.0.0.1:8080"}: an address of this machine.');
      case 'POST /__companyTokens':
        return { status: 201, body: { token: companyTokens.issue() } };
      case 'POST /__switches':
        if (!areSwitches(given)) return refuse('These are not switches of Payments Out; its documentation lists them.');
        configure(given);
        return { status: 200, body: switches() };
      default:
        return undefined;
    }
  };
}

const refuse = (error: string): SandboxResponse => ({ status: 400, body: { error } });
