import type { MessageBus, OutgoingMessage } from '@trebol/messaging';

/** Messages and characters in one publish. A publish wakes every consumer: small ones make small batches all the way down. */
const PARCEL_MESSAGES_MAX = 2_000;
const PARCEL_CHARACTERS_MAX = 4_194_304;

/** Messages that go out in one publish, of one batch of tickets or of many. */
export class Parcel {
  private messages: OutgoingMessage[] = [];
  private characters = 0;

  constructor(private readonly bus: MessageBus) {}

  get isFull(): boolean {
    return this.messages.length >= PARCEL_MESSAGES_MAX || this.characters >= PARCEL_CHARACTERS_MAX;
  }

  hasRoomFor({ value }: OutgoingMessage): boolean {
    return this.messages.length === 0
      || (this.messages.length < PARCEL_MESSAGES_MAX && this.characters + value.length <= PARCEL_CHARACTERS_MAX);
  }

  add(message: OutgoingMessage): void {
    this.messages.push(message);
    this.characters += message.value.length;
  }

  /** Returns when the messages are durable; a throw leaves them to be told again. */
  async send(): Promise<void> {
    const { messages } = this;
    if (messages.length === 0) return;
    this.messages = [];
    this.characters = 0;
    await this.bus.publish(messages);
  }
}
