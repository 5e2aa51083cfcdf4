import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import type { Sandbox } from '../sandbox/index.ts';
import type { CommandContext } from './command.ts';
import { EXAMPLE, SERVE } from './program.ts';

export interface Announcement {
  /** Where the gateway listens. */
  readonly url: string;
  /** Addresses of the gateway's own sandbox, if it runs against that. */
  readonly sandbox?: Sandbox['urls'] | undefined;
  /** The number of worker processes; undefined without workers. */
  readonly workers?: number | undefined;
}

export interface AnnounceOptions {
  readonly log: Logger;
  readonly stdout: CommandContext['stdout'];
  readonly format: 'auto' | 'json' | 'pretty';
}

/** Says that the gateway is ready, and where: a few lines for a person at a terminal, a log line for a machine. */
export function announce({ url, sandbox, workers }: Announcement, { log, stdout, format }: AnnounceOptions): void {
  const graphiql = `${url}/graphql`;
  const docs = fileURLToPath(new URL('../../README.md', import.meta.url));
  if (!stdout.isTTY || format === 'json') {
    log.info(
      { url, console: `${url}/`, graphiql, docs, ...(workers && { workers }), ...(sandbox && { sandbox }) },
      'ready',
    );
    return;
  }
  const rows = [
    ['Console', `${url}/`],
    ['GraphiQL', graphiql],
    ...(sandbox
      ? [
          ['Sage ID', sandbox.sageId],
          ['Sage 200', sandbox.sage200],
          ['ERP', sandbox.erp],
          ['Payments', sandbox.paymentsOut],
        ]
      : []),
    ...(workers ? [['Workers', String(workers)]] : []),
    ['Docs', docs],
  ].map(([label = '', value]) => `  ${label.padEnd(10)}${value}`);
  const title = sandbox
    ? 'The gateway is ready, and uses its own sandbox.\nThe data is fictional, and nothing is kept.'
    : 'The gateway is ready.';
  const hint = sandbox
    ? `\nFor your own Sage 200 and ERP, begin with ${EXAMPLE}:\n  ${SERVE} --config gateway.yaml\n`
    : '';
  stdout.write(`\n${title}\n\n${rows.join('\n')}\n${hint}\nPress Ctrl+C to stop it.\n\n`);
}
