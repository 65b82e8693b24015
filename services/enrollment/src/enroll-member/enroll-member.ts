import { Problem } from '@trebol/chassis';
import type { DataSource } from 'typeorm';
import type { z } from 'zod';
import type { enrolledAnswer } from '../answers.ts';
import { type Identifier, type IdentifierKind, spell } from '../identifiers.ts';
import { checkBirthDate, invalidField, unusableFields } from '../problems.ts';
import { memberChangedMessage, monthOf } from '../public-state.ts';
import type { Settings, Who } from '../settings.ts';
import { type Enrolment, type EnrolmentPlan, drawCodes, planEnrolment } from './plan-enrolment.ts';
import { type EnrolmentRows, writeEnrolment } from './write-enrolment.ts';

type Enrolled = z.output<typeof enrolledAnswer>;

/** Referral code or card number drawn may be in use; five draws in a row collide once in 10^8 enrolments at ten million members. */
const DRAWS_MAX = 5;

interface Earlier { readonly memberId: string; readonly referralCode: string; readonly hash: Buffer; readonly sameKey: boolean }
interface Asked { readonly request: Enrolment; readonly who: Who; readonly key: string | undefined; readonly plan: EnrolmentPlan }

/** Makes somebody a member: one statement, one round trip, unless something clashes. */
export class EnrollMember {
  constructor(private readonly settings: Settings, private readonly dataSource: DataSource, private readonly changed: () => void) {}

  /**
   * Enrols, or repeats the first answer when the same request came before under the same Idempotency-Key or externalId.
   * Refusals: `invalidRequest` (a field that cannot be used, an unknown referral code), `idempotencyConflict` and `externalIdTaken`
   * (same key, other body), `identifierTaken`.
   */
  async enroll(request: Enrolment, who: Who, key: string | undefined): Promise<{ body: Enrolled; replayed: boolean }> {
    const plan = planEnrolment(request, this.settings.spelling(who.tenant));
    if (!('hash' in plan)) throw unusableFields(plan);
    const asked: Asked = { request, who, key, plan };
    const now = this.settings.clock.now();
    checkBirthDate(request.birthDate, now);
    const referredBy = await this.advocate(asked);
    if (referredBy === undefined) return this.repeat(asked, unknownCode());

    for (let draw = 0; draw < DRAWS_MAX; draw += 1) {
      const memberId = this.settings.ids.prefixed('mbr');
      const { referralCode, cardNumber } = drawCodes(memberId, draw, this.settings.cardPrefix);
      const card = plan.issueCard ? [this.issued(cardNumber, who.tenant)] : [];
      const rows = this.rows(asked, { memberId, referralCode, referredBy, card, at: new Date(now) });
      const result = await writeEnrolment(this.dataSource, rows);
      if (result === 'enrolled') {
        this.changed();
        return { body: answer(memberId, [...plan.identifiers, ...card], referralCode), replayed: false };
      }
      const earlier = await this.earlier(asked);
      if (earlier) return this.repeatOf(earlier, asked);
      if (result === 'identifierTaken') await this.refuseTaken(asked);
    }
    throw new Error(`no free referral code or card number in ${DRAWS_MAX} draws: is the card prefix exhausted?`);
  }

  private issued(value: string, tenant: string): Identifier {
    const card = spell({ kind: 'card', value }, this.settings.spelling(tenant));
    if (typeof card === 'string') throw new Error(`a card number of our own is unusable: ${card}`);
    return card;
  }

  /** Member id of the advocate, null when no code was given, undefined when nobody has it. */
  private async advocate({ request, who }: Asked): Promise<string | null | undefined> {
    if (request.referralCode === undefined) return null;
    const [advocate]: { member_id: string }[] = await this.dataSource.query(
      `SELECT member_id FROM enrollment.member WHERE tenant = $1 AND referral_code = $2 AND status = 'active'`,
      [who.tenant, request.referralCode]);
    return advocate?.member_id;
  }

