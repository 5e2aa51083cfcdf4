/** Data that changes: every answer differs from the one before in a name, and is as long. */
export function createChanger(): (content: Buffer) => Buffer {
  const places = new WeakMap<Buffer, Place>();
  let answers = 0;
  return (content) => {
    const place = places.get(content) ?? firstName(content);
    places.set(content, place);
    answers += 1;
    const changed = Buffer.from(content);
    changed.write(String(answers % 10 ** place.length).padStart(place.length, '0'), place.at, 'latin1');
    return changed;
  };
}

interface Place {
  readonly at: number;
  readonly length: number;
}

const NAME = '"name":"';

/** Up to four characters of it; none where there is no name. */
function firstName(content: Buffer): Place {
  const found = content.indexOf(NAME);
  const at = found + NAME.length;
  const end = found < 0 ? at : content.indexOf('"', at);
  return { at, length: Math.min(4, end - at) };
}
