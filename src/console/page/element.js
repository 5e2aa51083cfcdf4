/** Makes and finds parts of the page. Texts go in as text, never as HTML. */

/** Stands before every path of the gateway, where the gateway is reached below a path. */
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

/** Leads to Sage ID. Looks like the other buttons, and is a link, so that it works before this script has run. */
export function signInLink(words, connection, className = 'button') {
  const query = connection === undefined ? '' : `connection=${encodeURIComponent(connection)}&`;
  return element(
    'a',
    { href: `${base}/connect/sage200?${query}returnTo=/`, class: className, role: 'button', onkeydown: pressBySpace },
    words,
  );
}

/** What is called a button is pressed by the space bar too. */
export function pressBySpace(event) {
  if (event.key !== ' ') return;
  event.preventDefault();
  event.currentTarget.click();
}

/** @param tone `good`, `wait` or `bad` */
export const badge = ({ label, tone }) => text('span', label, `badge ${tone}`);

/** Says to everybody, those who hear the page too, how something went. */
export function say(words, tone = 'good') {
  const notice = byId('notice');
  notice.textContent = words;
  notice.className = words ? `notice ${tone}` : 'notice';
}
