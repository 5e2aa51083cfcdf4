import type { GatewayError } from '../kit/errors/index.ts';
import type { OperationKind, ScopeRequest, Subschema } from './subschema.ts';

/** What sources keep for one operation, each opened with the first field that needs it. */
export class Scopes {
  readonly #request: ScopeRequest;
  readonly #open: (readonly [Subschema, unknown])[] = [];

  constructor(request: ScopeRequest) {
    this.#request = request;
  }

  of<Scope>(subschema: Subschema<Scope>): Scope {
    for (const [known, scope] of this.#open) if (known === subschema) return scope as Scope;
    const scope = subschema.openScope?.(this.#request);
    this.#open.push([subschema, scope]);
    return scope as Scope;
  }

  /** The sources of which nothing may be passed on any more, and why. */
  losses(kind: OperationKind): ReadonlyMap<Subschema, GatewayError> {
    const losses = new Map<Subschema, GatewayError>();
    for (const [subschema, scope] of this.#open) {
      const loss = subschema.lossOf?.(scope, kind);
      if (loss) losses.set(subschema, loss);
    }
    return losses;
  }

  /** @throws GatewayError the first of them, without looking further */
  assertUsable(): void {
    for (const [subschema, scope] of this.#open) {
      const loss = subschema.lossOf?.(scope, 'query');
      if (loss) throw loss;
    }
  }

  end(): void {
    for (const [subschema, scope] of this.#open) subschema.endScope?.(scope);
  }
}
