/** What Sage 200 would publish for the measured resources if it published OpenAPI: types and five operations. */
export function describeSage200(baseUrl: string): object {
  return {
    openapi: '3.0.3',
    info: { title: 'Sage 200', version: '1' },
    servers: [{ url: baseUrl }],
    paths: {
      '/customers': listOf('customers', 'Sage200Customer'),
      '/customers/{id}': oneOf('customer', 'Sage200Customer'),
      '/sop_orders': listOf('sop_orders', 'Sage200SopOrder'),
      '/currencies/{id}': oneOf('currency', 'Sage200Currency'),
    },
    components: {
      schemas: {
        Sage200Customer: objectOf({
          id: 'integer',
          reference: 'string',
          name: 'string',
          short_name: 'string',
          balance: 'number',
          credit_limit: 'number',
          on_hold: 'boolean',
          vat_number: 'string',
          website: 'string',
          payment_terms_days: 'integer',
          account_opened: 'string',
          currency_id: 'integer',
        }),
        Sage200SopOrder: objectOf({
          id: 'integer',
          document_no: 'string',
          document_date: 'string',
          total_gross_value: 'number',
          customer_id: 'integer',
        }),
        Sage200Currency: objectOf({ id: 'integer', name: 'string', symbol: 'string' }),
      },
    },
  };
}

const listOf = (operationId: string, type: string) => ({
  get: {
    operationId,
    parameters: [parameter('top', 'query', 'integer', '$top'), parameter('orderby', 'query', 'string', '$orderby')],
    responses: answer({ type: 'array', items: { $ref: `#/components/schemas/${type}` } }),
  },
});

const oneOf = (operationId: string, type: string) => ({
  get: {
    operationId,
    parameters: [{ ...parameter('id', 'path', 'integer'), required: true }],
    responses: answer({ $ref: `#/components/schemas/${type}` }),
  },
});

const parameter = (name: string, where: string, type: string, wireName = name) => ({
  name: wireName,
  in: where,
  schema: { type },
});

const answer = (schema: object) => ({ '200': { description: 'OK', content: { 'application/json': { schema } } } });

const objectOf = (members: Readonly<Record<string, string>>) => ({
  type: 'object',
  properties: Object.fromEntries(Object.entries(members).map(([name, type]) => [name, { type }])),
});
