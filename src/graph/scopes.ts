import type { GatewayError } from '../kit/errors/index.ts';
import type { OperationKind, ScopeRequest, Subschema } from './subschema.ts';

/** The scopes of sources for one operation, each opened with the first field that needs it. */
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

  /** The sources whose data may no longer be returned, and why. */
  losses(kind: OperationKind): ReadonlyMap<Subschema, GatewayError> {
    const losses = new Map<Subschema, GatewayError>();
    for (const [subschema, scope] of this.#open) {
      const loss = subschema.lossOf?.(scope, kind);
      if (loss) losses.set(subschema, loss);
    }
    return losses;
  }

  /** @throws GatewayError the first loss, without looking for others */
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
