export type { Message } from './data/messages.ts';
export {
  type PaymentsOutSandbox,
  type PaymentsOutSandboxOptions,
  startPaymentsOutSandbox,
} from './start-payments-out-sandbox.ts';
export type { PaymentsOutSwitches } from './switches.ts';
