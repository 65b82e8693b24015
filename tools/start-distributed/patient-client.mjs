import { pause } from './seeded.mjs';

/** Pause between attempts, in milliseconds. */
const AGAIN_MS = 100;
/**
 * What answers for a moment after a service was killed is no answer: the request is sent again, as a till
 * would, for so long, in milliseconds.
 */
const PATIENCE_MS = 90_000;

/**
 * A client that repeats what a fault swallowed, with the same key. Every request it makes may be made twice; `done`: a problem's code that
 * says that it was done before.
 */
export function patientClient(url, key) {
  return async (method, path, { body, headers = {}, done } = {}) => {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const answer = await attempt({ url: `${url}${path}`, method, key, body, headers });
      if (answer.ok) return answer.status === 204 ? undefined : answer.json();
      const refusal = await answer.text();
      if (done !== undefined && refusal.includes(`"code":"${done}"`)) return undefined;
      refuse(answer.status, `${method} ${path} answered ${answer.status}: ${refusal}`, deadline);
      await pause(AGAIN_MS);
    }
  };
}

/** Throws for what will be answered alike next time, and when patience is at its end. */
function refuse(status, said, deadline) {
  if (status < 500 && status !== 409) throw new Error(said);
  if (performance.now() > deadline) throw new Error(`for ${PATIENCE_MS} ms ${said}`);
}

const attempt = ({ url, method, key, body, headers }) => {
  const content = typeof body === 'function' ? {
    body: body(), duplex: 'half',
  } : body === undefined ? {} : { body: JSON.stringify(body) };
  const type = body === undefined || headers['content-type'] ? {} : { 'content-type': 'application/json' };
  return fetch(
    url, { method, headers: { authorization: `Bearer ${key}`, ...type, ...headers }, ...content }
  ).catch(() => ({ ok: false, status: 599, text: () => 'no answer' }));
};
