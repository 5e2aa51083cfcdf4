import { ByteText } from '../../http/index.ts';

/**
 * Bytes of an answer in the making. One writer serves all answers of a process, one after the other: nothing is awaited
 * between `restart` and `toText`.
 */
export class ByteWriter {
  /** May be exchanged for a longer one by `reserve`: not to be kept. */
  bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  at = 0;

  restart(): void {
    this.at = 0;
    // A single answer of many megabytes is no reason to keep as much for good.
    if (this.bytes.length > MOST_KEPT_BYTES) this.bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  }

  /** Makes room for so many more bytes; the writes below do not look whether there is some. */
  reserve(count: number): void {
    if (this.at + count <= this.bytes.length) return;
    const longer = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.at + count));
    this.bytes.copy(longer, 0, 0, this.at);
    this.bytes = longer;
  }

  byte(value: number): void {
    this.bytes[this.at++] = value;
  }

  /** Short runs, which a native call would take longer for. */
  copy(source: Uint8Array, start: number, end: number): void {
    const { bytes } = this;
    let { at } = this;
    for (let index = start; index < end; index += 1) bytes[at++] = source[index] ?? 0;
    this.at = at;
  }

  all(source: Uint8Array): void {
    this.copy(source, 0, source.length);
  }

  /** Everything since `restart`. */
  toText(): ByteText {
    return new ByteText(this.bytes.toString('latin1', 0, this.at));
  }
}

const FIRST_BYTES = 64 * 1024;
const MOST_KEPT_BYTES = 1024 * 1024;
