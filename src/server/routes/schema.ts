import type { GraphQLSchema } from 'graphql';
import type { Graph } from '../../graph/index.ts';
import { headerText } from '../../kit/http/index.ts';
import { introspectionInTurns } from '../../kit/introspect-schema.ts';
import { printSchemaInTurns } from '../../kit/print-schema.ts';
import { type PackedText, packedAnswer, packText } from '../answers/packed-text.ts';
import type { CallerExchange, Route } from './route.ts';

/** `/schema.graphql` and `/schema.json`: the schema as this caller sees it, printed and compressed once for each schema object. */
export function createSchemaRoutes(graph: Graph, takesVisitors: boolean): readonly Route[] {
  const sdl = packedOnce(printSchemaInTurns);
  const json = packedOnce(introspectionInTurns);

  const answer = (packed: typeof sdl, contentType: string) => async (exchange: CallerExchange) => {
    const { principal } = exchange;
    graph.refuseSchema(principal);
    const schema = await graph.schemaFor(graph.requireTenant(principal, headerText(exchange, 'x-tenant')));
    return packedAnswer(await packed(graph.shownSchema(schema, principal)), exchange.headers, {
      'content-type': contentType,
      // Each caller's own, and revalidated every time; the tag makes that cheap.
      'cache-control': 'private, no-cache',
    });
  };
  return [
    {
      path: '/schema.graphql',
      access: 'caller',
      takesVisitors,
      handlers: { GET: answer(sdl, 'application/graphql; charset=utf-8') },
    },
    {
      path: '/schema.json',
      access: 'caller',
      takesVisitors,
      handlers: { GET: answer(json, 'application/json; charset=utf-8') },
    },
  ];
}

function packedOnce(print: (schema: GraphQLSchema) => Promise<string | Buffer<ArrayBuffer>>) {
  // Weak, so that the text is collected with the schema.
  const bySchema = new WeakMap<GraphQLSchema, Promise<PackedText>>();
  return (schema: GraphQLSchema): Promise<PackedText> => {
    const known = bySchema.get(schema);
    if (known !== undefined) return known;
    const packed = print(schema).then(packText);
    bySchema.set(schema, packed);
    return packed;
  };
}
