/** An answer other than 200: Sage 200 says only the first thing that is wrong, in a `Message`. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: 400 | 401 | 403 | 404 | 405;
  constructor(status: ApiError['status'], message: string) {
    super(message);
    this.status = status;
  }
}

export const badRequest = (message: string): ApiError => new ApiError(400, message);
export const notFound = (): ApiError => new ApiError(404, 'No HTTP resource was found that matches the request.');
