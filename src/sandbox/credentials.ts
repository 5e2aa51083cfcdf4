/** How to reach the servers, in the form of the gateway's configuration file, section by section. */
export interface SandboxCredentials {
  readonly sageId: {
    readonly issuer: string;
    readonly authorizeUrl: string;
    readonly tokenUrl: string;
    readonly revokeUrl: string;
  };
  readonly sage200: {
    readonly product: 'professional';
    readonly baseUrl: string;
    readonly clientId: string;
    readonly clientSecret: string;
    readonly audience: string;
  };
  readonly erp: readonly {
    readonly name: string;
    readonly tokenUrl: string;
    readonly clientId: string;
    readonly clientSecret: string;
    readonly tenantId: string;
  }[];
  /** A tenant of Sage X3, to be added to those of the ERP. */
  readonly x3: {
    readonly name: string;
    readonly kind: 'x3';
    readonly grant: 'x3-jwt';
    readonly url: string;
    readonly clientId: string;
    readonly clientSecret: string;
    readonly user: string;
    readonly endpoint: string;
  };
  /** The same X3 in Sage's cloud, where an administrator signs in for it. */
  readonly x3Cloud: {
    readonly name: string;
    readonly kind: 'x3';
    readonly grant: 'x3-cloud';
    readonly rootUrl: string;
    readonly customer: string;
    readonly clientId: string;
    readonly clientSecret: string;
    readonly folder: string;
  };
  readonly network: {
    readonly clientId: string;
    readonly clientSecret: string;
    readonly audience: string;
    readonly baseUrl: string;
    readonly application: string;
    readonly provider: { readonly apiKey: string; readonly providerId: string };
    readonly consumer: { readonly apiKey: string };
  };
  /** A client without a secret, which must use PKCE. */
  readonly publicClientId: string;
}
