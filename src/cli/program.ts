const isClone = import.meta.url.endsWith('.ts');

/** How a command is written here: in a clone through npm, with an installed package by its name. */
export const PROGRAM = isClone ? 'npm run gateway --' : 'npx sage-gateway';

export const SERVE = isClone ? 'npm start --' : 'npx sage-gateway serve';

export const USAGE = isClone ? `${PROGRAM} COMMAND, or node src/main.ts COMMAND` : `${PROGRAM} COMMAND`;

/** The configuration to begin with. */
export const EXAMPLE = isClone ? 'examples/gateway.yaml' : 'node_modules/sage-gateway/examples/gateway.yaml';
