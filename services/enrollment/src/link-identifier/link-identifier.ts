import { Problem } from '@trebol/chassis';
import { z } from 'zod';
import type { LinkAnswer } from '../answers.ts';
import { issueCardNumber } from '../card-number.ts';
import type { Change, Changed, MemberChanges } from '../change-member.ts';
import { type Identifier, type WrittenIdentifier, spell } from '../identifiers.ts';
import { linkRows } from '../link-rows.ts';
import { invalidField, unusableFields } from '../problems.ts';
import type { PublicState } from '../public-state.ts';
import { fields, writtenIdentifier } from '../request-fields.ts';
import type { Settings, Who } from '../settings.ts';

/** Body of `POST /v1/members/{id}/identifiers`. */
export const linking = writtenIdentifier;
/** Body of `…/block`. */
export const blocking = z.strictObject({ ...writtenIdentifier.shape, reason: fields.reason.optional() });
/** Body of `…/replace`: the card that goes and, unless one is to be issued, the one that comes. */
export const replacing = z.strictObject({
  kind: z.literal('card'), value: writtenIdentifier.shape.value, newValue: writtenIdentifier.shape.value.optional(),
});

interface Held { readonly status: 'active' | 'blocked'; readonly replacement: string | null }

const HELD = `SELECT i.status, r.value AS replacement FROM enrollment.identifier i
  LEFT JOIN enrollment.identifier r ON r.tenant = i.tenant AND r.token = i.replaced_by
  WHERE i.tenant = $1 AND i.member_id = $2 AND i.token = $3`;
const BLOCK = `UPDATE enrollment.identifier SET status = 'blocked', block_reason = $4, replaced_by = $5, changed_at = $6, changed_by = $7
  WHERE tenant = $1 AND member_id = $2 AND token = $3`;

/** Card numbers drawn for one replacement; see `EnrollMember` for the odds. */
const DRAWS_MAX = 5;

/** Links, blocks and replaces what names a member at a till. Each may be asked again: the answer is the same and nothing changes. */
export class LinkIdentifier {
  constructor(private readonly settings: Settings, private readonly changes: MemberChanges) {}

  /** Refusals: `invalidRequest`, `memberNotFound`, `memberNotActive`, `identifierTaken`, `identifierBlocked`, `memberLimitReached`. */
  async link(memberId: string, written: WrittenIdentifier, who: Who): Promise<LinkAnswer> {
    const identifier = this.spelled(written, '/value', who);
    return this.changes.change(this.changing(memberId, who), async (change): Promise<Changed<LinkAnswer>> => {
      const answer: LinkAnswer = { memberId, identifier: view(identifier, 'active') };
      const state = await linkRows(change, change.state, { identifiers: [identifier], issued: false });
      const fresh = state.identifiers.length > change.state.identifiers.length;
      return fresh ? { answer, next: { change: 'identifierLinked', state } } : { answer };
    });
  }

  /** Blocks for good, for instance a lost card. Refusals: `invalidRequest`, `memberNotFound`, `memberNotActive`, `identifierNotFound`. */
  async block(memberId: string, { reason, ...written }: z.output<typeof blocking>, who: Who): Promise<LinkAnswer> {
    const identifier = this.spelled(written, '/value', who);
    return this.changes.change(this.changing(memberId, who), async (change): Promise<Changed<LinkAnswer>> => {
      const answer: LinkAnswer = { memberId, identifier: view(identifier, 'blocked') };
      const held = await holding(change, identifier);
      if (held.status === 'blocked') return { answer };
      await blockRow(change, identifier, { reason: reason ?? null, replacedBy: null });
      return { answer, next: { change: 'identifierBlocked', state: blocked(change.state, identifier) } };
    });
  }

  /**
   * Blocks a card and links another in its place: the one given, else one that is issued.
   * Refusals: as `link`, `identifierNotFound`, `identifierReplaced` (another card took its place already).
   */
  async replace(memberId: string, asked: z.output<typeof replacing>, who: Who): Promise<LinkAnswer> {
    const old = this.spelled({ kind: 'card', value: asked.value }, '/value', who);
    const given = asked.newValue === undefined ? undefined : this.spelled({ kind: 'card', value: asked.newValue }, '/newValue', who);
    if (given?.token === old.token) throw invalidField('/newValue', { es: 'es la misma tarjeta', en: 'is the same card' });
    return this.changes.change(this.changing(memberId, who), async (change): Promise<Changed<LinkAnswer>> => {
      const held = await holding(change, old);
      const answer = (value: string): LinkAnswer =>
        ({ memberId, identifier: { kind: 'card', value, status: 'active' }, replaced: view(old, 'blocked') });
      if (held.replacement !== null) {
        if (given !== undefined && given.value !== held.replacement) throw new Problem('identifierReplaced', { kind: 'card' });
        return { answer: answer(held.replacement) };
      }
      const { card, state } = given === undefined
        ? await this.issue(change, who)
        : { card: given, state: await linkRows(change, change.state, { identifiers: [given], issued: false }) };
      await blockRow(change, old, { reason: 'replaced', replacedBy: card.token });
      return { answer: answer(card.value), next: { change: 'identifierReplaced', state: blocked(state, old) } };
    });
  }

  private async issue(change: Change, who: Who): Promise<{ card: Identifier; state: PublicState }> {
    for (let draw = 0; draw < DRAWS_MAX; draw += 1) {
      const number = issueCardNumber(this.settings.cardPrefix, `${this.settings.ids.uuid()}\n${draw}`);
      const card = this.spelled({ kind: 'card', value: number }, '/value', who);
      const taken: unknown[] = await change.manager.query(
        'SELECT 1 FROM enrollment.identifier WHERE tenant = $1 AND token = $2', [change.tenant, card.token]);
      if (taken.length === 0) return { card, state: await linkRows(change, change.state, { identifiers: [card], issued: true }) };
    }
    throw new Error(`no free card number in ${DRAWS_MAX} draws: is the card prefix exhausted?`);
  }

  private changing(memberId: string, who: Who): { memberId: string; who: Who; now: number } {
    return { memberId, who, now: this.settings.clock.now() };
  }

  private spelled(written: WrittenIdentifier, pointer: string, who: Who): Identifier {
    const identifier = spell(written, this.settings.spelling(who.tenant));
    if (typeof identifier === 'string') throw unusableFields([{ pointer, why: identifier }]);
    return identifier;
  }
}

async function holding(change: Change, identifier: Identifier): Promise<Held> {
  const [held]: Held[] = await change.manager.query(HELD, [change.tenant, change.memberId, identifier.token]);
  if (!held) throw new Problem('identifierNotFound', { kind: identifier.kind });
  return held;
}

async function blockRow(change: Change, { token }: Identifier, why: { reason: string | null; replacedBy: string | null }): Promise<void> {
  await change.manager.query(BLOCK, [change.tenant, change.memberId, token, why.reason, why.replacedBy, change.at, change.by]);
}

const blocked = (state: PublicState, { token }: Identifier): PublicState =>
  ({ ...state, identifiers: state.identifiers.map((one) => (one.token === token ? { ...one, status: 'blocked' } : one)) });

const view = ({ kind, value }: Identifier, status: 'active' | 'blocked'): LinkAnswer['identifier'] => ({ kind, value, status });
