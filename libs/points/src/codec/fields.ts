import type { Allocation } from '../events.ts';
import { isLotId } from '../identity.ts';

/** What stored event data is made of: a JSON array, read by position. */
export type Field = string | number | null | readonly Field[];

/** Reads the fields of a stored event; a field of another kind than expected throws, so that damage is seen where it is. */
export class FieldReader {
  private readonly fields: readonly unknown[];
  private readonly event: string;

  constructor(fields: unknown, event: string) {
    if (!Array.isArray(fields)) throw new TypeError(`The data of ${event} is not an array`);
    this.fields = fields;
    this.event = event;
  }

  get length(): number {
    return this.fields.length;
  }

  integer(index: number): number {
    const field = this.fields[index];
    return Number.isSafeInteger(field) ? (field as number) : this.fail(index, 'a safe integer');
  }

  integerOrNull(index: number): number | null {
    return this.fields[index] === null ? null : this.integer(index);
  }

  text(index: number): string {
    const field = this.fields[index];
    return typeof field === 'string' ? field : this.fail(index, 'a text');
  }

  /** Nested arrays, each read by position; none when the field is not there. */
  list<Item>(index: number, read: (item: FieldReader) => Item): Item[] {
    const field = this.fields[index] ?? [];
    if (!Array.isArray(field)) return this.fail(index, 'a list');
    return field.map((item: unknown) => read(new FieldReader(item, `${this.event}[${index}]`)));
  }

  /** `["<16 hex digits>", points, …]` in pairs; none when the field is not there. */
  allocations(index: number): Allocation[] {
    if (this.fields[index] === undefined) return [];
    const flat = new FieldReader(this.fields[index], `${this.event}[${index}]`);
    return Array.from({ length: flat.length / 2 }, (_, pair) => ({ lotId: flat.lotId(pair * 2), points: flat.integer(pair * 2 + 1) }));
  }

  lotId(index: number): string {
    const lotId = `lot_${this.text(index)}`;
    return isLotId(lotId) ? lotId : this.fail(index, 'a lot id');
  }

  fingerprint(index: number): string {
    const fingerprint = this.text(index);
    return isLotId(`lot_${fingerprint}`) ? fingerprint : this.fail(index, 'a fingerprint');
  }

  private fail(index: number, expected: string): never {
    throw new TypeError(`Field ${index} of ${this.event} is not ${expected}`);
  }
}

/** A lot id without what all of them begin with. */
export const shortLotId = (lotId: string): string => lotId.slice(4);

/** Allocations in pairs, see `FieldReader.allocations`. */
export const pairs = (allocations: readonly Allocation[]): Field[] =>
  allocations.flatMap(({ lotId, points }) => [shortLotId(lotId), points]);
