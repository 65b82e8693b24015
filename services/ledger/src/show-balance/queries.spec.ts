import { describe, expect, it } from '@jest/globals';
import { inSpanish } from '@trebol/contracts';
import { entriesQuery } from './queries.ts';

describe('the query of a statement', () => {
  it.each(['2026-02-10', '2026-02-10T18:31:07+01:00', '2026-02-10T18:31:07Z'])('given from=%s, then it is read', (from) => {
    expect(entriesQuery.safeParse({ from, to: from }).success).toBe(true);
  });

  it.each(['2026-02-30', '2026-02-10T18:31:07', 'yesterday'])('given from=%s, then it says that a day or an instant is wanted', (from) => {
    const message = entriesQuery.safeParse({ from }).error?.issues[0]?.message ?? '';
    expect(message).toMatch(/a day that exists, such as 2026-02-10, or an instant/);
    expect(inSpanish(message)).toMatch(/un día que exista, como 2026-02-10, o un instante/);
  });
});
