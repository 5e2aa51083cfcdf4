import { usePrometheus } from '@graphql-yoga/plugin-prometheus';
import type { Registry } from 'prom-client';

/** Times of parsing and validation. What has a plan is neither parsed nor validated again, so it is not counted here. */
export function useParseMetrics(registry: Registry) {
  return usePrometheus({
    registry,
    endpoint: false,
    labels: { operationName: false, path: false, fieldName: false, typeName: false, returnType: false },
    metrics: {
      graphql_envelop_phase_parse: true,
      graphql_envelop_phase_validate: true,
      graphql_envelop_phase_context: false,
      graphql_envelop_phase_execute: false, // this and the next two are counted for plans too: see countOperations
      graphql_envelop_request: false,
      graphql_envelop_request_duration: false,
      graphql_envelop_phase_subscribe: false,
      graphql_envelop_request_time_summary: false,
      graphql_envelop_error_result: false, // counted by code and source instead
      graphql_envelop_deprecated_field: false,
      graphql_envelop_schema_change: false,
      graphql_yoga_http_duration: false, // its label is the whole URL
    },
  });
}
