/** The path of `publicUrl`, below which clients reach the gateway; empty for most, never with a slash at the end. */
export const basePathOf = (publicUrl: string): string => new URL(publicUrl).pathname.replace(/\/$/, '');

/** A request's path as routes spell it. A proxy or framework in front may have taken the base away, or not. */
export function withoutBasePath(path: string, basePath: string): string {
  if (basePath === '' || !path.startsWith(basePath)) return path;
  const rest = path.slice(basePath.length);
  if (rest === '') return '/';
  return rest.startsWith('/') ? rest : path;
}

/** The whole address of a path of the gateway, for anyone who reads it elsewhere than in a page of the gateway. */
export const toOwnUrl = (publicUrl: string, path: string): string =>
  path.startsWith('/') ? `${publicUrl}${path}` : path;
