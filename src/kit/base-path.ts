/** The path of `publicUrl`, under which clients reach the gateway; usually empty, never with a trailing slash. */
export const basePathOf = (publicUrl: string): string => new URL(publicUrl).pathname.replace(/\/$/, '');

/** A request's path as in the routes. A proxy or framework in front may have removed the base path, or not. */
export function withoutBasePath(path: string, basePath: string): string {
  if (basePath === '' || !path.startsWith(basePath)) return path;
  const rest = path.slice(basePath.length);
  if (rest === '') return '/';
  return rest.startsWith('/') ? rest : path;
}

/** The full URL of a path of the gateway, for use outside the gateway's own pages. */
export const toOwnUrl = (publicUrl: string, path: string): string =>
  path.startsWith('/') ? `${publicUrl}${path}` : path;
