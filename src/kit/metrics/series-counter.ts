import { Counter, type MetricObjectWithValues, type MetricValue, type Registry } from 'prom-client';
import { metricOnce } from './metric-once.ts';

export interface SeriesOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly Label[];
}

/** One combination of labels. */
export interface CountedSeries {
  inc(by?: number): void;
}

type Labels<Label extends string> = Readonly<Record<Label, string>>;

/**
 * A counter whose series are found once and then counted directly. prom-client looks a series up by its labels each time, which
 * takes a microsecond; several of these cost more than most of a request's other work.
 */
export class SeriesCounter<Label extends string> extends Counter<Label> {
  readonly #series = new Map<string, Series<Label>>();

  private constructor(registry: Registry, options: SeriesOptions<Label>) {
    super({ ...options, labelNames: [...options.labelNames], registers: [registry] });
  }

  /** The counter of that name. */
  static in<Label extends string>(registry: Registry, options: SeriesOptions<Label>): SeriesCounter<Label> {
    return metricOnce(registry, options.name, () => new SeriesCounter(registry, options));
  }

  /** Shown from now on, at 0 until it is counted. @param labels each from a set that nobody outside can add to */
  of(labels: Labels<Label>): CountedSeries {
    const key = Object.values(labels).join('\n');
    const known = this.#series.get(key);
    if (known) return known;
    const made = new Series(labels);
    this.#series.set(key, made);
    return made;
  }

  override async get(): Promise<MetricObjectWithValues<MetricValue<Label>>> {
    const values = [...this.#series.values()].map(({ labels, count }) => ({ labels, value: count }));
    return { ...(await super.get()), values };
  }
}

class Series<Label extends string> implements CountedSeries {
  readonly labels: Labels<Label>;
  count = 0;

  constructor(labels: Labels<Label>) {
    this.labels = labels;
  }

  inc(by = 1): void {
    this.count += by;
  }
}
