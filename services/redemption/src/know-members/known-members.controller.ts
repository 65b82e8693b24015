import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { topics } from '@trebol/contracts';
import type { MessageBatch, MessageFailure } from '@trebol/messaging';
import { KnownMembers } from './known-members.ts';

/** Rows of one statement stay under a megabyte and a few milliseconds. */
const BATCH_MAX = 500;

@Controller()
export class KnownMembersController {
  constructor(@Inject(KnownMembers) private readonly members: KnownMembers) {}

  @EventPattern<string>(topics.memberChanged.name, { group: 'redemption.members.v1', batchMax: BATCH_MAX })
  async changed(@Payload() batch: MessageBatch): Promise<readonly MessageFailure[]> {
    return this.members.apply(batch);
  }
}
