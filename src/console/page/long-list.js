import { byId, text } from './element.js';

/** Entries that can be read at a glance; longer lists show this many, with a search. */
const FEW = 20;

/**
 * Shows entries as cards. The text in the search stays when the list is shown again.
 * @param entries with a `name` each
 * @param none text for an empty list
 * @param onShown called with the shown names each time they change
 */
export function showList(id, entries, { card, none, onShown = () => {} }) {
  const search = byId(`${id}-search`);
  const show = () => {
    const wanted = entries.length > FEW ? search.value.trim().toLowerCase() : '';
    const found = entries.filter(({ name }) => name.toLowerCase().includes(wanted));
    const shown = found.slice(0, FEW);
    const rest = restWords(entries.length, found.length);
    const words = entries.length === 0 ? none : rest;
    byId(id).replaceChildren(...shown.map(card), ...(words ? [text('p', words, 'soft rest')] : []));
    onShown(shown.map(({ name }) => name));
  };
  search.parentElement.hidden = entries.length <= FEW;
  search.oninput = show;
  show();
}

function restWords(all, found) {
  if (found === 0) return 'No name contains that.';
  if (found > FEW) return `${found - FEW} more. Search for a part of the name.`;
  return found < all ? `${found} of ${all}.` : undefined;
}
