/** What Payments Out adds to a caller. */
interface PaymentsOutRight {
  /** Left out: `none`. */
  readonly paymentsOut?: 'none' | 'read' | 'write';
}

declare module '../../kit/principal.ts' {
  interface Principal extends PaymentsOutRight {}
}
