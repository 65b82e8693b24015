import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { topics } from '@trebol/contracts';
import type { MessageBatch, MessageFailure } from '@trebol/messaging';
import { TakeTopic } from './take-topic.ts';

/** Tickets taken in one transaction (`ledger.md` §5.1), as in an import. */
const TICKETS_BATCH_MAX = 1_000;

/** Takes the chain's tickets from its topic. */
@Controller()
export class TakeTopicController {
  constructor(@Inject(TakeTopic) private readonly tickets: TakeTopic) {}

  @EventPattern<string>(topics.ticket.name, { group: 'earning.tickets.v1', batchMax: TICKETS_BATCH_MAX })
  apply(@Payload() batch: MessageBatch): Promise<readonly MessageFailure[]> {
    return this.tickets.apply(batch);
  }
}
