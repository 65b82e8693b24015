import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { topics } from '@trebol/contracts';
import type { MessageBatch, MessageFailure } from '@trebol/messaging';
import { KeepFacts } from './keep-facts.ts';

/** About 12,000 lines: one commit for many tickets, yet reading them keeps the process from answering a till for only some 50 ms. */
const TICKETS_MAX = 500;
const MEMBERS_MAX = 1_000;

/** Binds the topics to the facts; the logic is in KeepFacts. */
@Controller()
export class KeepFactsController {
  constructor(@Inject(KeepFacts) private readonly keepFacts: KeepFacts) {}

  @EventPattern<string>(topics.ticketRated.name, { group: 'segmentation.facts.v1', batchMax: TICKETS_MAX })
  ticketsRated(@Payload() batch: MessageBatch): Promise<readonly MessageFailure[]> {
    return this.keepFacts.ticketsRated(batch);
  }

  @EventPattern<string>(topics.memberChanged.name, { group: 'segmentation.members.v1', batchMax: MEMBERS_MAX })
  membersChanged(@Payload() batch: MessageBatch): Promise<readonly MessageFailure[]> {
    return this.keepFacts.membersChanged(batch);
  }
}
