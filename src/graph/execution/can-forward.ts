import type { DocumentNode } from 'graphql';
import { classifyOperation, type OperationShape, sourcesOf } from '../operation/classify-operation.ts';
import type { JoinedSchema } from '../schema/combine-schemas.ts';
import { linksIn } from '../stitch/index.ts';

/**
 * Whether the tenant may be sent the document as a whole: an operation beside this one that asks us something would be
 * refused by the tenant together with the one that is wanted.
 */
export function canForward(joined: JoinedSchema, shape: OperationShape, document: DocumentNode): boolean {
  return shape.siblings.every((sibling) => {
    const other = sibling === shape.operation ? shape : classifyOperation(document, sibling.name?.value);
    if (!other || linksIn(other, joined.schema, joined.links)) return false;
    return sourcesOf(other, joined.own) === 'hosted';
  });
}
