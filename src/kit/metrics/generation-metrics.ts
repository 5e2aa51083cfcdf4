import { AggregatorRegistry, type Metric, Registry } from 'prom-client';

/** A metric as prom-client gives it as data. */
export interface MetricData {
  readonly name: string;
  readonly type: unknown;
  readonly help: string;
  readonly aggregator: string;
  readonly values: readonly unknown[];
}

/** Metrics of what is replaced while the process goes on. */
export interface GenerationMetrics {
  /** Where the next generation keeps its own. From then on they are shown in place of those of the one before. */
  begin(): Registry;
  /** It has ended, or never began to serve. What it had counted stays counted: a sum that falls would look like a restart. */
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
    // Of those that drain, only what they count; what is true of this moment the newest says.
    const parts = known.filter((data, index) => index === 0 || isCount(data));
    const all = [...ended.filter((data) => data.name === name), ...parts];
    return all.length === 1 ? all[0] : (await mergeMetrics(all.map((data) => [data])))[0];
  };

  const show = (name: string) => {
    shownIn.removeSingleMetric(name);
    // prom-client asks no more of a metric than its name and its values.
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
      // The last one is shown for as long as somebody asks.
      if (living.length > 1 || living[0] !== registry) ending = ending.then(() => fold(registry));
      return ending;
    },
  };
}

const isCount = ({ type }: MetricData): boolean => type === 'counter' || type === 'histogram';

/** Metrics of several registries, added up or chosen from as each metric says. */
export async function mergeMetrics(parts: readonly (readonly MetricData[])[]): Promise<readonly MetricData[]> {
  const merged: unknown = await AggregatorRegistry.aggregate([...parts]).getMetricsAsJSON();
  // prom-client's own type leaves out what every metric has.
  return merged as readonly MetricData[];
}
