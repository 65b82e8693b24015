import { z } from 'zod';
import { type Calendar, calendarOf } from '../calendar/calendar.ts';

/** What points of a type are for: to be spent, or only to be counted (for a tier, say). */
export type PointTypeKind = 'spendable' | 'qualifying';

/** A type of points. `id` is part of the name of every wallet that holds some. */
export interface PointType { readonly id: string; readonly kind: PointTypeKind }

/**
 * The settings of the programme, the same in every process. Types and policy are not in a rule version: wallets, open holds and closed
 * books outlive versions. A version states them, and is refused where it states something else (earning, `rules/programme-fit.ts`).
 */
export interface Programme {
  readonly id: string;
  /** In the order they were given; ids differ; at least one is spendable. */
  readonly pointTypes: readonly PointType[];
  /** Id of the first spendable type: what tills see and spend. */
  readonly currency: string;
  /** IANA zone of the programme's days. */
  readonly zone: string;
  /** How far a return may reach into a wallet of spendable points (`libs/points`, `ReversalPolicy`). */
  readonly reversalPolicy: 'onlyPending' | 'withinBalance' | 'unlimited';
  /** Days for which a closed year's purchases stay returnable. */
  readonly returnWindowDays: number;
}

/** Types of one programme: a ticket may have to be written into as many wallets of its member. */
export const POINT_TYPES_MAX = 8;
/** Shortest return window in days: that of the rules a programme begins with. */
export const RETURN_WINDOW_DAYS_MIN = 30;
/** Longest return window in days, ten years: the warranty of what is built to last. */
export const RETURN_WINDOW_DAYS_MAX = 3_650;
/** What is carried over unless the programme says otherwise, in days: some weeks to bring goods back, and files that come late. */
const RETURN_WINDOW_DAYS_DEFAULT = 120;

/** There is one programme in an installation, under this name. */
const PROGRAMME_ID = 'club';

/** As in a rule file: letters and digits first, so that no wallet's name begins with a dot. */
const TYPE = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,39})(?::(spendable|qualifying))?$/;
const TYPE_FORM = 'Must be point types such as "points,status:qualifying", each of at most 40 letters, digits, "_", "." and "-"';

const pointTypes = z.string().transform((text, context): readonly PointType[] => {
  const types: PointType[] = [];
  for (const part of text.split(',')) {
    const [, id, kind = 'spendable'] = TYPE.exec(part.trim()) ?? [];
    if (id !== undefined) types.push({ id, kind: kind as PointTypeKind });
    else context.addIssue(TYPE_FORM);
  }
  if (new Set(types.map(({ id }) => id)).size < types.length) context.addIssue('Must name each point type once');
  if (types.length > POINT_TYPES_MAX) context.addIssue(`Must be at most ${POINT_TYPES_MAX} point types`);
  if (!types.some(({ kind }) => kind === 'spendable')) context.addIssue('Must have a spendable point type');
  return types;
});

/** The programme's variables, the same for every process; `programmeOf` reads them. */
export const programmeVariables = z.object({
  /** Zone in which the programme's days begin and end. */
  TREBOL_ZONE: z.string().default('Europe/Madrid'),
  /** `points,status:qualifying`; the first spendable one is the currency. */
  TREBOL_POINT_TYPES: z.string().default('points').pipe(pointTypes),
  TREBOL_REVERSAL_POLICY: z.enum(['onlyPending', 'withinBalance', 'unlimited']).default('unlimited'),
  TREBOL_RETURN_WINDOW_DAYS: z.coerce.number().int().min(RETURN_WINDOW_DAYS_MIN).max(RETURN_WINDOW_DAYS_MAX)
    .default(RETURN_WINDOW_DAYS_DEFAULT),
});

/** The programme that variables describe. */
export function programmeOf(variables: z.output<typeof programmeVariables>): Programme {
  const pointTypes = variables.TREBOL_POINT_TYPES;
  return {
    id: PROGRAMME_ID, pointTypes, currency: pointTypes.find(({ kind }) => kind === 'spendable')?.id ?? '',
    zone: variables.TREBOL_ZONE, reversalPolicy: variables.TREBOL_REVERSAL_POLICY, returnWindowDays: variables.TREBOL_RETURN_WINDOW_DAYS,
  };
}

/** The programme when no variable is set: one spendable type, `points`. */
export const defaultProgramme: Programme = programmeOf(programmeVariables.parse({}));

/** The types beside the currency, in order. */
export const otherTypesOf = ({ pointTypes, currency }: Programme): readonly PointType[] => pointTypes.filter(({ id }) => id !== currency);

/** What the ledger is told of a wallet's programme (`libs/points`, `ProgrammePolicy`). */
export interface WalletPolicy {
  readonly reversal: Programme['reversalPolicy'];
  readonly calendar: Calendar;
  readonly returnWindowDays: number;
  readonly kind: PointTypeKind;
}

/**
 * The policy of a wallet by the type of its points; quick. Qualifying points follow no policy of returns but the whole one: a purchase that
 * was undone must not count, and what is missing is owed within their own wallet, where it keeps nobody from spending. A type that the
 * programme does not name is not spent.
 */
export function walletPolicies(programme: Programme): (programmeId: string, tenant: string, pointType: string) => WalletPolicy {
  const { returnWindowDays } = programme;
  const calendar = calendarOf(programme.zone);
  const spendable: WalletPolicy = { reversal: programme.reversalPolicy, calendar, returnWindowDays, kind: 'spendable' };
  const qualifying: WalletPolicy = { reversal: 'unlimited', calendar, returnWindowDays, kind: 'qualifying' };
  const spent = new Set(programme.pointTypes.flatMap(({ id, kind }) => (kind === 'spendable' ? [id] : [])));
  return (_programmeId, _tenant, pointType) => (spent.has(pointType) ? spendable : qualifying);
}
