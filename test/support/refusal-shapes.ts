/** The reason that each of them gives. */
export const WHY = 'The account is on hold';

/** How servers before and behind Sage's API say why they refuse. */
export const REFUSAL_SHAPES: readonly (readonly [name: string, body: unknown])[] = [
  ['Message', { Message: WHY }],
  ['message', { message: WHY }],
  ['message of a gateway', { statusCode: 400, message: WHY }],
  ['a list of diagnoses', [{ $severity: 'error', $message: WHY }]],
  ['diagnoses', { $diagnoses: [{ $severity: 3, $message: WHY }] }],
  ['ModelState', { Message: 'The request is invalid.', ModelState: { 'customer.reference': [WHY] } }],
  ['ModelState with Description', { ModelState: { 'line.Description': [WHY], 'line.Name': ['No name'] } }],
  [
    'ExceptionMessage',
    {
      Message: 'An error has occurred.',
      ExceptionMessage: WHY,
      ExceptionType: 'Sage.Exception',
      StackTrace: '   at Sage.Customers.Save() in C:\\build\\x.cs:line 3',
    },
  ],
  ['InnerException', { Message: 'An error has occurred.', InnerException: { ExceptionMessage: WHY } }],
  ['problem+json', { type: 'https://x/problem', title: 'Bad Request', status: 400, detail: WHY }],
  ['problem+json with errors', { title: 'One or more validation errors occurred.', errors: { Reference: [WHY] } }],
  ['OData', { error: { code: '', message: WHY } }],
  ['older OData', { 'odata.error': { code: '', message: { lang: 'en-GB', value: WHY } } }],
  ['OAuth', { error: 'invalid', error_description: WHY }],
  ['a list of errors', { errors: [{ field: 'name', message: WHY }] }],
  ['a list of texts', [WHY]],
  ['a JSON string', JSON.stringify(WHY)],
  ['plain text', WHY],
  [
    'XML',
    `<Error xmlns:i="urn:x"><Message>An error has occurred.</Message><ExceptionMessage>${WHY}</ExceptionMessage></Error>`,
  ],
  ['HTML', `<!DOCTYPE html><html><head><title>${WHY}</title></head><body></body></html>`],
  ['something that nobody described', { code: 17, oops: WHY }],
  ['a byte order mark', `\uFEFF${JSON.stringify({ Message: WHY })}`],
];
