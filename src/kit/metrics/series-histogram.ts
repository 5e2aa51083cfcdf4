import { Histogram, type MetricObjectWithValues, type MetricValueWithName, type Registry } from 'prom-client';
import { metricOnce } from './metric-once.ts';
import type { SeriesOptions } from './series-counter.ts';

export interface HistogramOptions<Label extends string> extends SeriesOptions<Label> {
  /** Upper bounds, ascending. */
  readonly buckets: readonly number[];
}

/** One combination of labels. */
export interface ObservedSeries {
  observe(value: number): void;
}

type Labels<Label extends string> = Readonly<Record<Label, string>>;

/** What `SeriesCounter` is for counters, for histograms. */
export class SeriesHistogram<Label extends string> extends Histogram<Label> {
  readonly #options: HistogramOptions<Label>;
  readonly #series = new Map<string, Series<Label>>();

  private constructor(registry: Registry, options: HistogramOptions<Label>) {
    const { labelNames, buckets } = options;
    super({ ...options, labelNames: [...labelNames], buckets: [...buckets], registers: [registry] });
    this.#options = options;
  }

  /** The histogram of that name. */
  static in<Label extends string>(registry: Registry, options: HistogramOptions<Label>): SeriesHistogram<Label> {
    return metricOnce(registry, options.name, () => new SeriesHistogram(registry, options));
  }

  /** Shown from now on, at 0 until a value is observed. @param labels each from a set that nobody outside can add to */
  of(labels: Labels<Label>): ObservedSeries {
    const key = Object.values(labels).join('\n');
    const known = this.#series.get(key);
    if (known) return known;
    const made = new Series(labels, this.#options.buckets);
    this.#series.set(key, made);
    return made;
  }

  override async get(): Promise<MetricObjectWithValues<MetricValueWithName<Label>>> {
    const { name, help } = this.#options;
    const values = [...this.#series.values()].flatMap((series) => series.values(name));
    // The same as prom-client's own histograms; its types require more.
    return { name, help, type: 'histogram', aggregator: 'sum', values } as unknown as MetricObjectWithValues<
      MetricValueWithName<Label>
    >;
  }

  /** Called by prom-client when it prints. */
  getForPromString(): Promise<MetricObjectWithValues<MetricValueWithName<Label>>> {
    return this.get();
  }
}

class Series<Label extends string> implements ObservedSeries {
  readonly #labels: Labels<Label>;
  readonly #bounds: readonly number[];
  /** By bucket, each value in only one; the last one has values above all bounds. */
  readonly #counts: number[];
  #sum = 0;

  constructor(labels: Labels<Label>, bounds: readonly number[]) {
    this.#labels = labels;
    this.#bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] ?? 0)) at += 1;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sum += value;
  }

  /**
   * As in Prometheus: each bucket includes all below it. A series without observations is shown only by its totals, so that
   * failures that never happened do not fill most of a page.
   */
  values(name: string): MetricValueWithName<Label>[] {
    const labels = this.#labels as Partial<Record<Label, string>>;
    let total = 0;
    const buckets = this.#counts.map((count, index) => {
      total += count;
      const le = this.#bounds[index] ?? '+Inf';
      return { labels: { le, ...labels }, value: total, metricName: `${name}_bucket` };
    });
    return [
      ...(total > 0 ? buckets : buckets.slice(-1)),
      { labels, value: this.#sum, metricName: `${name}_sum` },
      { labels, value: total, metricName: `${name}_count` },
    ];
  }
}
