import type { Clock, Ids } from '@trebol/contracts';
import type { MessageBus } from '@trebol/messaging';
import type { CountryCode } from 'libphonenumber-js';
import type { DataSource } from 'typeorm';

/** What enrollment is built from. `dataSource` is its own: opened with `enrollmentDatabase`. */
export interface EnrollmentParts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly dataSource: DataSource;
  readonly bus: MessageBus;
  /** Secret of the identifier tokens: the same in every service, for ever. */
  readonly identifierKey: Buffer;
  /** First digits of the cards that are issued, 1 to 4; default `29`. */
  readonly cardPrefix?: string;
  /** Country of phone numbers written without one; default `ES`. */
  readonly phoneCountry?: CountryCode;
  /** Language of members who name none; default `es`. */
  readonly language?: 'es' | 'en';
}
