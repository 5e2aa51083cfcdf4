import { hasKey } from './ask.js';
import { button, byId, element, signInLink, text } from './element.js';
import { momentOf } from './words.js';

const KINDS = {
  session: 'signed in through Sage ID',
  apiKey: 'an API key',
  jwt: 'a token of your own issuer',
  passThrough: 'a Sage ID token',
};

/** Shows who the gateway thinks the reader is, and the possible actions. */
export function showCaller(session, { onSignOut, onForgetKey }) {
  byId('caller').replaceChildren(...whoIs(session), actions(session, { onSignOut, onForgetKey }));
  byId('key-form').hidden = hasKey();
}

function whoIs(session) {
  if (!session) {
    return [
      text('p', 'You are not signed in.', 'lead'),
      text('p', 'Sign in with your Sage account to see your companies, or use an API key of the gateway.'),
    ];
  }
  if (session.kind === 'anonymous') {
    const right = session.admin ? ' You may do everything here, because no callers are configured.' : '';
    return [
      text('p', 'You are on the gateway’s own machine.', 'lead'),
      text('p', `No sign-in is needed here.${right} Sign in to use your own Sage account.`),
    ];
  }
  const { name, email, id, kind, readOnly, admin, endsAt } = session;
  const rights = [readOnly ? 'reads only' : 'reads and writes', admin && 'administrator'].filter(Boolean).join(', ');
  const details = [KINDS[kind], rights, endsAt && `until ${momentOf(endsAt)}`].filter(Boolean).join(' · ');
  return [
    element('p', { class: 'lead' }, name ?? email ?? id, name && email ? text('span', ` ${email}`, 'soft') : ''),
    text('p', details, 'soft'),
  ];
}

function actions(session, { onSignOut, onForgetKey }) {
  const isPerson = session?.kind === 'session';
  return element(
    'p',
    { class: 'actions' },
    !isPerson && !hasKey() && signInLink('Sign in to Sage 200', undefined, 'button main'),
    isPerson && !hasKey() && button('Sign out', onSignOut),
    hasKey() && button('Forget the key', onForgetKey),
  );
}
