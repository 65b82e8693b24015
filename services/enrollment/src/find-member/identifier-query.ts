import { z } from 'zod';

/** `kind:value`, as in `?identifier=card:2912345678904`. A `+` that a URL turned into a space is put back. */
export const identifierQuery = z.string().max(300)
  .regex(/^(card|phone|email):./, 'Must be card:…, phone:… or email:…')
  .transform((text) => {
    const at = text.indexOf(':');
    const kind = text.slice(0, at) as 'card' | 'phone' | 'email';
    const value = text.slice(at + 1);
    return { kind, value: kind === 'phone' ? value.replace(/^ /, '+') : value };
  });
