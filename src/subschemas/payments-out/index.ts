import './caller.ts';

export { createPaymentsOutFrom } from './create-payments-out-from.ts';
