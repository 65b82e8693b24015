import type { Platform } from './platform.ts';

/** Asked to stop twice: the process ends at once. */
const EXIT_INTERRUPTED = 130;

/** Listens for SIGTERM and SIGINT from now on, so that none is lost while the platform is still opening. */
export function listenForSignals(): {
  readonly asked: Promise<void>;
  stopOn(platform: Platform): Promise<void>;
} {
  const asked = new Promise<void>((done) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => done());
  });
  return {
    asked,
    /**
     * Waits for the first signal, then stops the platform in order. A second SIGINT while it stops ends the
     * process at once.
     */
    stopOn: async (platform) => {
      await asked;
      process.once('SIGINT', () => process.exit(EXIT_INTERRUPTED));
      await platform.stop();
    },
  };
}
