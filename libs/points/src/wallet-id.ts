/** One member's holding of one point type in one programme. Each part: letters, digits, "_", "." and "-" only. */
export interface WalletId {
  readonly tenant: string;
  readonly programme: string;
  readonly pointType: string;
  readonly member: string;
}

/** The first period of a wallet. Closing the books ends the stream of a period and opens the next one. */
export const FIRST_PERIOD = 1;

/** Every wallet stream begins so: the prefix for a subscription to all wallets. */
export const WALLET_PREFIX = 'wallet-';

const NAME_CHARACTERS_MAX = 200;
const PART = /^[A-Za-z0-9_.-]+$/;
const STREAM = /^wallet-([A-Za-z0-9_.-]+)~([A-Za-z0-9_.-]+)~([A-Za-z0-9_.-]+)~([A-Za-z0-9_.-]+)~([1-9][0-9]{0,8})$/;

/** Prefix for a subscription to the wallets of one tenant. */
export function walletPrefix(tenant: string): string {
  return `${WALLET_PREFIX}${part('tenant', tenant)}~`;
}

/** Name of the stream of one period of a wallet. Throws RangeError on a part with other characters or a name over 200. */
export function walletStream(wallet: WalletId, period: number = FIRST_PERIOD): string {
  const owner = `${walletPrefix(wallet.tenant)}${part('programme', wallet.programme)}~${part('pointType', wallet.pointType)}`;
  const name = `${owner}~${part('member', wallet.member)}~${period}`;
  if (!Number.isSafeInteger(period) || period < FIRST_PERIOD) throw new RangeError(`No such period: ${period}`);
  if (name.length > NAME_CHARACTERS_MAX) throw new RangeError(`Stream name over ${NAME_CHARACTERS_MAX} characters: ${name}`);
  return name;
}

/** The wallet and period a stream belongs to; undefined when it is no wallet stream. */
export function parseWalletStream(stream: string): { readonly wallet: WalletId; readonly period: number } | undefined {
  const [, tenant, programme, pointType, member, period] = STREAM.exec(stream) ?? [];
  if (tenant === undefined || programme === undefined || pointType === undefined || member === undefined) return undefined;
  return { wallet: { tenant, programme, pointType, member }, period: Number(period) };
}

function part(name: string, value: string): string {
  if (PART.test(value)) return value;
  throw new RangeError(`${name} of a wallet has other characters than letters, digits, "_", "." and "-": "${value}"`);
}
