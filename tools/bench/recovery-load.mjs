// The tills of the recovery scenario: a process that redeems at a fixed rate whatever comes back, knows which of it was accepted and when, and
// sends all of it again at the end.
import { Agent, request } from 'node:http';

/** A request without an answer by then is given up, in milliseconds. */
const ANSWER_MS_MAX = 10_000;
/** Requests under way at once while everything is sent again. */
const WIDTH = 16;
/** Attempts at one request that must be answered at last, longer than the 30 s for which one cut off by a kill is "in flight"; the pause in milliseconds. */
const ATTEMPTS_MAX = 800;
const PAUSE_MS = 50;

const now = () => performance.timeOrigin + performance.now();
const pause = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });
const agent = new Agent({ keepAlive: true, maxSockets: 256 });
/** @type {{ sentAt: number, answer?: string, answeredAt?: number }[]} by number of the redemption */
const redemptions = [];
/** Seconds until those that a kill cut off were accepted. */
const cutOff = [];
let [work, running, watching] = [undefined, Promise.resolve(), undefined];

/** One point of one member; the same number is the same redemption. Answers with the status and what was said. */
const redeem = (n) => new Promise((resolve, reject) => {
  const body = JSON.stringify({ memberId: work.members[n % work.members.length], points: 1 });
  const headers = {
    authorization: `Bearer ${work.key}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'idempotency-key': `till-${n}`,
  };
  const sent = request(`${work.url}/v1/redemptions`, { method: 'POST', agent, headers, timeout: ANSWER_MS_MAX }, (answer) => {
    let said = '';
    answer.setEncoding('utf8').on('data', (chunk) => { said += chunk; }).on('error', reject)
      .on('end', () => resolve({ status: answer.statusCode, said }));
  });
  sent.on('timeout', () => sent.destroy(new Error('no answer'))).on('error', reject);
  sent.end(body);
});

async function send(n) {
  const redemption = { sentAt: now() };
  redemptions[n] = redemption;
  const answer = await redeem(n).catch((error) => ({ status: 0, cutOff: error.code !== 'ECONNREFUSED' }));
  if (answer.cutOff) await untilAccepted(n);
  if (answer.status !== 201) return;
  Object.assign(redemption, { answer: answer.said, answeredAt: now() });
  if (watching && redemption.sentAt > watching.since) watching.seen(redemption.answeredAt);
}

/** A kill cut it off: the till sends it again until it is accepted, as tills do. */
async function untilAccepted(n) {
  await accepted(n);
  cutOff.push((now() - redemptions[n].sentAt) / 1000);
}

async function load() {
  const [began, pending] = [performance.now(), new Set()];
  while (!work.stopped) {
    const due = Math.floor(((performance.now() - began) / 1000) * work.perSecond) + 1;
    while (redemptions.length < due) {
      const sent = send(redemptions.length);
      pending.add(sent);
      void sent.finally(() => pending.delete(sent));
    }
    await pause(2);
  }
  await Promise.all(pending);
}

/** Every redemption once more with its own key: each must be accepted now; one accepted before must be answered as it was, to the letter. */
async function again() {
  let [next, other] = [0, 0];
  await Promise.all(Array.from({ length: WIDTH }, async () => {
    while (next < redemptions.length) {
      const { answer } = redemptions[next];
      const said = await accepted(next++);
      if (answer !== undefined && answer !== said) other += 1;
    }
  }));
  const acceptedAtOnce = redemptions.filter(({ answer }) => answer !== undefined).length;
  return { redemptions: redemptions.length, acceptedAtOnce, other, cutOff: cutOff.length, cutOffSecondsMax: Math.max(0, ...cutOff) };
}

async function accepted(n) {
  for (let attempt = 0; ; attempt += 1) {
    const answer = await redeem(n).catch((error) => ({ status: 0, said: error.message }));
    if (answer.status === 201) return answer.said;
    if (attempt >= ATTEMPTS_MAX) throw new Error(`redemption ${n} is answered ${answer.status} ${answer.said}`);
    await pause(PAUSE_MS);
  }
}

const ORDERS = {
  start: (given) => { work = { ...given, stopped: false }; running = load(); return {}; },
  /** Answers when the first redemption that was sent after the instant has been accepted. */
  firstSince: ({ at }) => new Promise((done) => {
    const already = redemptions.find(({ sentAt, answeredAt }) => sentAt > at && answeredAt !== undefined);
    if (already) done({ answeredAt: already.answeredAt });
    else watching = { since: at, seen: (answeredAt) => { watching = undefined; done({ answeredAt }); } };
  }),
  again: async () => { work.stopped = true; await running; return again(); },
};

process.once('disconnect', () => process.exit());
const obey = async ({ order, ...given }) => ORDERS[order](given);
process.on('message', (asked) => {
  obey(asked).then((answer) => process.send(answer), (error) => process.send({ error: String(error.stack) }));
});
