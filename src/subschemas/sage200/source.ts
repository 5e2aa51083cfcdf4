import { defineSource } from '../source.ts';
import { sage200Section } from './section.ts';

export const sage200 = defineSource({
  section: sage200Section,
  open: async (settings, parts) => (await import('./create-sage200-from.ts')).createSage200From(settings, parts),
});
