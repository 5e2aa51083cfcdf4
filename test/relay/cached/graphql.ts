/** Stands for Relay's own tag: these documents are compiled and never run. */
export const graphql = String.raw;
