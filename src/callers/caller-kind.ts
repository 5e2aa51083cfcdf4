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
 * One kind of caller: one file in `kinds/` and one line in its list. It brings its section of the configuration, what its
 * callers may at most, and the check of their credentials.
 */
export interface CallerKind<Section extends string = string, Settings = unknown> {
  /** Stands in `Principal.kind`, in metrics, and as a value of `GatewayCallerKind`: `apiKey` is `API_KEY` there. */
  readonly name: string;
  /** What callers read beside that value. */
  readonly description: string;
  /** Name of its section below `callers`. */
  readonly section: Section;
  /** The section as it is written in the file, with its defaults and descriptions. @param rights that sources bring */
  settings(rights: SourceRights): z.ZodType<Settings>;
  /** What a caller of this kind may at most, whatever its credentials say. */
  readonly atMost: {
    /** `whenAlone`: only at this machine, and only while nobody else is configured. */
    readonly admin: 'configured' | 'whenAlone' | 'never';
    /** Whether they may ask ERP tenants, which the gateway does with its own rights. */
    readonly tenants: boolean;
  };
  /** Whether these settings let anybody in who is not at this machine. */
  admits(settings: Settings): boolean;
  /** What its settings must be to each other and to other sections. Tenants and connections are checked for all kinds alike. */
  check?(file: SettingsReader, faults: SettingsFaults, rights: SourceRights): void;
  create(settings: Settings, parts: CallerParts): CallerCheck;
}

/** What kinds are made with; each takes what it needs. */
export interface CallerParts {
  /** Whether a request may do what only people at this machine may. */
  readonly isHere: (request: ArrivedRequest) => boolean;
  /** Nobody else is configured: then people at this machine are its administrators. */
  readonly isAlone: boolean;
  readonly connection: FindConnection;
  /** Which tokens of Sage ID are accepted, and our own client id there. */
  readonly sageId: SageTokenRules & { readonly clientId: string | undefined };
  /** The companies that Sage 200 opens to a token. @throws GatewayError when Sage refuses it, or cannot be asked. */
  readonly companiesOf: (token: Secret) => Promise<readonly CompanyRef[]>;
  /** Names of the ERP tenants in the configuration. */
  readonly knownTenants: readonly string[];
  /** Those of the directory, each with its keys; left out: there are none. */
  readonly clients?: Pick<ServedClients, 'find' | 'keyOf'> | undefined;
  /** Fetches the keys of issuers. */
  readonly send: Send;
  /** Where people's sessions are kept and how a browser shows one; left out: nobody has one. */
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
  /** Left out: GET. */
  readonly method?: string;
}

/**
 * Checks credentials. A kind reads bearer tokens, or requests without an `Authorization` header.
 * Each answers undefined when the credentials are not of this kind, and throws GatewayError UNAUTHENTICATED when they are and are wrong.
 */
export interface CallerCheck {
  /** @param address where they came from, as far as it is known */
  ofBearer?(bearer: string, address: string | undefined): MaybePromise<Principal | undefined>;
  ofRequest?(request: CallerRequest): MaybePromise<Principal | undefined>;
}

/**
 * The consent that a connection's name stands for now; undefined for a name the gateway does not serve.
 * @param atLeast number of a consent that is known to be there
 */
export type FindConnection = (name: string, atLeast?: number) => MaybePromise<Sage200Identity | undefined>;

/** What a list of kinds makes of the `callers` section. */
export type CallersConfig<Kinds extends readonly CallerKind[]> = {
  readonly [Kind in Kinds[number] as Kind['section']]: Kind extends CallerKind<string, infer Settings>
    ? Settings
    : never;
};
