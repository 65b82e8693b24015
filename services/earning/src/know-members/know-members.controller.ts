import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { topics } from '@trebol/contracts';
import type { MessageBatch, MessageFailure } from '@trebol/messaging';
import { MemberDirectory } from './member-directory.ts';

/** Messages applied in one transaction. */
const MEMBERS_BATCH_MAX = 500;

/** Learns from enrollment who is behind which identifier. */
@Controller()
export class KnowMembersController {
  constructor(@Inject(MemberDirectory) private readonly directory: MemberDirectory) {}

  @EventPattern<string>(topics.memberChanged.name, { group: 'earning.members.v1', batchMax: MEMBERS_BATCH_MAX })
  apply(@Payload() batch: MessageBatch): Promise<readonly MessageFailure[]> {
    return this.directory.apply(batch);
  }
}
