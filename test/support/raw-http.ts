import { connect } from 'node:net';

/** One answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  /** `name: value`, names in lower case, sorted. */
  readonly headers: readonly string[];
  /** Bytes as Latin-1, so that packed ones can be compared as well. */
  readonly body: string;
}

export interface Speech {
  /**
   * Sent one after the other; a number waits for so many answers in all before it goes on, a promise for its end. With
   * no answers to wait for, the connection is cut off after the last.
   */
  readonly parts: readonly (string | Buffer | number | Promise<void>)[];
  /** Answers to wait for; what comes in between with a status below 200 counts too. */
  readonly answers: number;
  /** The answer to HEAD has the length of a body that does not come. */
  readonly isHead?: boolean;
}

/** Longer than any answer here takes. */
const PATIENCE_MS = 60_000;

/** Says exactly these bytes to a server, and returns what it answers; fewer answers when it closes the connection. */
export function speak(port: number, { parts, answers, isHead = false }: Speech): Promise<RawAnswer[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const left = [...parts];
    const reader = createReader(isHead);
    const finish = () => {
      clearTimeout(timer);
      // What was written last is still to be sent.
      socket.end(() => socket.destroy());
      resolve(reader.answers(true).slice(0, answers));
    };
    const goOn = () => {
      while (left.length > 0) {
        const part = left[0];
        if (part === undefined || (typeof part === 'number' && reader.answers().length < part)) return;
        left.shift();
        if (part instanceof Promise) return void part.then(goOn, reject);
        if (typeof part !== 'number' && socket.writable) socket.write(part);
      }
      if (reader.answers().length >= answers) finish();
    };
    const timer = setTimeout(() => reject(new Error('no whole answer came in time')), PATIENCE_MS);
    socket.on('connect', goOn);
    socket.on('data', (chunk) => {
      reader.add(chunk);
      goOn();
    });
    socket.on('end', finish);
    // A server that has said enough may close while we are still sending.
    socket.on('error', finish);
  });
}

/** Puts answers together from what arrives. */
function createReader(isHead: boolean) {
  const found: RawAnswer[] = [];
  let chunks: Buffer[] = [];
  let size = 0;
  /** Bytes that the answer under way has at least. */
  let wanted = 0;

  const next = (isEnded: boolean): RawAnswer | undefined => {
    if (size < wanted && !isEnded) return undefined;
    const received = Buffer.concat(chunks);
    chunks = [received];
    const end = received.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const [first = '', ...lines] = received.toString('latin1', 0, end).split('\r\n');
    const status = Number(first.split(' ')[1]);
    const headers = lines.map((line) => line.replace(/^[^:]*/, (name) => name.toLowerCase())).sort();
    const start = end + 4;
    const isEmpty = isHead || status < 200 || status === 204 || status === 304;
    const length = isEmpty ? 0 : lengthOf(headers, received, start, isEnded);
    if (length === undefined) return undefined;
    wanted = start + length;
    if (size < wanted) return undefined;
    chunks = [received.subarray(wanted)];
    size -= wanted;
    wanted = 0;
    return { status, headers, body: received.toString('latin1', start, start + length) };
  };

  return {
    add(chunk: Buffer) {
      chunks.push(chunk);
      size += chunk.length;
    },
    answers(isEnded = false): readonly RawAnswer[] {
      for (let answer = next(isEnded); answer; answer = next(isEnded)) found.push(answer);
      return found;
    },
  };
}

/** Of a body, its pieces' own lengths included; undefined while nobody can tell. */
function lengthOf(headers: readonly string[], received: Buffer, start: number, isEnded: boolean): number | undefined {
  const line = headers.find((header) => header.startsWith('content-length:'));
  if (line !== undefined) return Number(line.slice('content-length:'.length));
  if (isEnded) return received.length - start;
  const end = headers.includes('transfer-encoding: chunked') ? received.indexOf('0\r\n\r\n', start) : -1;
  return end < 0 ? undefined : end + 5 - start;
}
