/** Creates and finds parts of the page. Texts are inserted as text, never as HTML. */

/** Prefix of every path of the gateway, if it is served under a path. */
export const base = document.documentElement.dataset.base;

export const byId = (id) => document.getElementById(id);

/**
 * @param attributes by name; `on...` is a listener, false and undefined are left out
 * @param children nodes or texts; false, null and undefined are left out
 */
export function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === undefined) continue;
    if (typeof value === 'function') node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== false && child !== null && child !== undefined));
  return node;
}

export const text = (tag, words, className) => element(tag, { class: className }, words);

export function button(words, onclick, className = 'quiet') {
  return element('button', { type: 'button', class: className, onclick }, words);
}

/** Leads to Sage ID. It looks like the other buttons but is a link, so that it works before this script has run. */
export function signInLink(words, connection, className = 'button') {
  const query = connection === undefined ? '' : `connection=${encodeURIComponent(connection)}&`;
  return element(
    'a',
    { href: `${base}/connect/sage200?${query}returnTo=/`, class: className, role: 'button', onkeydown: pressBySpace },
    words,
  );
}

/** The space bar presses links with the role of a button too. */
export function pressBySpace(event) {
  if (event.key !== ' ') return;
  event.preventDefault();
  event.currentTarget.click();
}

/** @param tone `good`, `wait` or `bad` */
export const badge = ({ label, tone }) => text('span', label, `badge ${tone}`);

/** Reports how something went, for screen readers too. */
export function say(words, tone = 'good') {
  const notice = byId('notice');
  notice.textContent = words;
  notice.className = words ? `notice ${tone}` : 'notice';
}
