import { z } from 'zod';

/** The id in a path. Its form is not checked further: what is no id of ours is simply not found. */
export const idInPath = z.string().regex(/^[\x21-\x7e]{1,80}$/);
