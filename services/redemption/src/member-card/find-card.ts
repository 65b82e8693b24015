import { Problem, identifierToken } from '@trebol/chassis';
import type { Arrivals } from '@trebol/messaging';
import type { PointsLedger } from '@trebol/points';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import '../problems.ts';
import type { Settings } from '../settings.ts';
import { type MemberCard, memberCard } from './member-card.ts';

/**
 * `kind:value`; a phone has its country (`+34…`), because only enrollment knows how to read one without. A `+` that a URL turned
 * into a space is put back.
 */
export const shownIdentifier = z.string().max(300)
  .regex(/^((card|email):.|phone:[+ ]\d|member:mbr_[0-9a-f]{32}$)/, 'Must be card:…, phone:+…, email:… or member:mbr_…')
  .transform((text) => {
    const at = text.indexOf(':');
    const kind = text.slice(0, at) as 'card' | 'phone' | 'email' | 'member';
    const value = text.slice(at + 1);
    return { kind, value: kind === 'phone' ? value.replace(/^ /, '+') : value };
  });
export type ShownIdentifier = z.output<typeof shownIdentifier>;

interface Found { readonly member_id: string; readonly member_status: string; readonly identifier_status: string }

// While an identifier moves from one member to another it may stand under both: the one who may use it counts.
const BY_TOKEN = `SELECT i.member_id, m.status AS member_status, i.status AS identifier_status
  FROM redemption.member_identifier i JOIN redemption.member m USING (tenant, member_id)
  WHERE i.tenant = $1 AND i.token = $2
  ORDER BY (m.status = 'active') DESC, (i.status = 'active') DESC, m.changed_at DESC LIMIT 1`;
const BY_ID = `SELECT member_id, status AS member_status, 'active' AS identifier_status
  FROM redemption.member WHERE tenant = $1 AND member_id = $2`;

interface CardParts {
  readonly dataSource: DataSource;
  readonly ledger: PointsLedger;
  /** Members and identifiers that are being registered while they are shown. */
  readonly registrations: Arrivals;
}

/** What a till shows and says when a member shows a card. */
export class FindCard {
  constructor(private readonly settings: Settings, private readonly parts: CardParts) {}

  /**
   * Read from the wallet itself, not from a read model. A card that nobody knows may have been handed over a moment ago: it is looked for
   * once more when it arrives, or after a short wait. Refusals: `memberNotFound`, `memberBlocked`, `cardBlocked`.
   */
  async find(tenant: string, shown: ShownIdentifier): Promise<MemberCard> {
    const memberId = await this.memberOf(tenant, shown);
    const wallet = await this.parts.ledger.wallet(this.settings.wallet(tenant, memberId));
    return memberCard(memberId, wallet, this.settings.pointValue);
  }

  private async memberOf(tenant: string, shown: ShownIdentifier): Promise<string> {
    const { kind, value } = shown;
    const name = kind === 'member' ? value : identifierToken(this.settings.identifierKey, tenant, spelled(kind, value));
    const { dataSource, registrations } = this.parts;
    const found = await registrations.lookAgain({ tenant, name }, async () => {
      const rows: Found[] = await dataSource.query(kind === 'member' ? BY_ID : BY_TOKEN, [tenant, name]);
      return rows[0];
    });
    if (!found) throw new Problem('memberNotFound');
    if (found.member_status !== 'active') throw new Problem('memberBlocked', { memberStatus: found.member_status });
    if (found.identifier_status !== 'active') throw new Problem('cardBlocked', { kind });
    return found.member_id;
  }
}

/** As enrollment spells it before it makes the token: cards without spaces; the rest of the spelling is the token's own. */
const spelled = (kind: 'card' | 'phone' | 'email', value: string): { kind: string; value: string } =>
  ({ kind, value: kind === 'card' ? value.replaceAll(/\s/g, '') : value.normalize('NFC') });
