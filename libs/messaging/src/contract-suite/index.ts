import { afterAll, afterEach, beforeAll, describe } from '@jest/globals';
import { contentsContract } from './contents.ts';
import { deliveryContract } from './delivery.ts';
import { failuresContract } from './failures.ts';
import { CONTRACT_TOPICS, Scene, type BusUnderTest } from './scene.ts';
import { sharingContract } from './sharing.ts';

export { CONTRACT_TOPICS, type BusUnderTest, type BusWithDeadLetters } from './scene.ts';

/** What every adapter of the bus must do, whole. `makeBus` makes an empty installation that has `CONTRACT_TOPICS`. */
export function messageBusContract(name: string, makeBus: () => Promise<BusUnderTest>): void {
  describe(`message bus contract: ${name}`, () => {
    const scenes: Scene[] = [];
    let installation: BusUnderTest | undefined;
    let next = 0;
    const newScene = (): Scene => {
      const topic = CONTRACT_TOPICS[next++];
      if (!installation || !topic) throw new Error('no installation or topic left');
      const scene = new Scene(installation, topic.name);
      scenes.push(scene);
      return scene;
    };

    beforeAll(async () => { installation = await makeBus(); });
    afterEach(async () => { for (const scene of scenes.splice(0)) await scene.end(); });
    afterAll(async () => { await installation?.drop(); });

    describe('delivery', () => { deliveryContract(newScene); });
    describe('contents', () => { contentsContract(newScene); });
    describe('several consumers of a group', () => { sharingContract(newScene); });
    describe('messages that fail', () => { failuresContract(newScene); });
  });
}
