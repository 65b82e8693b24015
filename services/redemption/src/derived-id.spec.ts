import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { derivedId } from './derived-id.ts';

describe('derived ids', () => {
  it('given one request, then always one id; given another tenant, operation or key, another id', () => {
    fc.assert(fc.property(fc.stringMatching(/^[!-~]{1,40}$/), fc.stringMatching(/^[!-~]{1,40}$/), (key, other) => {
      const id = derivedId('main', 'hold', key);
      expect(id).toMatch(/^hld_[0-9a-f]{32}$/);
      expect(derivedId('main', 'hold', key)).toBe(id);
      expect(derivedId('main', 'redemption', key).slice(4)).not.toBe(id.slice(4));
      expect(derivedId('other', 'hold', key)).not.toBe(id);
      if (other !== key) expect(derivedId('main', 'hold', other)).not.toBe(id);
    }));
  });
});
