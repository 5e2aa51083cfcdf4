import { connectionsNamedIn } from '../callers/index.ts';
import type { CheckParts, Finding, Sources } from '../compose.ts';
import type { Config } from '../config/index.ts';
import { toOwnUrl } from '../kit/base-path.ts';
import { GatewayError } from '../kit/errors/index.ts';
import { toPrintable, toPrintableJson, wrapText } from '../kit/text/index.ts';
import { askGraph, operator } from './ask-graph.ts';
import { causesOf } from './causes-of.ts';
import { type Command, parseOptions } from './command.ts';
import { openConfig, withSources } from './open-config.ts';
import { printTable } from './print-table.ts';

/**
 * Tries everything in the configuration and prints what would be served. Exit code 1 if something is wrong that the operator
 * can fix.
 */
export const check: Command = async ({ args, stdout, ...context }) => {
  const { values } = parseOptions(args, { config: { type: 'string' }, json: { type: 'boolean' } });
  const config = openConfig(values.config, context);
  const findings = await withSources(config, (sources) => tryEverything(config, sources));
  stdout.write(values.json ? `${toPrintableJson(JSON.stringify(findings, null, 2))}\n` : printFindings(findings));
  return findings.every(({ ok }) => ok) ? 0 : 1;
};

/** What each source finds, in the order of the sources. */
export async function tryEverything({ callers, server }: Config, sources: Sources): Promise<readonly Finding[]> {
  const parts: CheckParts = {
    usedConnections: [...new Set(connectionsNamedIn(callers))],
    ask: async (document, connection) =>
      askGraph(sources, document, { principal: await operator(sources, connection), tenant: undefined }),
    reportOf: (tenant) => sources.graph.reportOf(tenant),
    async attempt(what, attempt) {
      try {
        return { what, ...(await attempt()) };
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        const { code, message, connectUrl } = error;
        const signIn = connectUrl === undefined ? [] : [`connectUrl is ${toOwnUrl(server.publicUrl, connectUrl)}`];
        return { what, ok: false, says: code, notes: [message, ...causesOf(error), ...signIn] };
      }
    },
  };
  return (await Promise.all(sources.opened.map(({ check }) => check?.(parts) ?? []))).flat();
}

function printFindings(findings: readonly Finding[]): string {
  const rows = findings.map(({ what, ok, isAside, says }) => [isAside ? 'note' : ok ? 'ok' : 'FAULT', what, says]);
  const notes = findings.filter((each) => each.notes.length > 0);
  const text = notes.map(
    ({ what, notes: lines }) =>
      `\n${what}\n${lines.map((line) => `${wrapText(toPrintable(line), '  ', '      ')}\n`).join('')}`,
  );
  return `${printTable(['', 'what', 'says'], rows)}${text.join('')}`;
}
