import type { Dispatcher } from 'undici';
import { HttpFailure, type HttpRequest, type HttpResponse } from '../send.ts';
import { toFailure } from './to-failure.ts';
import { unpack } from './unpack.ts';

export interface ReaderOptions {
  /** Maximum size of an answer, both compressed and decompressed. */
  readonly maxBodyBytes: number;
  readonly resolve: (response: HttpResponse) => void;
  readonly reject: (failure: HttpFailure) => void;
}

/** Collects one answer into one Buffer, and settles once. */
export class AnswerReader implements Dispatcher.DispatchHandler {
  readonly #signal: HttpRequest['signal'];
  readonly #holder: HttpRequest['holder'];
  readonly #maxBodyBytes: number;
  readonly #resolve: (response: HttpResponse) => void;
  readonly #reject: (failure: HttpFailure) => void;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #status = 0;
  #headers: HttpResponse['headers'] = {};
  #controller: Dispatcher.DispatchController | undefined;
  #isSettled = false;

  constructor({ signal, holder }: HttpRequest, { maxBodyBytes, resolve, reject }: ReaderOptions) {
    this.#signal = signal;
    this.#holder = holder;
    this.#maxBodyBytes = maxBodyBytes;
    this.#resolve = resolve;
    this.#reject = reject;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  readonly #onAbort = () => {
    const failure = toFailure(this.#signal?.reason, this.#controller !== undefined);
    this.#controller?.abort(failure);
    this.fail(failure);
  };

  /** Whether any part of an answer has arrived. */
  get isAnswered(): boolean {
    return this.#status !== 0;
  }

  fail(failure: HttpFailure): void {
    if (!this.#settle()) return;
    this.#holder?.hold(-this.#size);
    this.#reject(failure);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // The deadline passed while the request waited for a free connection.
    if (this.#signal?.aborted) controller.abort(toFailure(this.#signal.reason, false));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: HttpResponse['headers']): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isSettled) return;
    this.#size += chunk.length;
    this.#holder?.hold(chunk.length);
    if (this.#size > this.#maxBodyBytes) controller.abort(new HttpFailure('tooLarge', true));
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks, this.#size);
    const encoding = this.#headers['content-encoding'];
    if (encoding === undefined) this.#handOver(body);
    else void this.#unpack(body, encoding);
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.fail(toFailure(error, this.#controller !== undefined));
  }

  async #unpack(body: Buffer, encoding: string | string[]): Promise<void> {
    try {
      const unpacked = await unpack(body, encoding, this.#maxBodyBytes);
      if (this.#isSettled) return;
      this.#holder?.hold(unpacked.length - this.#size);
      this.#handOver(unpacked);
    } catch (error) {
      this.fail(toFailure(error, true));
    }
  }

  #handOver(body: Buffer): void {
    if (this.#settle()) this.#resolve({ status: this.#status, headers: this.#headers, body });
  }

  /** @returns whether this is the first time */
  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    return true;
  }
}
