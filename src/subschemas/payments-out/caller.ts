interface PaymentsOutRight {
  /** Left out: `none`. */
  readonly paymentsOut?: 'none' | 'read' | 'write';
}

declare module '../../kit/principal.ts' {
  interface Principal extends PaymentsOutRight {}
}
