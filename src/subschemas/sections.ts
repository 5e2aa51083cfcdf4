import { erpSection } from './erp/section.ts';
import { networkSection } from './payments-out/section.ts';
import { sage200Section } from './sage200/section.ts';
import type { SourceSection } from './source-section.ts';

/** What sources bring to gateway.yaml, in the order of the file. */
export const SOURCE_SECTIONS = [sage200Section, erpSection, networkSection] as const satisfies readonly SourceSection[];

type Sections = (typeof SOURCE_SECTIONS)[number];

/** These sections in the configuration. */
export type SourcesConfig = { readonly [Section in Sections as Section['name']]: ReturnType<Section['read']> };
