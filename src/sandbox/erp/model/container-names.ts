/**
 * Names of the types around a node. Two families are known: one is suggested by the names of asynchronous operations on the
 * reference pages, the other was seen in a client of the sister product X3. It is not documented which of them a tenant
 * serves, so a client must find these types by their shape.
 */
export type ContainerNaming = 'documented' | 'x3';

export interface ContainerNames {
  readonly queries: string;
  readonly mutations: string;
  readonly page: string;
  readonly edge: string;
}

export function containerNames(naming: ContainerNaming, node: string): ContainerNames {
  return naming === 'documented'
    ? {
        queries: `${node}_Connection`,
        mutations: `${node}_Mutations`,
        page: `${node}_Query`,
        edge: `${node}_QueryEdge`,
      }
    : { queries: `${node}_Operations`, mutations: `${node}_Changes`, page: `${node}_Connection`, edge: `${node}_Edge` };
}
