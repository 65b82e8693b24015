import { describe, expect, it } from '@jest/globals';
import { RequestRefused, type TrebolClient } from '../client.ts';
import { memberIdOf } from './balance.ts';

/** A platform that knows one member; the paths that were asked are kept. */
function platform(): { readonly client: TrebolClient; readonly asked: string[] } {
  const asked: string[] = [];
  const get = (path: string): Promise<unknown> => {
    asked.push(path);
    return path.endsWith('nobody') ? Promise.reject(new RequestRefused(404, { code: 'memberNotFound' })) : Promise.resolve({ memberId: 'mbr_1' });
  };
  return { client: { get } as unknown as TrebolClient, asked };
}

describe('whom a balance is asked of', () => {
  it.each([
    ['17850', '/v1/members?identifier=card%3A17850'], ['email:a@b.es', '/v1/members?identifier=email%3Aa%40b.es'], ['mbr_1', '/v1/members/mbr_1'],
  ])('given %s, then the member is looked up first', async (identifier, path) => {
    const { client, asked } = platform();
    expect([await memberIdOf(client, identifier), asked]).toEqual(['mbr_1', [path]]);
  });

  it('given the id of nobody, then it is refused and no wallet is shown as empty', async () => {
    await expect(memberIdOf(platform().client, 'mbr_nobody')).rejects.toBeInstanceOf(RequestRefused);
  });
});
