import type { BeforeApplicationShutdown, OnApplicationBootstrap, Provider } from '@nestjs/common';
import type { Background } from './background.ts';

class BackgroundLifetime implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(private readonly background: Background) {}

  onApplicationBootstrap(): Promise<void> {
    return this.background.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.background.stop();
  }
}

/** A provider of a service's module that starts its background work with the application, and stops it before connections close. */
export function withApplication(background: Background): Provider {
  return { provide: BackgroundLifetime, useFactory: () => new BackgroundLifetime(background) };
}
