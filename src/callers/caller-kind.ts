import type { z } from 'zod';
import type { Secret } from '../kit/errors/index.ts';
import type { Send } from '../kit/http/index.ts';
import type { MaybePromise } from '../kit/maybe-promise.ts';
import type { Principal } from '../kit/principal.ts';
import type { SettingsFaults, SettingsReader } from '../kit/settings/index.ts';
import type { ArrivedRequest } from '../kit/this-machine.ts';
import type { CompanyRef, Sage200Identity } from '../subschemas/sage200/index.ts';
import type { ServedClients, SessionCookie, SessionStore } from '../tokens/index.ts';
import type { SageTokenRules } from './sage-token.ts';
import type { SourceRights } from './source-rights.ts';
import type { WrongCredentials } from './wrong-credentials.ts';

/**
 * One kind of caller: one file in `kinds/` and one line in its list. It defines its section of the configuration, the
 * most that its callers may do, and how their credentials are checked.
 */
export interface CallerKind<Section extends string = string, Settings = unknown> {
  /** Used in `Principal.kind`, in metrics, and as a value of `GatewayCallerKind`, where `apiKey` is `API_KEY`. */
  readonly name: string;
  readonly description: string;
  /** Name of its section in `callers`. */
  readonly section: Section;
  /** The section as it is written in the file, with its defaults and descriptions. @param rights that sources bring */
  settings(rights: SourceRights): z.ZodType<Settings>;
  /** The most that a caller of this kind may do, whatever its credentials say. */
  readonly atMost: {
    /** `whenAlone`: only at this machine, and only if no other callers are configured. */
    readonly admin: 'configured' | 'whenAlone' | 'never';
    /** Whether they may use ERP tenants, where the gateway uses its own rights. */
    readonly tenants: boolean;
  };
  /** Whether these settings admit anybody who is not at this machine. */
  admits(settings: Settings): boolean;
  /** Checks its settings against each other and other sections. Tenants and connections are checked for all kinds. */
  check?(file: SettingsReader, faults: SettingsFaults, rights: SourceRights): void;
  create(settings: Settings, parts: CallerParts): CallerCheck;
}

/** What kinds are created with; each uses what it needs. */
export interface CallerParts {
  /** Whether a request may do what only people at this machine may. */
  readonly isHere: (request: ArrivedRequest) => boolean;
  /** Whether no other callers are configured: then people at this machine are its administrators. */
  readonly isAlone: boolean;
  readonly connection: FindConnection;
  /** Which Sage ID tokens are accepted, and the gateway's own client id there. */
  readonly sageId: SageTokenRules & { readonly clientId: string | undefined };
  /** The companies that Sage 200 opens to a token. @throws GatewayError if Sage refuses the token or cannot be reached */
  readonly companiesOf: (token: Secret) => Promise<readonly CompanyRef[]>;
  /** Names of the ERP tenants in the configuration. */
  readonly knownTenants: readonly string[];
  /** The clients of the directory, each with its keys. @default none */
  readonly clients?: Pick<ServedClients, 'find' | 'keyOf'> | undefined;
  /** Fetches the keys of issuers. */
  readonly send: Send;
  /** Where sessions are stored and how a browser sends one. Without it, there are no sessions. */
  readonly sessions?: SessionParts | undefined;
  readonly rights: SourceRights;
  readonly wrong: WrongCredentials;
  readonly now: () => number;
}

export interface SessionParts {
  readonly sessions: Pick<SessionStore, 'find'>;
  readonly cookie: SessionCookie;
  readonly publicUrl: string | (() => string);
}

export interface CallerRequest extends ArrivedRequest {
  /** @default GET */
  readonly method?: string;
}

/**
 * Checks credentials. A kind reads bearer tokens, or requests without an `Authorization` header.
 * Returns undefined if the credentials are not of this kind, and throws GatewayError UNAUTHENTICATED if they are but are wrong.
 */
export interface CallerCheck {
  /** @param address where they came from, if known */
  ofBearer?(bearer: string, address: string | undefined): MaybePromise<Principal | undefined>;
  ofRequest?(request: CallerRequest): MaybePromise<Principal | undefined>;
}

/**
 * The current consent of a connection's name; undefined for a name that the gateway does not serve.
 * @param atLeast number of a consent that is known to exist
 */
export type FindConnection = (name: string, atLeast?: number) => MaybePromise<Sage200Identity | undefined>;

export type CallersConfig<Kinds extends readonly CallerKind[]> = {
  readonly [Kind in Kinds[number] as Kind['section']]: Kind extends CallerKind<string, infer Settings>
    ? Settings
    : never;
};
