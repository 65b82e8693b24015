/**
 * Which service answers which paths of the public surface (`api.md` §2). The one table: the local gateway,
 * the nginx of docker-compose and the test that compares both with what the services really serve are made
 * from it.
 */

/** The services, in the order in which data flows; notifications will follow. */
export const SERVICES = ['enrollment', 'earning', 'redemption', 'ledger', 'segmentation'];

/** Paths below a member that belong to the ledger; everything else of a member is enrollment's. */
export const LEDGER_OF_MEMBER = ['balance', 'lots', 'entries'];

/** First part of the path after /v1 → service. */
export const OWNERS = {
  members: 'enrollment', keys: 'enrollment',
  transactions: 'earning', imports: 'earning', stores: 'earning', rules: 'earning',
  holds: 'redemption', redemptions: 'redemption', transfers: 'redemption', adjustments: 'redemption',
  wallets: 'redemption', till: 'redemption',
  segmentation: 'segmentation', segments: 'segmentation', exports: 'segmentation',
};

/**
 * The service that answers a path; undefined: nobody.
 * @param {string} path without the query, for instance `/v1/members/mbr_1/balance`
 */
export function serviceOf(path) {
  const [empty, version, first, , third, ...more] = path.split('/');
  if (empty !== '' || version !== 'v1') return undefined;
  if (first === 'members' && more.length === 0 && LEDGER_OF_MEMBER.includes(third)) return 'ledger';
  return OWNERS[first];
}