  private rows({ request, who, key, plan }: Asked, made: Made): EnrolmentRows {
    const language = request.language ?? this.settings.language;
    const homeStore = request.homeStore ?? null;
    const birthMonth = request.birthDate === undefined ? null : monthOf(request.birthDate);
    const identifiers = [
      ...plan.identifiers.map((given) => ({ ...given, issued: false })), ...made.card.map((card) => ({ ...card, issued: true })),
    ];
    // Of two answers to one question the later counts.
    const consents = [...new Map((request.consents ?? []).map((consent) => [`${consent.purpose}\n${consent.channel}`, consent])).values()];
    const message = memberChangedMessage({
      memberId: made.memberId, status: 'active', version: 1, enrolledAt: made.at.getTime(), language, homeStore, birthMonth,
      identifiers: identifiers.map(({ kind, token }) => ({ kind, token, status: 'active' })), consents,
    }, 'enrolled');
    return {
      tenant: who.tenant, memberId: made.memberId, at: made.at, by: who.keyId, language, homeStore, birthMonth,
      externalId: request.externalId ?? null, requestKey: key ?? null, hash: plan.hash,
      referralCode: made.referralCode, referredBy: made.referredBy,
      person: { name: request.name ?? null, email: plan.email, phone: plan.phone, birthDate: request.birthDate ?? null },
      identifiers, consents, message: JSON.stringify(message),
    };
  }

  /** The first answer, if this request came before; else the refusal. */
  private async repeat(asked: Asked, refusal: Problem): Promise<{ body: Enrolled; replayed: boolean }> {
    const earlier = await this.earlier(asked);
    if (earlier) return this.repeatOf(earlier, asked);
    throw refusal;
  }

  private async repeatOf(earlier: Earlier, { who, plan }: Asked): Promise<{ body: Enrolled; replayed: boolean }> {
    if (!earlier.hash.equals(plan.hash)) throw new Problem(earlier.sameKey ? 'idempotencyConflict' : 'externalIdTaken');
    const issued: Identifier[] = plan.issueCard ? await this.dataSource.query(
      `SELECT i.kind, i.value, i.token FROM enrollment.identifier i JOIN enrollment.member m USING (tenant, member_id)
       WHERE i.tenant = $1 AND i.member_id = $2 AND i.issued AND i.created_at = m.enrolled_at`, [who.tenant, earlier.memberId]) : [];
    return { body: answer(earlier.memberId, [...plan.identifiers, ...issued], earlier.referralCode), replayed: true };
  }

  private async earlier({ request, who, key }: Asked): Promise<Earlier | undefined> {
    if (key === undefined && request.externalId === undefined) return undefined;
    const [earlier]: Earlier[] = await this.dataSource.query(
      `SELECT member_id AS "memberId", referral_code AS "referralCode", request_hash AS hash,
         coalesce(request_key = $2, false) AS "sameKey"
       FROM enrollment.member WHERE tenant = $1 AND (request_key = $2 OR external_id = $3)
       ORDER BY "sameKey" DESC LIMIT 1`,
      [who.tenant, key ?? null, request.externalId ?? null]);
    return earlier;
  }

  /** Throws `identifierTaken` when an identifier of the request is taken; returns when it was only the card number drawn. */
  private async refuseTaken({ who, plan }: Asked): Promise<void> {
    const [taken]: { kind: IdentifierKind }[] = await this.dataSource.query(
      'SELECT kind FROM enrollment.identifier WHERE tenant = $1 AND token = ANY($2) ORDER BY kind LIMIT 1',
      [who.tenant, plan.identifiers.map(({ token }) => token)]);
    if (taken) throw new Problem('identifierTaken', { kind: taken.kind });
  }
}

const unknownCode = (): Problem =>
  invalidField('/referralCode', { es: 'ningún socio tiene este código de invitación', en: 'no member has this referral code' });

interface Made {
  readonly memberId: string;
  readonly referralCode: string;
  readonly referredBy: string | null;
  readonly card: readonly Identifier[];
  readonly at: Date;
}

const answer = (memberId: string, identifiers: readonly Identifier[], referralCode: string): Enrolled =>
  ({ memberId, identifiers: identifiers.map(({ kind, value }) => ({ kind, value, status: 'active' })), referralCode });
