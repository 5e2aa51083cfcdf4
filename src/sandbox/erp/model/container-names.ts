/**
 * Names of the types around a node. Two families are on record: the one that the reference pages' names of
 * asynchronous operations suggest, and the one seen in a client of the sister product X3. Which of them a tenant serves
 * is not documented, so a client has to find these types by their shape.
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
