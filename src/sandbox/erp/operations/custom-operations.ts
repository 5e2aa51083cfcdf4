import { BusinessError } from '../business-error.ts';
import type { Call } from './call.ts';
import type { Resolvers } from './resolvers.ts';
import { referred } from './write-record.ts';

interface Criteria {
  readonly [property: string]: string | null | undefined;
}

/** Operations that belong to one node alone, by the type that `schema.graphql` gives them. */
export const CUSTOM_OPERATIONS: Readonly<Record<string, Resolvers>> = {
  UnitOfMeasure_Connection: {
    // The sandbox keeps no conversions: one unit is worth one of its own kind.
    getUnitConversionFactor: (_source, { fromUnit, toUnit }: Criteria, call: Call) => {
      const types = [fromUnit, toUnit].map(
        (unit, at) => referred(call, 'UnitOfMeasure', String(unit), [at ? 'toUnit' : 'fromUnit'])['type'],
      );
      if (types[0] !== types[1]) throw new BusinessError('The units cannot be converted into each other.');
      return { conversionFactor: '1' };
    },
    getPurchaseUnit: (_source, { item }: Criteria, call: Call) =>
      call.store.reader('Item', 'purchaseUnit')(referred(call, 'Item', String(item), ['item'])),
  },
  Stock_Connection: {
    searchStock: (_source, { searchCriteria }: { searchCriteria?: Criteria }, call: Call) => {
      const wanted = Object.entries(searchCriteria ?? {}).filter(([, value]) => value != null);
      const columns = wanted.map(([column, value]): [string, unknown] => [
        column,
        column === 'owner' ? value : referred(call, NODE_OF[column] ?? '', String(value), [column])._id,
      ]);
      return call.store
        .rows('Stock')
        .filter((row) => columns.every(([column, value]) => row[column] === value))
        .map((row) => ({ stockRecord: row, quantityInStockUnit: row['quantityInStockUnit'] }));
    },
  },
  StockChange_Mutations: {
    postToStock: (_source, { documentIds }: { documentIds?: readonly unknown[] }, call: Call) => {
      call.store.transaction(() => {
        for (const id of documentIds ?? []) {
          const row = referred(call, 'StockChange', String(id), ['documentIds']);
          call.store.update('StockChange', row, { stockTransactionStatus: 'completed' });
        }
      });
      return `${documentIds?.length ?? 0} posted`;
    },
  },
  Report_Connection: { generateReportPdf: () => ({}) },
  Report_Mutations: { generateReportPdf: () => ({}) },
  Report_Mutations_generateReportPdf: {
    start: (_source, { reportName }: Criteria, call: Call) =>
      call.jobs.start(() => {
        const report = referred(call, 'Report', `#${reportName}`, ['reportName']);
        const name = String(report['name']);
        return {
          key: `reports/${name}-${call.now()}`,
          filename: `${name}.pdf`,
          mimeType: 'application/pdf',
          contentLength: 48_213,
        };
      }),
    stop: (_source, { trackingId }: Criteria, call: Call) => call.jobs.stop(String(trackingId)),
  },
  Report_Connection_generateReportPdf: {
    track: (_source, { trackingId }: Criteria, call: Call) => call.jobs.track(String(trackingId)),
  },
};

const NODE_OF: Readonly<Record<string, string>> = {
  site: 'Site',
  item: 'Item',
  location: 'Location',
  lot: 'Lot',
  status: 'StockStatus',
};
