/** Data that changes: every answer differs from the one before in a name, or in a symbol where it has none, and is as long. */
export function createChanger(): (content: Buffer) => Buffer {
  const places = new WeakMap<Buffer, Place | typeof NOWHERE>();
  let answers = 0;
  return (content) => {
    const place = places.get(content) ?? firstName(content) ?? firstSymbol(content) ?? NOWHERE;
    places.set(content, place);
    if (place === NOWHERE) return content;
    answers += 1;
    const changed = Buffer.from(content);
    place.write(changed, answers);
    return changed;
  };
}

interface Place {
  readonly write: (content: Buffer, turn: number) => void;
}

const NOWHERE = 'nowhere';
const NAME = '"name":"';
/** A pound sign, whose second byte stands among those of other signs. */
const SYMBOL = '"symbol":"£';
const SIGNS = Buffer.from('¢£¤¥', 'latin1');

/** Up to four characters of it are digits then. */
function firstName(content: Buffer): Place | undefined {
  const found = content.indexOf(NAME);
  const at = found + NAME.length;
  const length = found < 0 ? 0 : Math.min(4, content.indexOf('"', at) - at);
  if (length === 0) return undefined;
  return {
    write: (changed, turn) => void changed.write(String(turn % 10 ** length).padStart(length, '0'), at, 'latin1'),
  };
}

function firstSymbol(content: Buffer): Place | undefined {
  const found = content.indexOf(SYMBOL);
  if (found < 0) return undefined;
  const at = found + Buffer.byteLength(SYMBOL) - 1;
  return { write: (changed, turn) => void changed.writeUInt8(SIGNS[turn % SIGNS.length] ?? 0, at) };
}
