import { GraphQLError } from 'graphql';

/** 1 information, 2 warning, 3 error, 4 exception: the levels seen in the vendor's answers. */
export type Severity = 1 | 2 | 3 | 4;

export interface Diagnose {
  readonly severity: Severity;
  readonly message: string;
  /** Path of the fault in the input, for example `["lines", "0", "item"]`. */
  readonly path: readonly string[];
}

/** A refusal in the ERP's own form: the text in `message`, the details in `extensions.diagnoses`. */
export class BusinessError extends GraphQLError {
  constructor(message: string, path: readonly string[] = []) {
    const diagnose: Diagnose = { severity: 3, message, path };
    super(message, { extensions: { diagnoses: [diagnose] } });
  }
}
