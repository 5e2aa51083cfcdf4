import { AggregatorRegistry, type Metric, Registry } from 'prom-client';

/** A metric as data from prom-client. */
export interface MetricData {
  readonly name: string;
  readonly type: unknown;
  readonly help: string;
  readonly aggregator: string;
  readonly values: readonly unknown[];
}

/** Metrics of parts that are replaced while the process continues. */
export interface GenerationMetrics {
  /** The registry of the next generation. From then on its metrics are shown instead of those of the one before. */
  begin(): Registry;
  /** It has ended, or never began to serve. Its counts remain: a falling sum would look like a restart. */
  end(registry: Registry): Promise<void>;
}

/** Shows the metrics of generations in the registry of the process, each once under its name. */
export function createGenerationMetrics(shownIn: Registry): GenerationMetrics {
  const living: Registry[] = [];
  let ended: readonly MetricData[] = [];
  let ending = Promise.resolve();

  const dataOf = async (name: string): Promise<MetricData | undefined> => {
    const found = await Promise.all(living.map((registry) => registry.getSingleMetric(name)?.get()));
    const known = (found as unknown as (MetricData | undefined)[]).filter((data) => data !== undefined).reverse();
    // For draining generations, only their counts; current values come from the newest.
    const parts = known.filter((data, index) => index === 0 || isCount(data));
    const all = [...ended.filter((data) => data.name === name), ...parts];
    return all.length === 1 ? all[0] : (await mergeMetrics(all.map((data) => [data])))[0];
  };

  const show = (name: string) => {
    shownIn.removeSingleMetric(name);
    // prom-client only uses a metric's name and values.
    shownIn.registerMetric({ name, get: () => dataOf(name) } as unknown as Metric);
  };

  class Generation extends Registry {
    override registerMetric<T extends string>(metric: Metric<T>): void {
      super.registerMetric(metric);
      show((metric as unknown as MetricData).name);
    }
  }

  const fold = async (registry: Registry): Promise<void> => {
    const all = (await registry.getMetricsAsJSON()) as unknown as readonly MetricData[];
    ended = await mergeMetrics([ended, all.filter(isCount)]);
    living.splice(living.indexOf(registry), 1);
    for (const { name } of all) {
      const isShown = living.some((each) => each.getSingleMetric(name)) || ended.some((each) => each.name === name);
      if (!isShown) shownIn.removeSingleMetric(name);
    }
  };

  return {
    begin() {
      const begun = new Generation();
      living.push(begun);
      return begun;
    },
    end(registry) {
      // The last one is shown for as long as it is read.
      if (living.length > 1 || living[0] !== registry) ending = ending.then(() => fold(registry));
      return ending;
    },
  };
}

const isCount = ({ type }: MetricData): boolean => type === 'counter' || type === 'histogram';

/** Metrics of several registries, added up or chosen as each metric specifies. */
export async function mergeMetrics(parts: readonly (readonly MetricData[])[]): Promise<readonly MetricData[]> {
  const merged: unknown = await AggregatorRegistry.aggregate([...parts]).getMetricsAsJSON();
  // prom-client's own type lacks some members of every metric.
  return merged as readonly MetricData[];
}
