export {
  createGenerationMetrics,
  type GenerationMetrics,
  type MetricData,
  mergeMetrics,
} from './generation-metrics.ts';
export { metricOnce } from './metric-once.ts';
export { type CountedSeries, SeriesCounter } from './series-counter.ts';
export { type ObservedSeries, SeriesHistogram } from './series-histogram.ts';
export { type HealthAnswer, type MetricsText, startMetricsListener } from './start-metrics-listener.ts';
