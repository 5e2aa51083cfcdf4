import { byId, text } from './element.js';

/** What is read at a glance; of longer lists this many are shown, and there is a search. */
const FEW = 20;

/**
 * Shows entries as cards. What is typed into the search stays while the list is shown again.
 * @param entries with a `name` each
 * @param none said where there is nothing
 * @param onShown told of the names that are shown, each time they change
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
  if (found === 0) return 'None has that in its name.';
  if (found > FEW) return `${found - FEW} more. Search for a part of the name.`;
  return found < all ? `${found} of ${all}.` : undefined;
}
